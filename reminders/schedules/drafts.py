"""The steps of a draft, and everything that makes one impossible, said when it is kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from django.utils.translation import gettext as _

from common.errors import InvalidInput
from reminders.models import CHANNELS

MOST_STEPS = 20
FURTHEST_DAYS = 730
LONGEST_WAIT_DAYS = 90
LONGEST_SILENCE_HOURS = 240
NOBODY_EXCLUDED: tuple[object, ...] = (0, None, (), (), (), "")
DAILY = 1  # a second reminder within a day is never planned


@dataclass(frozen=True, slots=True)
class StepDraft:
    """`offset_days` counts from the due date, negative before it; with `after_previous` the step counts from the
    sending of the one before it instead, in whole days. `channels` are in order of preference. Empty conditions fit
    everybody; amounts are hundredths of the main unit of whatever currency the account is in.
    """

    offset_days: int
    channels: tuple[str, ...]
    template_key: str
    minimum_minor: int = 0
    maximum_minor: int | None = None
    after_previous: int | None = None
    silence_hours: int | None = None
    products: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    reachable_by: str = ""

    @property
    def conditions(self) -> tuple[object, ...]:
        return (self.minimum_minor, self.maximum_minor, self.products, self.segments, self.languages, self.reachable_by)


def settled(steps: Sequence[StepDraft]) -> list[StepDraft]:
    """The steps in the order they happen, each follower carrying the days of the step it hangs on.

    Raises InvalidInput, which names the step, for a schedule that cannot do what it says.
    """
    if not 1 <= len(steps) <= MOST_STEPS:
        raise InvalidInput(_("A schedule has between 1 and 20 steps."), field="steps")
    if steps[0].after_previous is not None:
        raise InvalidInput(_("The first step has no reminder before it. Give it a day."), field="steps")
    groups: list[list[StepDraft]] = []
    for step in steps:
        if step.after_previous is None:
            groups.append([step])
        else:
            groups[-1].append(replace(step, offset_days=groups[-1][0].offset_days))
    groups.sort(key=lambda group: group[0].offset_days)
    ordered = [step for group in groups for step in group]
    for number, step in enumerate(ordered, start=1):
        for problem in _impossible(step):
            raise InvalidInput(
                _("Step %(number)d: %(problem)s") % {"number": number, "problem": problem}, field="steps"
            )
    _check_days(groups)
    _check_followers(groups)
    return ordered


def _impossible(step: StepDraft) -> Iterator[str]:
    known = {key for key, _name in CHANNELS}
    if abs(step.offset_days) > FURTHEST_DAYS:
        yield _("choose a day within two years of the due date.")
    if not step.channels:
        yield _("choose at least one way.")
    if len(set(step.channels)) != len(step.channels):
        yield _("a way that was tried comes again. Choose each way once.")
    if unknown := set(step.channels) - known:
        yield _("there is no way called %(name)s.") % {"name": sorted(unknown)[0]}
    if step.maximum_minor is not None and step.maximum_minor < step.minimum_minor:
        yield _("no balance is at least and at most these amounts, so it can never be sent.")
    if step.after_previous is not None and not DAILY <= step.after_previous <= LONGEST_WAIT_DAYS:
        yield _("wait between 1 and 90 days after the reminder before.")
    if step.silence_hours is not None and not 1 <= step.silence_hours <= LONGEST_SILENCE_HOURS:
        yield _("wait between 1 and 240 hours for a reaction.")
    if step.silence_hours is not None and len(step.channels) < 2:
        yield _("nothing can follow silence: choose a second way.")
    if step.reachable_by and step.reachable_by not in known:
        yield _("there is no way called %(name)s.") % {"name": step.reachable_by}


def _check_days(groups: Sequence[Sequence[StepDraft]]) -> None:
    """Two steps of one day are alternatives: each must be for somebody else than those before it."""
    by_day: dict[int, list[StepDraft]] = {}
    for group in groups:
        by_day.setdefault(group[0].offset_days, []).append(group[0])
    for alternatives in by_day.values():
        for step in alternatives[:-1]:
            if step.conditions == NOBODY_EXCLUDED:
                words = _("Two steps fall on the same day and the first is for everybody. Move one of them.")
                raise InvalidInput(words, field="steps")
        if len({step.conditions for step in alternatives}) != len(alternatives):
            words = _("Two steps fall on the same day for the same people. Move one of them.")
            raise InvalidInput(words, field="steps")
    if any(len(group) > 1 and len(by_day[group[0].offset_days]) > 1 for group in groups):
        words = _("A step after a reminder cannot hang on one of two steps of the same day. Give it a day of its own.")
        raise InvalidInput(words, field="steps")


def _check_followers(groups: Sequence[Sequence[StepDraft]]) -> None:
    """The next day of the schedule ends a chain: a step that waits until then or longer is never sent."""
    days = sorted({group[0].offset_days for group in groups})
    ends = dict(pairwise(days))
    number = 0
    for group in groups:
        day, end = group[0].offset_days, ends.get(group[0].offset_days)
        for step in group:
            number += 1
            day += step.after_previous or 0
            if end is not None and day >= end:
                raise InvalidInput(
                    _(
                        "Step %(number)d can never be sent: it waits until day %(day)d, and a later step begins on "
                        "day %(end)d. Shorten the wait, or move the later step."
                    )
                    % {"number": number, "day": day, "end": end},
                    field="steps",
                )
