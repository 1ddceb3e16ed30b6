"""A schedule as a drawing and as sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.timeline_words import CHANNEL_WORDS
from reminders.models import Step
from reminders.words import purpose_words

SLOT, LEFT, HEIGHT, LINE = 120, 70, 110, 48


def day_words(offset: int) -> str:
    if offset == 0:
        return _("on the due date")
    number = abs(offset)
    if offset < 0:
        return ngettext("%(n)s day before", "%(n)s days before", number) % {"n": number}
    return ngettext("%(n)s day after", "%(n)s days after", number) % {"n": number}


def picture(steps: Sequence[Step]) -> dict[str, Any]:
    """Steps at equal distances in their order, the due date as a line among them: days would crowd at the start."""
    dots, before = [], sum(step.offset_days < 0 for step in steps)
    for index, step in enumerate(steps):
        place = index if step.offset_days < 0 else index + 1
        dots.append(
            {
                "x": LEFT + place * SLOT,
                "before": step.offset_days < 0,
                "title": purpose_words(step.template_key),
                "day": day_words(step.offset_days),
            }
        )
    width = 2 * LEFT + len(steps) * SLOT
    return {"dots": dots, "due_x": LEFT + before * SLOT, "width": width, "height": HEIGHT, "line": LINE}


def sentences(steps: Sequence[Step]) -> list[str]:
    return [sentence(step) for step in steps]


def sentence(step: Step) -> str:
    names = [str(CHANNEL_WORDS.get(channel, channel)) for channel in step.channels]
    said = _("%(day)s: %(text)s %(first)s") % {
        "day": day_words(step.offset_days).capitalize(),
        "text": purpose_words(step.template_key).lower(),
        "first": names[0] if names else "",
    }
    if len(names) > 1:
        said += _("; if that fails, %(others)s") % {"others": _(", then ").join(names[1:])}
    return _("%(said)s.") % {"said": said}
