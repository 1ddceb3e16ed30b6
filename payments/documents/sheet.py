"""The statement for a spreadsheet."""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO

from django.utils.translation import gettext as _

from common.export import write_csv
from payments.documents.lines import Line


def statement_csv(lines: Sequence[Line]) -> bytes:
    out = StringIO(newline="")
    header = [_("Date"), _("What happened"), _("Reference"), _("Amount"), _("Owed after it"), _("Currency")]
    rows = [
        [
            line.at.date().isoformat(),
            line.label,
            line.reference,
            line.amount.to_decimal_string(),
            line.balance.to_decimal_string(),
            line.amount.currency,
        ]
        for line in lines
    ]
    write_csv(out, header, rows)
    return out.getvalue().encode()
