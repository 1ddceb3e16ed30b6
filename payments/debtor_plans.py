"""Ready-made plans for a debtor to choose from, and the agreement that goes with one: exact dates and words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from babel.dates import format_date
from django.db import transaction
from django.utils.translation import get_language, gettext_lazy, ngettext, to_locale
from django.utils.translation import gettext as _

from accounts.models import Account
from common.clock import now, today
from common.errors import Conflict, InvalidInput
from common.money import Money, exponent
from payments.guard_rails import Bounds, bounds_of, breaches, rail_for, refusal, split
from payments.models import Plan
from payments.plans import create_plan, equal_parts
from payments.services.locking import lock_account
from wallets.models import Mandate
from wallets.periods import add_months
from wallets.services import Terms, propose_mandate, revoke_mandate

COUNTS = (3, 6, 12)
# A standing order takes the same amount each time, so its number of payments has to divide the debt.
DIVIDING_COUNTS = range(2, 13)
MOST_OFFERED = 4
PERIOD_DAYS = 30
PAY_DAYS = (1, 5, 10, 15, 20, 25)
# The notice before the first debit needs its days.
EARLIEST = timedelta(days=7)
LATEST = timedelta(days=45)
MINIMUM_UNITS = 10
SHORTEST_PERIOD = 7
TERMS_VERSION = "2026-11.2"
WHOLE = gettext_lazy(
    "Together they are %(total)s, which is all that is owed today. There is no charge for paying in parts."
)
COVERED = gettext_lazy(
    "Together they are %(total)s: the dates still to come of the plan you have. There is no charge for it."
)


@dataclass(frozen=True)
class ReadyPlan:
    """`parts` are (due date, minor units) and sum to `total`; no debit is larger than `cap`.

    `covers` is the id of a plan that is there already and whose remaining dates these are; 0 for a new one.
    `standing` when the wallet debits by itself: it is told the last day, because nobody here can stop it.
    """

    parts: tuple[tuple[date, int], ...]
    total: Money
    period: int = PERIOD_DAYS
    period_unit: str = "day"
    covers: int = 0
    standing: bool = False

    @property
    def count(self) -> int:
        return len(self.parts)

    @property
    def cap(self) -> Money:
        return Money(max(minor for _day, minor in self.parts), self.total.currency)

    @property
    def first_on(self) -> date:
        return self.parts[0][0]

    @property
    def last_on(self) -> date:
        return self.parts[-1][0]

    @property
    def down(self) -> Money | None:
        """A first payment larger than a share of the rest."""
        first, last = self.parts[0][1], self.parts[-1][1]
        return Money(first, self.total.currency) if self.count > 1 and first - last > max(1, last // 100) else None

    @property
    def each(self) -> Money:
        """What most of them are."""
        return Money(self.parts[1][1], self.total.currency) if self.down else self.cap

    def rows(self) -> list[tuple[date, Money]]:
        return [(day, Money(minor, self.total.currency)) for day, minor in self.parts]


def smallest_instalment(currency: str) -> int:
    return MINIMUM_UNITS * 10 ** exponent(currency)


def first_days(zone: str = "") -> list[date]:
    """Usual pay-days soon enough to be a promise and far enough for the notice."""
    begin = today(zone or "UTC")
    days = (begin + timedelta(days=ahead) for ahead in range(EARLIEST.days, LATEST.days))
    return [day for day in days if day.day in PAY_DAYS][:6]


def ready_plans(
    account: Account, first_on: date, unit: str = "day", step: int = 1, *, standing: bool = False
) -> list[ReadyPlan]:
    """Two to four plans within the guard-rails; none for a debt too small to be worth a debit each.

    `unit`: how the wallet counts its periods: 30 days, or calendar months. `step`: what its amounts are multiples of;
    it offers no plan for a debt that is not. `standing`: it debits by itself, the same amount each time.
    """
    if account.balance_minor % step:
        return []
    rail = rail_for(account)
    maker = _Maker(account.balance, first_on, unit, step, standing, bounds_of(account, rail))
    counts = _dividing(maker) if standing else _usual(maker, bounded=rail is not None)
    return [maker.plan(count) for count in counts]


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes the plans of one debt, from one day on, as one wallet takes them."""

    total: Money
    first_on: date
    unit: str
    step: int
    standing: bool
    bounds: Bounds

    def plan(self, count: int) -> ReadyPlan:
        monthly, total = self.unit == "month", self.total
        even = equal_parts(
            total,
            count=count,
            first_on=self.first_on,
            every_days=PERIOD_DAYS,
            every_months=1 if monthly else 0,
            step=self.step,
        )
        amounts = [] if self.standing else split(total.minor, count, self.bounds, step=self.step)
        parts = [(day, minor) for (day, _even), minor in zip(even, amounts, strict=True)] if amounts else even
        return ReadyPlan(tuple(parts), total, 1 if monthly else PERIOD_DAYS, self.unit, standing=self.standing)

    def fits(self, count: int) -> bool:
        if self.total.minor < count * self.step or (self.standing and self.total.minor // self.step % count):
            return False
        return not breaches(self.plan(count).parts, self.bounds)


def _usual(maker: _Maker, *, bounded: bool) -> list[int]:
    """Where guard-rails leave none of the usual ones, the longest of those that fit."""
    fitting = [count for count in COUNTS if maker.fits(count)]
    if bounded and not fitting:
        return [count for count in reversed(DIVIDING_COUNTS) if maker.fits(count)][:2][::-1]
    return [2, *fitting] if fitting and len(fitting) < len(COUNTS) and maker.fits(2) else fitting


def _dividing(maker: _Maker) -> list[int]:
    fitting = [count for count in DIVIDING_COUNTS if maker.fits(count)]
    usual = [count for count in fitting if count in COUNTS]
    return usual or fitting[:MOST_OFFERED]


def plan_to_cover(account: Account, unit: str, *, standing: bool = False) -> ReadyPlan | None:
    """The dates to come of a live plan that no agreement covers, if they keep a rhythm the wallet can agree to.

    Dates too near for the notice are left to be paid by hand. A standing order covers equal parts only.
    """
    # A plan made for an agreement that was never signed goes when that agreement gives way.
    plan = Plan.objects.filter(account=account, state="active").exclude(mandate__state="pending").first()
    if plan is None:
        return None
    earliest = today(account.debtor.time_zone or "UTC") + EARLIEST
    rows = plan.instalments.filter(state__in=["scheduled", "missed"], due_on__gte=earliest).order_by("due_on")
    parts = tuple((row.due_on, row.amount_minor - row.paid_minor) for row in rows)
    period = _rhythm([day for day, _minor in parts], unit)
    uneven = standing and len({minor for _day, minor in parts}) > 1
    if not parts or not period or uneven:
        return None
    total = Money(sum(minor for _day, minor in parts), account.currency)
    return ReadyPlan(parts, total, period, unit, plan.pk, standing)


def _rhythm(days: list[date], unit: str) -> int:
    """The period the days keep, in units; 0 when they keep none."""
    if unit == "month":
        return int(all(day == add_months(days[0], number) for number, day in enumerate(days)) and days[0].day <= 28)
    gaps = {(later - earlier).days for earlier, later in pairwise(days)} or {PERIOD_DAYS}
    return gaps.pop() if len(gaps) == 1 and min(gaps) >= SHORTEST_PERIOD else 0


def chosen_plan(
    account: Account, *, count: int, first_on: date, unit: str = "day", step: int = 1, standing: bool = False
) -> ReadyPlan:
    """The plan a form names, computed anew from what is owed now: one of the ready ones, or the debtor's own number.

    Raises `InvalidInput`, with the guard-rail and what would fit, for one that is outside.
    """
    if first_on not in first_days(account.debtor.time_zone):
        raise InvalidInput(_("Choose one of the days on the page for the first payment."), field="first")
    for plan in ready_plans(account, first_on, unit, step, standing=standing):
        if plan.count == count:
            return plan
    if standing or count < 2 or account.balance_minor < count * step or account.balance_minor % step:
        raise InvalidInput(_("Choose one of the plans on the page."), field="count")
    bounds = bounds_of(account)
    if count > bounds.most_parts:
        raise InvalidInput(_("At most %(most)s payments.") % {"most": bounds.most_parts}, field="count")
    plan = _Maker(account.balance, first_on, unit, step, standing, bounds).plan(count)
    if found := breaches(plan.parts, bounds):
        raise InvalidInput(refusal(found[0], plan.parts, bounds, account.currency), field=found[0].field)
    return plan


def terms_of_plan(account: Account, plan: ReadyPlan, *, agency: str) -> Terms:
    """The agreement in full, in the reader's language: what is shown is what is kept."""
    language = get_language() or "en"
    words = {
        "creditor": account.creditor.name,
        "agency": agency,
        "reference": account.reference,
        "count": plan.count,
        "total": plan.total.format(language),
        "cap": plan.cap.format(language),
        "period": _period_words(plan),
        "first": _day(plan.first_on),
        "last": _day(plan.last_on),
    }
    dates = "\n".join(f"{_day(day)}: {amount.format(language)}" for day, amount in plan.rows())
    clauses = [
        _("You let %(agency)s take %(count)s payments from your wallet for %(creditor)s, %(reference)s."),
        COVERED if plan.covers else WHOLE,
        _("No single payment is more than %(cap)s, and there is at most one in %(period)s, counted from the first."),
        _("The first is on %(first)s, the last on %(last)s. At least one day before each, we tell you."),
        _("If a payment does not go through, we may try it again within this agreement. We charge nothing for that."),
        _("If you pay in another way first, that instalment is not taken again."),
        _("You can end this at any time, here or in your wallet, with one button and without a reason."),
    ]
    return Terms(version=TERMS_VERSION, text="\n\n".join(str(clause) % words for clause in clauses) + "\n\n" + dates)


def _period_words(plan: ReadyPlan) -> str:
    if plan.period_unit == "month":
        return ngettext("one calendar month", "%(n)s calendar months", plan.period) % {"n": plan.period}
    return _("%(n)s days") % {"n": plan.period}


def _day(value: date) -> str:
    return str(format_date(value, "long", locale=to_locale(get_language() or "en")))


@transaction.atomic
def agree_to_plan(
    account: Account, plan: ReadyPlan, *, provider_key: str, terms: Terms, evidence: Mapping[str, str]
) -> Mandate:
    """The plan and its agreement, waiting for the signature in the wallet. Nothing is debited before that.

    A plan that is there already gets the agreement when it is signed, and is left alone when it is not.

    The same form again (`evidence["form"]`) gets the same agreement; an earlier one that was never signed gives way.
    Raises `Conflict` when a plan or an agreement is live, and what `propose_mandate` raises.
    """
    lock_account(account.pk)
    known = account.mandates.filter(evidence__form=evidence["form"]).first()
    if known:
        return known
    drop_unsigned(account)
    mandate = propose_mandate(
        account,
        provider_key,
        cap=plan.cap,
        first_debit_on=plan.first_on,
        period=plan.period,
        period_unit=plan.period_unit,
        last_debit_on=plan.last_on if plan.standing else None,
        evidence={**evidence, **({"plan": str(plan.covers)} if plan.covers else {})},
        terms=terms,
    )
    if not plan.covers:
        create_plan(account, parts=plan.parts, mandate=mandate, source="debtor", pay_day=plan.first_on.day)
    return mandate


@transaction.atomic
def drop_unsigned(account: Account) -> None:
    """Let go of agreements that wait for a signature; the plans made for them go with them."""
    for mandate in account.mandates.filter(state="pending"):
        revoke_mandate(mandate, reason="given up before it was signed")


@transaction.atomic
def end_agreement(mandate: Mandate) -> bool:
    """One button: nothing is debited from this moment. A plan of a signed agreement stays, to be paid by hand."""
    if mandate.state == "pending":
        drop_unsigned(mandate.account)
        return True
    return revoke_mandate(mandate, reason="ended by the debtor on our page")


def evidence_of(*, ip: str, user_agent: str, form: str, link: int) -> dict[str, str]:
    return {
        "agreed_at": now().isoformat(),
        "ip": ip or "unknown",
        "user_agent": (user_agent or "unknown")[:300],
        "language": get_language() or "en",
        "form": form,
        "link": str(link),
    }


def refuse_second_plan(account: Account) -> None:
    """A live plan is changed with a person, not doubled."""
    live = Plan.objects.filter(account=account, state__in=["active", "paused"])
    if live.exclude(mandate__state="pending").exists():
        raise Conflict(_("There is a plan for this account already. Write to us if you want to change it."))
