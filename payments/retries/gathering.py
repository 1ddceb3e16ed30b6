"""Reading what a decision needs, for many failed debits at once: a fixed number of queries however many there are."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import Q

from accounts.models import Hold
from common.money import Money, exponent
from payments.debits.calendar import NOTICE_DAYS_BEFORE, morning_of, notice_from, zone_of
from payments.debits.law import read_debit_law
from payments.debits.standing import Charges, charges_under, standing_of, unlike_announced
from payments.models import Attempt, Instalment, RetryStatistic
from payments.retries.budget import Budget, Try, budget_of
from payments.retries.calendar import Calendar
from payments.retries.deciding import Situation
from payments.retries.house import House, house, limits_of
from payments.retries.learning import Counters, digits_of
from payments.retries.rules import Ladder, Rule, rule_for
from wallets.gateway import adapter
from wallets.models import Mandate
from wallets.periods import next_period, same_period
from wallets.providers.base import (
    Capability,
    ChargeWindow,
    ConfigError,
    MandateSnapshot,
    MandateState,
    RetryRules,
    WalletProvider,
)

logger = logging.getLogger(__name__)

OPEN = ("scheduled", "noticed")
# People under these are spared tries that hardly ever succeed.
SPARED = (Hold.Kind.VULNERABLE, Hold.Kind.HARDSHIP)
FIELDS = (
    "pk",
    "created_at",
    "state",
    "decline_category",
    "decline_code",
    "reason",
    "mandate",
    "mandate__payment_method",
    "payment__instalment",
    "retry_decision__ladder",
    "retry_decision__rung",
)
Row = dict[str, Any]
Cluster = tuple[int, str, str, int]


@dataclass(frozen=True, kw_only=True)
class Case:
    """A failed debit with everything about it; the accounts are locked."""

    attempt: Attempt
    row: Instalment
    mandate: Mandate
    wallet: WalletProvider | None
    situation: Situation

    @property
    def minor(self) -> int:
        return _minor(self.row)


def _minor(row: Instalment) -> int:
    return row.still_to_take(row.plan.account)


def reached() -> Q:
    """Attempts that reached the wallet, or may have: what the wallet and the networks count."""
    unsure = ~Q(provider_reference="") | Q(looked_up_at__isnull=False)
    return ~Q(state__in=("created", "sending", "closed")) | Q(unsure, state="closed")


def gather(attempts: Sequence[Attempt], moment: datetime, *, decided: bool = False) -> list[Case]:
    """A case for each whose instalment still waits for its money; `decided`: those decided about before, too."""
    rows = _instalments(attempts, decided=decided)
    open_ones = [one for one in attempts if one.mandate_id and one.payment.instalment_id in rows]
    mandates = _mandates(open_ones)
    known = _Known(open_ones, rows, mandates, moment)
    return [
        _case(attempt, rows[attempt.payment.instalment_id or 0], mandates[attempt.mandate_id or 0], known)
        for attempt in open_ones
    ]


def _instalments(attempts: Sequence[Attempt], *, decided: bool) -> dict[int, Instalment]:
    wanted = [one.payment.instalment_id for one in attempts if one.payment.instalment_id]
    rows = Instalment.objects.filter(pk__in=wanted, state__in=OPEN)
    if not decided:
        rows = rows.exclude(retry_decisions__attempt__in=attempts)
    whole = rows.select_related("plan__account__debtor", "plan__account__creditor")
    return {row.pk: row for row in whole if _minor(row) > 0}


def _mandates(attempts: Sequence[Attempt]) -> dict[int, Mandate]:
    found = Mandate.objects.filter(pk__in=[one.mandate_id for one in attempts])
    return {row.pk: row for row in found.select_related("provider", "account__debtor")}


class _Known:
    """What is the same for all cases, and what was read for all of them together."""

    def __init__(
        self,
        attempts: Sequence[Attempt],
        rows: dict[int, Instalment],
        mandates: dict[int, Mandate],
        moment: datetime,
    ) -> None:
        self.moment = moment
        self.house = house()
        self.charges: Charges = charges_under(mandate.pk for mandate in mandates.values())
        self.tries = self._tries(attempts, rows, mandates)
        self.next_due = _next_due(rows.values())
        self.spared = _spared(rows.values(), moment)
        self.counters = _counters(attempts)
        self.law = read_debit_law(moment, [row.plan.account for row in rows.values()], mandates)

    def _tries(
        self, attempts: Sequence[Attempt], rows: dict[int, Instalment], mandates: dict[int, Mandate]
    ) -> list[Row]:
        since = self.moment - timedelta(days=self.house.counted_days)
        cards = [one.payment_method_id for one in mandates.values() if one.payment_method_id]
        of_cards = Mandate.objects.filter(payment_method__in=cards).values_list("pk", flat=True) if cards else ()
        # One condition over all three would be answered by reading every attempt there is: no index covers it.
        of_rows = Attempt.objects.filter(payment__instalment__in=rows)
        of_mandates = Attempt.objects.filter(mandate__in={*mandates, *of_cards}, created_at__gt=since)
        found = {*of_rows.values_list("pk", flat=True), *of_mandates.values_list("pk", flat=True)}
        wanted = Attempt.objects.filter(reached(), pk__in=found - {one.pk for one in attempts})
        return list(wanted.order_by("pk").values(*FIELDS))


def _next_due(rows: Any) -> dict[int, date]:
    """By instalment: the due day of the one after it that is still to come."""
    plans = {row.plan_id for row in rows}
    coming: dict[int, list[date]] = defaultdict(list)
    for plan, due_on in Instalment.objects.filter(plan__in=plans, state__in=OPEN).values_list("plan", "due_on"):
        coming[plan].append(due_on)
    later = {row.pk: [day for day in coming[row.plan_id] if day > row.due_on] for row in rows}
    return {pk: min(days) for pk, days in later.items() if days}


def _spared(rows: Any, moment: datetime) -> list[tuple[Any, Any]]:
    debtors = {row.plan.account.debtor_id for row in rows}
    in_force = Q(ends_at=None) | Q(ends_at__gt=moment)
    holds = Hold.objects.filter(in_force, kind__in=SPARED, starts_at__lte=moment, debtor__in=debtors)
    return list(holds.values_list("debtor", "account"))


def cluster_of(attempt: Attempt, reason: str) -> Cluster:
    """Which counters a try belongs to that comes after a failure for `reason`."""
    return (attempt.provider_id, reason, attempt.currency, digits_of(attempt.amount_minor, exponent(attempt.currency)))


def _counters(attempts: Sequence[Attempt]) -> dict[Cluster, Counters]:
    wanted = {cluster_of(one, one.reason) for one in attempts}
    exact = Q(pk__in=[])
    for provider, reason, currency, digits in wanted:
        exact |= Q(provider=provider, reason=reason, currency=currency, digits=digits)
    slots: dict[Cluster, dict[tuple[str, int], tuple[int, int]]] = defaultdict(dict)
    for one in RetryStatistic.objects.filter(exact):
        key = (one.provider_id, one.reason, one.currency, one.digits)
        slots[key][one.slot_kind, one.slot] = (one.tries, one.successes)
    return {key: Counters(slots=slots[key]) for key in wanted}


def _case(attempt: Attempt, row: Instalment, mandate: Mandate, known: _Known) -> Case:
    wallet = _wallet(mandate)
    rules = wallet.descriptor.retries if wallet else RetryRules()
    of_instalment = [one for one in known.tries if one["payment__instalment"] == row.pk]
    rule = rule_for(
        attempt.decline_category,
        attempt.reason,
        code=attempt.decline_code,
        earlier=tuple(one["decline_code"] for one in of_instalment),
        rules=rules,
    )
    account = row.plan.account
    spared = any(who == account.debtor_id and which in (None, account.pk) for who, which in known.spared)
    told, anew = _calendars(row, mandate, wallet, known)
    situation = Situation(
        at=known.moment,
        reason=attempt.reason or "declined_generic",
        rule=rule,
        rungs_used=_rungs_used(of_instalment, rule.ladder),
        budget=_budget(attempt, row, mandate, known, rules=rules, rule=rule),
        house=known.house,
        told=told,
        anew=anew,
        counters=known.counters[cluster_of(attempt, attempt.reason)],
        pay_day=row.plan.pay_day,
        filtered=known.house.failure_filter or spared,
    )
    return Case(attempt=attempt, row=row, mandate=mandate, wallet=wallet, situation=situation)


def _wallet(mandate: Mandate) -> WalletProvider | None:
    try:
        return adapter(mandate.provider)
    except ConfigError:
        logger.exception("a wallet whose debit failed is not configured", extra={"provider": mandate.provider.key})
        return None


def _rungs_used(tries: list[Row], ladder: Ladder) -> int:
    """Of the debtor's ladder every rung that was used; of the other two those of the trouble that lasts."""
    ladders = [one["retry_decision__ladder"] for one in tries]
    if ladder is Ladder.DECLINED:
        used = [one["retry_decision__rung"] for one in tries if one["retry_decision__ladder"] == ladder]
        return sum(rung is not None for rung in used)
    lasting = 0
    while lasting < len(ladders) and ladders[-1 - lasting] == ladder:
        lasting += 1
    return lasting


