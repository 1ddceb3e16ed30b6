"""The first gate: may this person be contacted for this purpose, on this channel, now? Pure: facts in, verdict out.

Every policy that matches binds and the most restrictive wins. A DEFER names the first instant that passes every rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from accounts.words import status_words
from compliance.local_time import first_open, local_days
from compliance.words import hold_words

HORIZON = timedelta(days=14)
WEEK_DAYS = 7
EVERY_CHANNEL = "*"
PASSIVE_CHANNELS = frozenset({"in_app"})  # lies in the person's own inbox until they open it: rings nowhere

# What an address of a channel is, where it needs one.
KIND_OF_CHANNEL: Mapping[str, str] = {
    "sms": "phone",
    "email": "email",
    "whatsapp": "phone",
    "push": "app",
    "voice": "phone",
    "letter": "address",
}


class Kind(StrEnum):
    """From the mildest to the strictest. ALLOW_WITH and HOLD are words of the policy packs only."""

    ALLOW = "allow"
    ALLOW_WITH = "allow_with"
    DEFER = "defer"
    REVIEW = "review"
    HOLD = "hold"
    BLOCK = "block"


STRICTNESS = {kind: rank for rank, kind in enumerate(Kind)}


@dataclass(frozen=True, slots=True)
class Purpose:
    """Which rules a class of messages answers to. `stopped_by` says which holds silence it.

    `needs_pack`: it asks for money or announces that money is taken, so it goes by machine only where a signed-off pack
    of the law is in force.
    """

    needs_debt: bool = True
    quiet: bool = True
    window: bool = True
    caps: bool = True
    opt_out: bool = True
    needs_policy: bool = True
    needs_pack: bool = True
    stopped_by: frozenset[str] = frozenset({"*"})


# Nobody who asked us to stop, is represented, bankrupt or dead is written to, even about their own payment.
_NO_CONTACT_AT_ALL = frozenset({"cease", "represented", "bankruptcy", "deceased"})
COLLECTION = Purpose()
NOTICE = Purpose(
    needs_debt=False, quiet=False, caps=False, needs_policy=False, needs_pack=False, stopped_by=_NO_CONTACT_AT_ALL
)
BEFORE_DEBIT = replace(NOTICE, needs_pack=True)
# Who promised to pay is reminded of it within the peace that the promise brought; every other rule holds.
PROMISED = replace(COLLECTION, quiet=False)
# Word of a debit that failed asks for money all the same: who owes nothing, or is left in peace, does not hear it.
FAILED = Purpose(caps=False, needs_policy=False, stopped_by=frozenset({"*"}))
ANSWER = replace(NOTICE, window=False, stopped_by=frozenset({"deceased"}))
REPLY = replace(NOTICE, window=False)
CONFIRMATION = replace(ANSWER, opt_out=False)
# What is not listed demands something and is a collection reminder: the strictest class is the default.
PURPOSES: Mapping[str, Purpose] = {
    "receipt": ANSWER,  # the person has just paid
    "debit_receipt": NOTICE,  # we took it, perhaps at night
    "pre_debit_notice": BEFORE_DEBIT,
    "payment_reversed": NOTICE,
    "payment_misplaced": NOTICE,
    "refund_sent": NOTICE,
    "refund_done": NOTICE,
    "end_in_wallet": NOTICE,
    "debit_failed": FAILED,
    "debit_stopped": FAILED,
    "plan_confirmed": ANSWER,
    "promise_reminder": PROMISED,
    "agreement_copy": ANSWER,  # the person has just signed it
    "payment_link": ANSWER,
    "opt_out_confirmation": CONFIRMATION,
    "assistant_answer": REPLY,  # the person has just asked
    "agent_reply": NOTICE,
    **dict.fromkeys(("complaint_received", "dispute_received"), REPLY),  # the person has just turned to us
    **dict.fromkeys(("complaint_answer", "dispute_question", "dispute_response", "validation_notice"), NOTICE),
}


@dataclass(frozen=True, slots=True)
class Action:
    """`carrier_allows` false: this channel's provider refuses such messages in this place, whatever the law says."""

    purpose: str
    channel: str
    carrier_allows: bool = True


