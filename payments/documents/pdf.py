"""The receipt and the statement as PDF, in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from django.utils.translation import get_language, pgettext, to_locale
from django.utils.translation import gettext as _
from reportlab.platypus import Flowable

from accounts.models import Account
from common.clock import now
from common.money import Money
from payments.documents.lines import Line, Receipt
from payments.documents.paper import MUTED, facts, gap, heading, load_font, sheet, table, text
from payments.models import DebtDispute

DATE = {"en": "d MMM y", "zh": "y年M月d日"}
MOMENT = {"en": "d MMM y, HH:mm 'UTC'", "zh": "y年M月d日 HH:mm 'UTC'"}


def _language() -> str:
    return get_language() or "en"


def _money(amount: Money) -> str:
    return amount.format(_language())


def _moment(value: datetime) -> str:
    return format_datetime(value, MOMENT[_language()[:2]], locale=to_locale(_language()))


def _day(value: datetime) -> str:
    return format_date(value, DATE[_language()[:2]], locale=to_locale(_language()))


def receipt_pdf(receipt: Receipt, *, agency: str, name: str = "") -> bytes:
    """`name` is printed only for someone who has shown who they are."""
    load_font()
    account = receipt.payment.account
    title = _("Receipt %(number)s") % {"number": receipt.number}
    about: list[tuple[object, object]] = [
        (_("Receipt number"), receipt.number),
        (_("Paid on"), _moment(receipt.paid_at)),
        (_("Paid with"), receipt.wallet),
        (_("The wallet's own number"), receipt.wallet_reference),
        (_("Paid to"), account.creditor.name),
        (_("Your reference"), account.reference),
        (_("Reference of %(creditor)s") % {"creditor": account.creditor.name}, account.creditor_reference),
    ]
    if name:
        about.insert(0, (_("Paid by"), name))
    story: list[Flowable] = [
        *_head(agency, _("Receipt")),
        text(_money(receipt.payment.amount), 26),
        gap(4),
        facts(about),
    ]
    story += heading(_("What it was used for"))
    story.append(facts([(label, _money(amount)) for label, amount in receipt.parts]))
    story += heading(_("What is left"))
    story.append(facts([(_("Owed after this payment"), _money(receipt.balance_after))]))
    if receipt.payment.state == "reversed":
        story += [gap(5), text(_("This payment was taken back later. See your statement."))]
    story += [gap(8), text(_("Keep this receipt. It shows that this payment has arrived."), 9, color=MUTED)]
    return sheet(title, agency, story)


def statement_pdf(account: Account, lines: Sequence[Line], *, agency: str, name: str, surplus: Money) -> bytes:
    load_font()
    about: list[tuple[object, object]] = [
        (pgettext("of a person", "Name"), name),
        (_("Owed to"), account.creditor.name),
        (_("Your reference"), account.reference),
        (_("Reference of %(creditor)s") % {"creditor": account.creditor.name}, account.creditor_reference),
        (_("Date of this statement"), _moment(now())),
        (_("Owed now"), _money(account.balance)),
    ]
    rows = [[_day(line.at), _words(line), _money(line.amount), _money(line.balance)] for line in lines]
    header = [_("Date"), _("What happened"), _("Amount"), _("Owed after it")]
    story: list[Flowable] = [*_head(agency, _("Statement")), facts([pair for pair in about if pair[1]])]
    story += heading(_("Everything that has happened"))
    story.append(table(header, rows, widths=(0.17, 0.43, 0.2, 0.2), money_from=2))
    if surplus:
        words = _("You have paid %(amount)s more than was owed. It is yours: we are sorting out how to return it.")
        story += [gap(5), text(words % {"amount": _money(surplus)})]
    return sheet(_("Statement %(reference)s") % {"reference": account.reference}, agency, story)


def decision_pdf(dispute: DebtDispute, lines: Sequence[Line], *, agency: str, name: str) -> bytes:
    """Our answer to a dispute, with what the debt is made of below it: something to keep."""
    load_font()
    account, zone = dispute.account, dispute.account.debtor.time_zone or "UTC"
    about: list[tuple[object, object]] = [
        (_("Number"), dispute.number),
        (pgettext("of a person", "Name"), name),
        (_("About"), dispute.get_reason_display()),
        (_("You told us on"), _day(dispute.opened_at.astimezone(ZoneInfo(zone)))),
        (_("Owed to"), account.creditor.name),
        (_("Your reference"), account.reference),
    ]
    if dispute.decided_at:
        about.append((_("Decided on"), _day(dispute.decided_at.astimezone(ZoneInfo(zone)))))
    about.append((_("Our decision"), dispute.get_outcome_display()))
    if dispute.correction is not None and dispute.correction.state == "done":
        about.append((_("Taken off"), _money(dispute.correction.amount)))
    story: list[Flowable] = [*_head(agency, _("Our answer to your dispute")), facts([one for one in about if one[1]])]
    story.append(gap(4))
    for paragraph in dispute.answer.splitlines():
        story += [text(paragraph, 10), gap(1.5)]
    if dispute.outcome != "upheld":
        words = _("If you see it differently, tell us: somebody else looks at it then. You keep every right you have.")
        story += [gap(2), text(words, 9, color=MUTED)]
    story += heading(_("What the debt is made of"))
    rows = [[_day(line.at), _words(line), _money(line.amount), _money(line.balance)] for line in lines]
    header = [_("Date"), _("What happened"), _("Amount"), _("Owed after it")]
    story.append(table(header, rows, widths=(0.17, 0.43, 0.2, 0.2), money_from=2))
    return sheet(_("Dispute %(number)s") % {"number": dispute.number}, agency, story)


def _words(line: Line) -> str:
    return f"{line.label} ({line.reference})" if line.reference else line.label


def _head(agency: str, title: str) -> list[Flowable]:
    return [text(agency, 10, color=MUTED), text(title, 20), gap(5)]