def _budget(
    attempt: Attempt, row: Instalment, mandate: Mandate, known: _Known, *, rules: RetryRules, rule: Rule
) -> Budget:
    card = mandate.payment_method_id
    declined = rule.ladder is Ladder.DECLINED
    tries = [_try(one, row, mandate, rules) for one in known.tries]
    now_failed = Try(at=attempt.created_at, declined=declined, of_instalment=True, of_mandate=True, of_card=True)
    ours = [one for one in tries if one.of_instalment or one.of_mandate or (card and one.of_card)]
    own = known.house
    return budget_of([*ours, now_failed], limits_of(rules, own), days=own.counted_days, declined=declined)


def _try(one: Row, row: Instalment, mandate: Mandate, rules: RetryRules) -> Try:
    rule = rule_for(one["decline_category"], one["reason"], code=one["decline_code"], rules=rules)
    same_mandate = one["mandate"] == mandate.pk
    same_card = mandate.payment_method_id is not None and one["mandate__payment_method"] == mandate.payment_method_id
    return Try(
        at=one["created_at"],
        declined=rule.ladder is Ladder.DECLINED,
        of_instalment=one["payment__instalment"] == row.pk,
        of_mandate=same_mandate,
        of_card=same_card or same_mandate,
    )


def _calendars(
    row: Instalment, mandate: Mandate, wallet: WalletProvider | None, known: _Known
) -> tuple[Calendar | None, Calendar | None]:
    """When the instalment may be tried under its notice, and when after a new one."""
    standing = _standing(row, mandate, known.charges)
    until = _grace_ends(row, mandate, known)
    since = max(known.moment, known.law.free_at(row, mandate, wallet) or known.moment)
    anew_from = max(since, known.moment + timedelta(days=NOTICE_DAYS_BEFORE))
    told = None
    if row.state == "noticed" and row.notice_sent_at and not unlike_announced(row, _minor(row), wallet):
        good_until = min(until, row.notice_sent_at + known.house.notice_good_for)
        told = _calendar(row, wallet, standing, known, since=since, until=good_until, anew=False)
    anew = _calendar(row, wallet, standing, known, since=anew_from, until=until, anew=True)
    return (told if told and told.since <= told.until else None), (anew if anew.since <= anew.until else None)


