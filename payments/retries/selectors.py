"""Reading decisions and what was learned, for pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import F, Func, IntegerField, Q, QuerySet, Value
from django.db.models.functions import Coalesce, NullIf

from accounts.models import Account
from common.clock import now
from common.money import exponent
from payments.debits.calendar import zone_of
from payments.models import Attempt, Instalment, Plan, RetryDecision, RetryFold, RetryStatistic
from payments.retries.folding import GAINED, lessons
from payments.retries.learning import ENOUGH_IN_A_SLOT, HOUR, MONTH_DAY, SLOTS, WEEKDAY, Counters
from payments.retries.rules import Ladder
from wallets.models import Provider

# What PostgreSQL calls a slot: its weeks begin with Monday as 1, ours with 0.
_PARTS = {WEEKDAY: "isodow", MONTH_DAY: "day", HOUR: "hour"}
WAITING = ("scheduled", "noticed")


@dataclass(frozen=True, kw_only=True)
class Best:
    """The slot of a kind that did best, of those tried often enough to say so."""

    kind: str
    slot: int
    tries: int
    successes: int

    @property
    def percent(self) -> int:
        return percent(self.successes, self.tries)


@dataclass(frozen=True, kw_only=True)
class Learned:
    """A cluster as people see it. `lowest` and `highest` bound its amounts, in minor units."""

    provider: Provider
    reason: str
    currency: str
    digits: int
    counters: Counters
    best: tuple[Best, ...]

    @property
    def percent(self) -> int:
        return percent(self.counters.successes, self.counters.tries)

    @property
    def lowest(self) -> int:
        return lowest_of(self.digits, self.currency)

    @property
    def highest(self) -> int:
        return lowest_of(self.digits + 1, self.currency) - 1


def percent(part: int, whole: int) -> int:
    return (200 * part + whole) // (2 * whole) if whole else 0


def lowest_of(digits: int, currency: str) -> int:
    return 10 ** (digits - 1 + exponent(currency)) if digits > 1 else 1


def learned() -> list[Learned]:
    """Every cluster, the one with the most tries first."""
    found: dict[tuple[int, str, str, int], dict[tuple[str, int], tuple[int, int]]] = {}
    for row in RetryStatistic.objects.all().iterator():
        slots = found.setdefault((row.provider_id, row.reason, row.currency, row.digits), {})
        slots[row.slot_kind, row.slot] = (row.tries, row.successes)
    providers = Provider.objects.in_bulk([key[0] for key in found])
    clusters = [_learned(providers[key[0]], key, Counters(slots=slots)) for key, slots in found.items()]
    return sorted(clusters, key=lambda one: (-one.counters.tries, one.provider.key, one.reason, one.digits))


def _learned(provider: Provider, key: tuple[int, str, str, int], counters: Counters) -> Learned:
    best = [_best(kind, counters) for kind in SLOTS]
    return Learned(
        provider=provider,
        reason=key[1],
        currency=key[2],
        digits=key[3],
        counters=counters,
        best=tuple(one for one in best if one),
    )


def _best(kind: str, counters: Counters) -> Best | None:
    tried = [slot for slot in SLOTS[kind] if counters.slots.get((kind, slot), (0, 0))[0] >= ENOUGH_IN_A_SLOT]
    if not tried:
        return None
    slot = max(tried, key=lambda one: (counters.against_the_rest(kind, one), -one))
    tries, successes = counters.slots[kind, slot]
    return Best(kind=kind, slot=slot, tries=tries, successes=successes)


def tries_of(
    provider: str, *, reason: str, currency: str, digits: int, gained: bool = False, kind: str = "", slot: int = 0
) -> QuerySet[Attempt]:
    """The very attempts behind a number of the page: those the counters have read."""
    read = RetryFold.objects.filter(pk=1).values_list("attempt_id", flat=True).first() or 0
    rows = lessons(reason).filter(
        pk__lte=read,
        provider__key=provider,
        currency=currency,
        amount_minor__gte=lowest_of(digits, currency),
        amount_minor__lt=lowest_of(digits + 1, currency),
    )
    if gained:
        rows = rows.filter(state__in=GAINED)
    return rows.annotate(at_slot=_slot(kind)).filter(at_slot=slot) if kind in _PARTS else rows


def _slot(kind: str) -> Any:
    zone = Coalesce(NullIf(F("payment__account__debtor__time_zone"), Value("")), Value("UTC"))
    part = Func(
        zone,
        F("created_at"),
        template=f"EXTRACT({_PARTS[kind]} FROM timezone(%(expressions)s))::int",
        output_field=IntegerField(),
    )
    return part - 1 if kind == WEEKDAY else part


def decisions_of(plan: Plan) -> dict[int, RetryDecision]:
    """By instalment: the newest decision."""
    rows = RetryDecision.objects.filter(instalment__plan=plan).order_by("instalment_id", "-pk")
    return {row.instalment_id: row for row in rows.distinct("instalment_id")}


def still_holds(row: Instalment, decision: RetryDecision | None) -> bool:
    """Whether what was decided is what will happen: a paid or missed instalment has no next try."""
    return decision is not None and decision.next_at is not None and row.state in WAITING and row.retry_on is not None


def planned_retry(account: Account) -> RetryDecision | None:
    """The next try of a failed debit of this account, when there is one to tell its debtor of."""
    waiting = Q(instalment__state__in=WAITING, instalment__retry_on__isnull=False)
    live = Q(instalment__plan__account=account, instalment__plan__state="active")
    signed = Q(instalment__plan__mandate__state="active")
    rows = RetryDecision.objects.filter(waiting, live, signed, next_at__gt=now())
    return rows.select_related("instalment__plan__mandate__provider", "attempt").order_by("-pk").first()


def worth_telling() -> QuerySet[RetryDecision]:
    """Those the person hears of. Trouble at the wallet or with us is tried again within hours, and nobody need know."""
    return RetryDecision.objects.filter(Q(next_at=None) | Q(ladder=Ladder.DECLINED))


def is_worth_telling(decision: RetryDecision) -> bool:
    """The same of one."""
    return decision.next_at is None or decision.ladder == Ladder.DECLINED


def next_on(decision: RetryDecision) -> date | None:
    """The day of the next try where its debtor lives; None when there is none."""
    zone = zone_of(decision.instalment.plan.account.debtor)
    return decision.next_at.astimezone(zone).date() if decision.next_at else None
