"""Ready-made plans for a debtor to choose from, and the agreement that goes with one: exact dates and words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from babel.dates import format_date
from django.db import transaction
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext as _

from accounts.models import Account
from common.clock import now, today
from common.errors import Conflict, InvalidInput
from common.money import Money, exponent
from payments.models import Plan
from payments.plans import create_plan, equal_parts
from payments.services.locking import lock_account
from wallets.models import Mandate
from wallets.services import Terms, propose_mandate, revoke_mandate

COUNTS = (3, 6, 12)
PERIOD_DAYS = 30
PAY_DAYS = (1, 5, 10, 15, 20, 25)
# The notice before the first debit needs its days.
EARLIEST = timedelta(days=7)
LATEST = timedelta(days=45)
MINIMUM_UNITS = 10
TERMS_VERSION = "2026-11"


@dataclass(frozen=True)
class ReadyPlan:
    """`parts` are (due date, minor units) and sum to `total`; no debit is larger than `cap`."""

    parts: tuple[tuple[date, int], ...]
    total: Money

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

    def rows(self) -> list[tuple[date, Money]]:
        return [(day, Money(minor, self.total.currency)) for day, minor in self.parts]


def smallest_instalment(currency: str) -> int:
    return MINIMUM_UNITS * 10 ** exponent(currency)


def first_days(zone: str = "") -> list[date]:
    """Usual pay-days soon enough to be a promise and far enough for the notice."""
    begin = today(zone or "UTC")
    days = (begin + timedelta(days=ahead) for ahead in range(EARLIEST.days, LATEST.days))
    return [day for day in days if day.day in PAY_DAYS][:6]


def ready_plans(account: Account, first_on: date) -> list[ReadyPlan]:
    """Two to four plans whose instalments are not too small to be worth a debit; none for a tiny debt."""
    least = smallest_instalment(account.currency)
    fitting = [count for count in COUNTS if account.balance_minor // count >= least]
    if fitting and len(fitting) < len(COUNTS):
        fitting = [2, *fitting]
    return [_plan(account.balance, count=count, first_on=first_on) for count in fitting]


def _plan(total: Money, *, count: int, first_on: date) -> ReadyPlan:
    return ReadyPlan(tuple(equal_parts(total, count=count, first_on=first_on, every_days=PERIOD_DAYS)), total)


def chosen_plan(account: Account, *, count: int, first_on: date) -> ReadyPlan:
    """The plan a form names, computed anew from what is owed now. Raises `InvalidInput` for one we never offered."""
    if first_on not in first_days(account.debtor.time_zone):
        raise InvalidInput(_("Choose one of the days on the page for the first payment."), field="first")
    for plan in ready_plans(account, first_on):
        if plan.count == count:
            return plan
    raise InvalidInput(_("Choose one of the plans on the page."), field="count")


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
        "days": PERIOD_DAYS,
        "first": _day(plan.first_on),
        "last": _day(plan.last_on),
    }
    dates = "\n".join(f"{_day(day)}: {amount.format(language)}" for day, amount in plan.rows())
    clauses = [
        _("You let %(agency)s take %(count)s payments from your wallet for %(creditor)s, %(reference)s."),
        _("Together they are %(total)s, which is all that is owed today. There is no charge for paying in parts."),
        _("No single payment is more than %(cap)s, and there is at most one in %(days)s days."),
        _("The first is on %(first)s, the last on %(last)s. At least one day before each, we tell you."),
        _("If a payment does not go through, we may try it again within this agreement. We charge nothing for that."),
        _("If you pay in another way first, that instalment is not taken again."),
        _("You can end this at any time, here or in your wallet, with one button and without a reason."),
    ]
    return Terms(version=TERMS_VERSION, text="\n\n".join(clause % words for clause in clauses) + "\n\n" + dates)


def _day(value: date) -> str:
    return str(format_date(value, "long", locale=to_locale(get_language() or "en")))


@transaction.atomic
def agree_to_plan(
    account: Account, plan: ReadyPlan, *, provider_key: str, terms: Terms, evidence: Mapping[str, str]
) -> Mandate:
    """The plan and its agreement, waiting for the signature in the wallet. Nothing is debited before that.

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
        period_days=PERIOD_DAYS,
        evidence=dict(evidence),
        terms=terms,
    )
    create_plan(account, parts=plan.parts, mandate=mandate, source="debtor")
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
