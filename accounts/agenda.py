"""What happens next on one account, when and why, in one list. Each app adds its own sources; nothing is decided here.

A source answers from the rules that will decide when the moment comes (the gate, the planner, the preconditions of a
debit): where they would stop or defer a step, the step says so in `waits`, in their words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts.hardship.cases import running_case
from accounts.models import Account, Hold
from common.clock import now
from common.money import Money

MOST = 30
FAR = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """`at` None: no moment is known. `day`: a whole day, no hour of it. `why`: what it comes from. `waits`: what stands
    in its way, from whoever will decide, until `until` where that is known. `to_debtor` "": not for their eyes."""

    kind: str
    icon: str
    words: str
    at: datetime | None = None
    day: date | None = None
    to_debtor: str = ""
    why: str | Promise = ""
    waits: tuple[str, ...] = ()
    until: datetime | None = None
    amount: Money | None = None
    href: str = ""

    def local_day(self, zone: ZoneInfo) -> date | None:
        """The first day on which it may happen; None while nobody knows."""
        moment = self.until or (None if self.waits else self.at)
        return moment.astimezone(zone).date() if moment else (None if self.waits else self.day)


@dataclass(frozen=True, slots=True)
class Look:
    """One look at one account. `staff` False: what the debtor sees, and nothing is read for others."""

    account: Account
    at: datetime
    staff: bool

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.account.debtor.time_zone or "UTC")

    def morning(self, day: date) -> datetime:
        return datetime.combine(day, time.min, self.zone)


Source = Callable[[Look], Iterable[Step]]
_sources: dict[str, Source] = {}


def register_source(name: str, source: Source) -> None:
    """Each source asks a steady number of questions, however long the account's story is."""
    _sources[name] = source


def agenda(account: Account, *, staff: bool) -> list[Step]:
    """The soonest first; what has no moment comes last. The debtor's version has only what is meant for them."""
    look = Look(account, now(), staff)
    found = [step for source in _sources.values() for step in source(look) if staff or step.to_debtor]
    return sorted(found, key=lambda step: (_moment(look, step), step.kind))[:MOST]


def _moment(look: Look, step: Step) -> datetime:
    if step.at is None and step.day is None:
        return FAR
    own = step.at or look.morning(step.day or look.at.date())
    return max(own, step.until) if step.until else own


def holds_source(look: Look) -> Iterable[Step]:
    """When each hold is looked at again, and when it ends by itself."""
    account = look.account
    rows = Hold.objects.filter(Q(account=account) | Q(account=None), debtor_id=account.debtor_id)
    for hold in rows.filter(Q(ends_at=None) | Q(ends_at__gt=look.at)).order_by("pk")[:MOST]:
        kind = hold.get_kind_display()
        if hold.ends_at:
            yield Step(
                kind="hold", icon="play-circle", at=hold.ends_at, words=_("Hold ends: %(kind)s") % {"kind": kind},
                why=_("Then what it stopped may go on."),
            )  # fmt: skip
        if hold.review_on and look.staff:
            yield Step(
                kind="review", icon="eye", day=hold.review_on, words=_("Review the hold: %(kind)s") % {"kind": kind},
                why=_("It stays in force until a person ends it."),
            )  # fmt: skip


def hardship_source(look: Look) -> Iterable[Step]:
    case = running_case(look.account)
    if case is None:
        return
    if case.state == "waiting":
        yield Step(
            kind="review", icon="life-preserver", at=case.waiting_since, words=_("Answer what they said about money"),
            to_debtor=_("We look at what you told us, and answer you"), why=_("They said that money is tight."),
        )  # fmt: skip
    elif case.review_on:
        yield Step(
            kind="review", icon="life-preserver", day=case.review_on, words=_("Look again: is money still tight?"),
            to_debtor=_("We look at it with you again"), why=_("So it was agreed when help was granted."),
        )  # fmt: skip


def peace_source(look: Look) -> Iterable[Step]:
    until = look.account.quiet_until
    if look.staff and until and until > look.at:
        yield Step(
            kind="quiet", icon="bell-slash", at=until, words=_("Left in peace until then"),
            why=look.account.quiet_reason,
        )  # fmt: skip


def register_own() -> None:
    register_source("holds", holds_source)
    register_source("hardship", hardship_source)
    register_source("peace", peace_source)
