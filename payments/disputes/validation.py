"""The figures of a validation notice from the ledger, and the end of the period in which it can be disputed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Min, QuerySet, Sum
from django.utils.translation import gettext as _

from accounts.events import record_event
from accounts.models import Account, Creditor, User
from accounts.services import caller_of
from common.clock import today
from common.company import company_address
from common.errors import Conflict, InvalidInput
from common.once import use_token
from compliance.packs.calendars import add_business_days
from payments.disputes.clock import VALIDATION_DAYS
from payments.documents.validation_notice import Sender, validation_pdf
from payments.models import LedgerAccount, Posting, ValidationNotice
from payments.services.locking import lock_account
from payments.signals import validation_notice_made
from payments.views_debtor.frame import agency_of

COUNTRY, HOLIDAYS = "US", "us-5usc6103"
COLLECTORS = (Creditor.Role.THIRD_PARTY.value, Creditor.Role.DEBT_BUYER.value)
LANGUAGES = ("en", "es", "zh")
# 12 CFR 1006.34(b)(5): receipt is assumed five working days after sending. Sending takes up to as many of ours.
ASSUMED_RECEIPT, OUR_POSTING = 5, 5
# What changes the debt for another reason than a payment or a credit.
CHARGES = frozenset({
    "placement", "placement_reversal", "balance_adjustment", "interest", "fee", "accrual", "replay",
})  # fmt: skip
# What the document says, in the packs' own names (12 CFR 1006.34(c) and (d)).
FIELDS = frozenset({
    "collector_name_and_dispute_address", "consumer_name_and_address", "creditor_on_itemisation_date",
    "account_number_truncated", "current_creditor", "itemisation_date", "amount_on_itemisation_date",
    "itemisation_interest_fees_payments_credits", "current_amount", "validation_period_end_date",
    "right_to_dispute_statement", "right_to_original_creditor_statement", "assume_valid_statement",
    "cfpb_website_statement", "electronic_dispute_statement_if_electronic", "dispute_prompts",
    "original_creditor_prompt", "mini_miranda",
})  # fmt: skip
_COLUMN = {"interest": "interest", "fees": "fees", "costs": "fees", "principal": "other"}


@dataclass(frozen=True, slots=True)
class Itemisation:
    then: int
    interest: int
    fees: int
    other: int
    credits: int

    @property
    def now(self) -> int:
        return self.then + self.interest + self.fees + self.other - self.credits


def itemise(rows: Iterable[tuple[date, str, str, int]], on: date) -> Itemisation:
    """From movements of the debt: day, kind, component and amount. No column is negative: what would be is told as
    a credit, and payments taken back beyond new ones as another charge."""
    sums = {"then": 0, "interest": 0, "fees": 0, "other": 0, "credits": 0}
    for day, kind, component, minor in rows:
        if day <= on:
            sums["then"] += minor
        elif kind in CHARGES:
            sums[_COLUMN[component]] += minor
        else:
            sums["credits"] -= minor
    for name in ("interest", "fees", "other"):
        if sums[name] < 0:
            sums["credits"], sums[name] = sums["credits"] - sums[name], 0
    if sums["credits"] < 0:
        sums["other"], sums["credits"] = sums["other"] - sums["credits"], 0
    return Itemisation(**sums)


def needs_notice(account: Account) -> bool:
    """A collector's debt of somebody in the United States. A creditor that collects its own is not asked for one."""
    return account.debtor.country == COUNTRY and account.creditor.role in COLLECTORS


def first_day(account: Account) -> date:
    """The ledger knows the debt from its placement on, so nothing earlier can be itemised."""
    first = _postings(account).aggregate(first=Min("entry__effective_at"))["first"]
    return first.date() if first else today()


def _postings(account: Account) -> QuerySet[Posting]:
    return Posting.objects.filter(account=account, ledger_account__kind=LedgerAccount.Kind.RECEIVABLE)


def ledger_rows(account: Account) -> list[tuple[date, str, str, int]]:
    rows = _postings(account).values_list("entry__effective_at__date", "entry__kind", "component")
    return list(rows.annotate(minor=Sum("amount_minor")).order_by())


def period_end(made_on: date) -> date:
    receipt = add_business_days(made_on, ASSUMED_RECEIPT + OUR_POSTING, name=HOLIDAYS)
    return receipt + timedelta(days=VALIDATION_DAYS)


def language_of(account: Account) -> str:
    tag = account.debtor.language.lower()[:2]
    return tag if tag in LANGUAGES else "en"


@transaction.atomic
def make_notice(
    account: Account, *, basis: str, on: date, language: str, by: User, token: str = ""
) -> ValidationNotice | None:
    """Made from the ledger as it is, and handed to the letters. None when the form came before."""
    if not needs_notice(account):
        raise Conflict(_("This notice is for debts that a collector collects in the United States."))
    if basis not in ValidationNotice.Basis.values or language not in LANGUAGES:
        raise InvalidInput(_("Choose what the date stands for, and a language."), field="basis")
    if not company_address():
        raise Conflict(_("Set the address of the company first: the notice says where a dispute can be mailed."))
    account = lock_account(account.pk)
    if not use_token(caller_of(by), token):
        return None
    day = today()
    if not first_day(account) <= on <= day:
        raise InvalidInput(
            _("Choose a day from %(first)s, when we got the debt, until today.") % {"first": first_day(account)},
            field="on",
        )
    found = itemise(ledger_rows(account), on)
    if account.status != "open" or found.now <= 0:
        raise Conflict(_("Nothing is owed on this account, so there is nothing to notify of."))
    row = ValidationNotice.objects.create(
        account=account, language=language, basis=basis, itemised_on=on, currency=account.currency,
        then_minor=found.then, interest_minor=found.interest, fees_minor=found.fees, other_minor=found.other,
        credits_minor=found.credits, now_minor=found.now, made_on=day, ends_on=period_end(day), made_by=by,
    )  # fmt: skip
    record_event(
        "validation_notice.made", account=account, actor=by, source="staff", notice=row.reference, basis=basis,
        on=on.isoformat(), until=row.ends_on.isoformat(), amount_minor=row.now_minor, currency=row.currency,
    )  # fmt: skip
    validation_notice_made.send(ValidationNotice, notice=row)
    return row


def drawn(notice: ValidationNotice, *, language: str = "", dispute_url: str = "") -> bytes:
    account = notice.account
    sender, address = sender_of(account, dispute_url), postal_address(account)
    return validation_pdf(notice, sender, name=account.debtor.name, address=address, language=language)


def sender_of(account: Account, dispute_url: str = "") -> Sender:
    return Sender(agency_of(account.creditor), company_address(), account.creditor.support_phone, dispute_url)


def postal_address(account: Account) -> list[str]:
    point = account.debtor.contact_points.filter(kind="address").exclude(condition="invalid").order_by("-pk").first()
    return [line.strip() for line in point.value.splitlines() if line.strip()] if point else []


def notices_of(account: Account) -> list[ValidationNotice]:
    return list(ValidationNotice.objects.filter(account=account).select_related("made_by").order_by("-id")[:10])