def _standing(row: Instalment, mandate: Mandate, charges: Charges) -> MandateSnapshot:
    """As the wallet sees it. A pause ends one day: it stops the debit when its time comes, not the plan for it."""
    standing = standing_of(mandate, charges, row.announced_at)
    return replace(standing, state=MandateState.ACTIVE) if standing.state is MandateState.PAUSED else standing


def _grace_ends(row: Instalment, mandate: Mandate, known: _Known) -> datetime:
    zone = zone_of(row.plan.account.debtor)
    following = known.next_due.get(row.pk)
    ends = [notice_from(following, zone) if following else morning_of(row.due_on, zone) + known.house.grace]
    if mandate.valid_until:
        ends.append(morning_of(mandate.valid_until, zone) + timedelta(hours=12))
    return min(ends)


def _calendar(
    row: Instalment,
    wallet: WalletProvider | None,
    standing: MandateSnapshot,
    known: _Known,
    *,
    since: datetime,
    until: datetime,
    anew: bool,
) -> Calendar:
    zone = zone_of(row.plan.account.debtor)
    amount = Money(_minor(row), row.plan.currency)
    following = known.next_due.get(row.pk)
    taken_from = morning_of(following, zone) if following else None
    told_before = timedelta(days=NOTICE_DAYS_BEFORE) if wallet and _wants_notice(wallet) else None

    def window(moment: datetime) -> ChargeWindow:
        if wallet is None:
            return ChargeWindow(open_now=True)
        seen = replace(standing, announced_at=moment - told_before) if anew and told_before else standing
        found = wallet.charge_window(seen, amount, moment)
        others = taken_from is not None and found.closes_at is not None and found.closes_at > taken_from
        return ChargeWindow(open_now=False) if others else found

    def later_period(day: date) -> date | None:
        last = standing.last_charged_on
        taken = last is not None and same_period(standing.terms, last, day)
        return next_period(standing.terms, day) if taken else None

    own: House = known.house
    return Calendar(
        zone=zone,
        opens=own.opens,
        closes=own.closes,
        since=since.astimezone(UTC),
        until=until,
        window=window,
        next_period=later_period,
    )


def _wants_notice(wallet: WalletProvider) -> bool:
    return wallet.descriptor.can(Capability.PRE_DEBIT_NOTICE)
