"""The remittance on paper and as a table."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from io import StringIO

from babel.dates import format_date
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext as _
from reportlab.platypus import Flowable

from common.company import company_name
from common.export import write_csv
from common.money import Money
from payments.documents.paper import MUTED, facts, gap, heading, load_font, sheet, table, text
from payments.documents.pdf import DATE
from payments.models import Remittance, RemittanceLine
from payments.remittance.access import lines_in
from payments.remittance.words import STATES, notes_of, sums_of

# A statement of more lines is read as a table, not on paper.
LINES_ON_PAPER = 500


def _day(value: date) -> str:
    language = get_language() or "en"
    return format_date(value, DATE[language[:2]], locale=to_locale(language))


def _money(amount: Money) -> str:
    return amount.format(get_language() or "en")


def _what(line: RemittanceLine) -> str:
    words = line.get_kind_display()
    return _("%(what)s (of an earlier period)") % {"what": words} if line.late else words


def remittance_pdf(remittance: Remittance) -> bytes:
    load_font()
    agency = company_name()
    about: list[tuple[object, object]] = [
        (_("Number"), remittance.reference),
        (_("Creditor"), remittance.creditor.name),
        (_("Period"), f"{_day(remittance.first_day)} – {_day(remittance.last_day)}"),
        (_("State"), STATES[remittance.state]),
        (_("Agreed"), remittance.get_way_display()),
        (_("Reference at the bank"), remittance.bank_reference),
    ]
    story: list[Flowable] = [text(agency, 10, color=MUTED), text(_("Remittance"), 20), gap(5)]
    story += [text(_money(remittance.payout), 26), gap(4), facts([pair for pair in about if pair[1]])]
    story += heading(_("How it adds up"))
    story.append(facts([*((row.label, _money(row.amount)) for row in sums_of(remittance)), _payout(remittance)]))
    story += heading(_("Beside it"))
    story.append(facts([(row.label, _money(row.amount)) for row in notes_of(remittance)]))
    story += _lines(remittance)
    return sheet(_("Remittance %(number)s") % {"number": remittance.reference}, agency, story)


def _payout(remittance: Remittance) -> tuple[str, str]:
    return _("Paid out to the creditor"), _money(remittance.payout)


def _lines(remittance: Remittance) -> list[Flowable]:
    rows = list(lines_in(remittance).order_by("effective_at", "pk")[: LINES_ON_PAPER + 1])
    if len(rows) > LINES_ON_PAPER:
        return [gap(5), text(_("The single payments are in the table that goes with this remittance."))]
    header = [_("Date"), _("What happened"), _("Account"), _("Amount"), _("Commission")]
    currency = remittance.currency
    cells = [
        [
            _day(row.effective_at.date()),
            _what(row),
            row.account.reference if row.account else "",
            _money(Money(row.amount_minor, currency)),
            _money(Money(row.commission_minor, currency)),
        ]
        for row in rows
    ]
    return [*heading(_("Payment by payment")), table(header, cells, widths=(0.16, 0.3, 0.18, 0.18, 0.18), money_from=3)]


def remittance_csv(remittance: Remittance) -> bytes:
    out = StringIO(newline="")
    header = [
        _("Date"), _("What happened"), _("Account"), _("Creditor's reference"), _("Amount"), _("Commission"),
        _("Provider fee"), _("Currency"), _("Age at placement, days"),
    ]  # fmt: skip
    write_csv(out, header, _cells(remittance))
    return out.getvalue().encode()


def _cells(remittance: Remittance) -> Iterator[list[object]]:
    currency = remittance.currency
    for row in lines_in(remittance).order_by("effective_at", "pk").iterator(chunk_size=2_000):
        yield [
            row.effective_at.date().isoformat(),
            _what(row),
            row.account.reference if row.account else "",
            row.account.creditor_reference if row.account else "",
            Money(row.amount_minor, currency).to_decimal_string(),
            Money(row.commission_minor, currency).to_decimal_string(),
            Money(row.fee_minor, currency).to_decimal_string(),
            currency,
            row.age_days if row.age_days is not None else "",
        ]