@dataclass(frozen=True, slots=True)
class HoldFact:
    kind: str
    until: datetime | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about the person and the account right now.

    `consent` is the newest word on this channel: True, False, or None when nothing was ever said; `refused_everything`
    when that word was about every channel. `contact_point` is the condition of the address, None when there is none.
    `zones` are all the zones the person may be in, the one that days are counted in first. `counts` holds contacts by
    local day and channel, at least eight days back.
    """

    account_status: str
    balance_minor: int
    country: str
    zones: tuple[str, ...]
    creditor_id: int | None = None
    quiet_until: datetime | None = None
    holds: tuple[HoldFact, ...] = ()
    consent: bool | None = None
    refused_everything: bool = False
    contact_point: str | None = "unknown"
    holidays: frozenset[date] = frozenset()
    counts: Mapping[tuple[date, str], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Policy:
    """One row of `ContactPolicy` as the gate reads it."""

    name: str
    window_start: time
    window_end: time
    daily_cap: int
    weekly_cap: int
    country: str = ""
    creditor_id: int | None = None
    channel: str = ""
    allow_saturday: bool = True
    allow_sunday: bool = True
    allow_holidays: bool = True
    needs_consent: bool = False
    effective_from: date = date.min
    effective_until: date | None = None

    def matches(self, facts: Facts, channel: str) -> bool:
        return (
            self.country in ("", facts.country)
            and self.channel in ("", channel)
            and self.creditor_id in (None, facts.creditor_id)
        )

    def in_force(self, day: date) -> bool:
        return self.effective_from <= day and (self.effective_until is None or day < self.effective_until)

    def hours_on(self, day: date, holidays: frozenset[date]) -> tuple[time, time] | None:
        """The open hours of a local day; None: closed. A policy not in force that day closes nothing."""
        if not self.in_force(day):
            return time.min, time.max
        closed = (
            (not self.allow_sunday and day.isoweekday() == 7)
            or (not self.allow_saturday and day.isoweekday() == 6)
            or (not self.allow_holidays and day in holidays)
        )
        return None if closed else (self.window_start, self.window_end)


@dataclass(frozen=True, slots=True)
class Reason:
    """`of_channel`: a rule that only speaks about this channel."""

    rule: str
    words: str
    until: datetime | None = None
    of_channel: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    kind: Kind
    reasons: tuple[Reason, ...] = ()
    until: datetime | None = None

    @property
    def may_go(self) -> bool:
        return self.kind in (Kind.ALLOW, Kind.ALLOW_WITH)

    @property
    def waits(self) -> bool:
        """Whether it is to be looked at again, at `until`."""
        return self.kind in (Kind.DEFER, Kind.HOLD) and self.until is not None

    @property
    def channel_only(self) -> bool:
        """Whether another channel may still be tried: everything that stands in the way is about this one."""
        return bool(self.reasons) and all(reason.of_channel or reason.rule in CHANNEL_RULES for reason in self.reasons)

    @property
    def words(self) -> str:
        return " ".join(reason.words for reason in self.reasons)


CHANNEL_RULES = frozenset({"opt_out", "consent", "contact_point", "carrier", "zone"})


def not_covered() -> Reason:
    return Reason(
        "not_covered", _("No policy pack of this country is signed off and in force, so nothing is sent by machine.")
    )


def requirement_not_met(words: str) -> Reason:
    return Reason("requirement", _("This may only go together with: %(words)s.") % {"words": words})


def no_moment() -> Reason:
    return Reason("no_moment", _("No moment in the next 14 days suits every rule."))


Timed = Callable[[datetime, datetime], datetime | None]  # (from, not after) -> first instant that passes


def evaluate(action: Action, facts: Facts, policies: Sequence[Policy], at: datetime) -> Verdict:
    """`at` must be aware. Reasons list every rule that spoke against it, not only the first."""
    purpose = PURPOSES.get(action.purpose, COLLECTION)
    binding = [policy for policy in policies if policy.matches(facts, action.channel)]
    blocks = tuple(_blocks(action, purpose, facts, [policy for policy in binding if _matters(policy, facts, at)], at))
    if blocks:
        return Verdict(Kind.BLOCK, blocks)
    if unclear := tuple(_unclear(action, purpose, facts, binding)):
        return Verdict(Kind.REVIEW, unclear)
    return _in_time(_timed_rules(action, purpose, facts, binding), facts, at)


def _matters(policy: Policy, facts: Facts, at: datetime) -> bool:
    zones = facts.zones or ("UTC",)
    return any(policy.in_force(at.astimezone(ZoneInfo(zone)).date()) for zone in zones)


def _blocks(
    action: Action, purpose: Purpose, facts: Facts, policies: Sequence[Policy], at: datetime
) -> Iterator[Reason]:
    passive = action.channel in PASSIVE_CHANNELS
    if purpose.needs_debt and facts.balance_minor <= 0:
        yield Reason("nothing_owed", _("Nothing is owed on this account."))
    if purpose.needs_debt and facts.account_status != "open":
        yield Reason(
            "account_status", _("The account is %(status)s.") % {"status": status_words(facts.account_status).lower()}
        )
    for hold in facts.holds:
        if hold.kind in purpose.stopped_by or "*" in purpose.stopped_by:
            yield Reason("hold", _("A %(kind)s hold stops contact.") % {"kind": hold_words(hold.kind)}, hold.until)
    if not action.carrier_allows:
        yield Reason("carrier", _("The provider does not carry such messages in this country."))
    if not passive and facts.contact_point in (None, "invalid"):
        yield Reason("contact_point", _("There is no working address for this channel."))
    yield from _refusals(purpose, facts, policies, passive=passive)


def _refusals(purpose: Purpose, facts: Facts, policies: Sequence[Policy], *, passive: bool) -> Iterator[Reason]:
    silent_service = passive and not purpose.needs_debt
    if not purpose.opt_out or silent_service:
        return
    if facts.consent is False and facts.refused_everything:
        yield Reason("opt_out_all", _("The person asked us not to contact them at all."))
    elif facts.consent is False:
        yield Reason("opt_out", _("The person does not want to be contacted on this channel."))
    needing = [policy.name for policy in policies if policy.needs_consent]
    if needing and facts.consent is None and purpose.needs_debt:
        yield Reason(
            "consent", _("This channel needs consent and there is none (%(policy)s).") % {"policy": needing[0]}
        )


def _unclear(action: Action, purpose: Purpose, facts: Facts, policies: Sequence[Policy]) -> Iterator[Reason]:
    if purpose.needs_policy and not policies:
        yield Reason("no_policy", _("No contact policy covers this person, so nothing is sent by machine."))
    if purpose.window and not facts.zones and action.channel not in PASSIVE_CHANNELS:
        yield Reason("zone", _("The person's time zone is not known, so no hour is certain to be decent."))


@dataclass(frozen=True, slots=True)
class _Rule:
    """`words` are put together only where the rule speaks against it."""

    name: str
    words: Callable[[], str]
    first: Timed


def _timed_rules(action: Action, purpose: Purpose, facts: Facts, policies: Sequence[Policy]) -> list[_Rule]:
    rules = [_quiet_rule(facts.quiet_until)] if purpose.quiet and facts.quiet_until else []
    if action.channel in PASSIVE_CHANNELS:
        return rules
    if purpose.window:
        rules += [_window_rule(policy, ZoneInfo(zone), facts) for policy in policies for zone in facts.zones]
    if purpose.caps:
        rules += [_cap_rule(policy, facts) for policy in policies]
    return rules


def _quiet_rule(quiet_until: datetime) -> _Rule:
    def words() -> str:
        return _("The account is to be left in peace until then.")

    return _Rule("quiet", words, lambda at, limit: max(at, quiet_until))


def _window_rule(policy: Policy, zone: ZoneInfo, facts: Facts) -> _Rule:
    def first(at: datetime, limit: datetime) -> datetime | None:
        return _first_open(policy, zone, facts.holidays, at, limit)

    def words() -> str:
        return _("Outside the hours of %(policy)s in %(zone)s.") % {"policy": policy.name, "zone": zone.key}

    return _Rule("window", words, first)


@lru_cache(maxsize=2_000)
def _first_open(
    policy: Policy, zone: ZoneInfo, holidays: frozenset[date], at: datetime, limit: datetime
) -> datetime | None:
    """The same for everybody in this zone at this moment."""
    return first_open(zone, at, limit=limit, hours_on=lambda day: policy.hours_on(day, holidays))


def _cap_rule(policy: Policy, facts: Facts) -> _Rule:
    def first(at: datetime, limit: datetime) -> datetime | None:
        for start, day in local_days(ZoneInfo(facts.zones[0]), at, limit=limit):
            if not policy.in_force(day) or has_room(policy, facts.counts, day):
                return start
        return None

    def words() -> str:
        return _("Contacted as often as %(policy)s allows.") % {"policy": policy.name}

    return _Rule("cap", words, first)


def has_room(policy: Policy, counts: Mapping[tuple[date, str], int], day: date) -> bool:
    """Whether one more contact on `day` keeps to the cap of that day and of the seven days it ends."""
    if not counts:
        return policy.daily_cap > 0 and policy.weekly_cap > 0
    by_day = [_count(policy, counts, day - timedelta(days=back)) for back in range(WEEK_DAYS)]
    return by_day[0] < policy.daily_cap and sum(by_day) < policy.weekly_cap


def _count(policy: Policy, counts: Mapping[tuple[date, str], int], day: date) -> int:
    if policy.channel:
        return counts.get((day, policy.channel), 0)
    return sum(number for (when, channel), number in counts.items() if when == day and channel not in PASSIVE_CHANNELS)


def _in_time(rules: Sequence[_Rule], facts: Facts, at: datetime) -> Verdict:
    limit = max(at, facts.quiet_until or at) + HORIZON
    firsts = [(rule, rule.first(at, limit)) for rule in rules]
    against = tuple(Reason(rule.name, rule.words(), first) for rule, first in firsts if first != at)
    if not against:
        return Verdict(Kind.ALLOW)
    until = _first_common(rules, at, limit)
    if until is None:
        return Verdict(Kind.REVIEW, (*against, no_moment()))
    return Verdict(Kind.DEFER, against, until)


def _first_common(rules: Sequence[_Rule], at: datetime, limit: datetime) -> datetime | None:
    """Each rule moves the moment on to its own next pass until none does: no earlier one passes them all."""
    moment = at
    while moment <= limit:
        following = moment
        for rule in rules:
            first = rule.first(following, limit)
            if first is None:
                return None
            following = first
        if following == moment:
            return moment
        moment = following
    return None
