"""Which column is which field: remembered from this creditor, guessed from the headers, or corrected by a person."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from accounts.imports.fields import BILLED, BY_NAME, NEEDED, PAID, is_field, label_of
from accounts.imports.synonyms import FIELD_OF, header_key
from accounts.models import Creditor, ImportMapping
from common.clock import now

Columns = dict[str, str]
# The reason column of our own error files: it comes back when the file is fixed.
REASON_HEADER = "Why this row was left out"
LINE_HEADER = "Line in the file"
OURS = frozenset((header_key(REASON_HEADER), header_key(LINE_HEADER)))

_MONTH = re.compile(r"(?P<word>.*?)[\s_\-:(（]*(?P<year>\d{4})\s*[-/._年]?\s*(?P<month>\d{1,2})\s*[月)）]?", re.DOTALL)
_HISTORY_WORDS = {
    BILLED: "billed|billing|bill|bill amount|bill amt|billed amount|statement|statement amount|invoiced|账单|账单金额|"
    "帳單|帳單金額|应还|應繳",
    PAID: "paid|payment|pay amt|paid amount|payment amount|repaid|还款|还款金额|已还|還款|還款金額|繳款|已繳|实还",
}
_HISTORY_OF = {header_key(word): kind for kind, words in _HISTORY_WORDS.items() for word in words.split("|")}


@dataclass(frozen=True)
class ColumnProblem:
    """Something wrong with a whole column, or with a column that should be there."""

    reason: str
    column: str = ""

    def as_json(self) -> dict[str, Any]:
        return {"line": None, "column": self.column, "reason": self.reason}


@dataclass
class Proposal:
    headers: list[str]
    columns: Columns
    remembered: bool = False
    samples: dict[str, list[str]] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)


def header_digest(headers: Sequence[str]) -> str:
    return hashlib.sha256("\x1f".join(header_key(header) for header in own_headers(headers)).encode()).hexdigest()


def own_headers(headers: Sequence[str]) -> list[str]:
    """The creditor's headers, without the columns our error file added."""
    return [header for header in headers if header and header_key(header) not in OURS]


def history_field(header: str) -> str:
    """`Billed 2005-09` -> `billed:2005-09`; empty when the header is no month of history."""
    found = _MONTH.fullmatch(unicodedata.normalize("NFKC", header).strip())
    if not found:
        return ""
    kind, month = _HISTORY_OF.get(header_key(found["word"])), int(found["month"])
    return f"{kind}:{found['year']}-{month:02d}" if kind and 1 <= month <= 12 else ""


def guess_columns(headers: Sequence[str]) -> Columns:
    """Field -> header. The first column that fits a field gets it."""
    columns: Columns = {}
    for header in own_headers(headers):
        name = FIELD_OF.get(header_key(header)) or history_field(header)
        if name:
            columns.setdefault(name, header)
    return columns


def remembered_mapping(creditor: Creditor, headers: Sequence[str]) -> ImportMapping | None:
    return ImportMapping.objects.filter(creditor=creditor, header_digest=header_digest(headers)).first()


def remember_mapping(creditor: Creditor, *, headers: Sequence[str], columns: Columns, options: dict[str, Any]) -> None:
    ImportMapping.objects.update_or_create(
        creditor=creditor,
        header_digest=header_digest(headers),
        defaults={"columns": columns, "options": options, "updated_at": now()},
    )


def mapping_problems(headers: Sequence[str], columns: Mapping[str, str]) -> list[ColumnProblem]:
    """What keeps this mapping from being used, each with what was found and what to do."""
    return [
        *_unknown(headers, columns),
        *_twice(headers, columns),
        *_missing(headers, columns),
    ]


def _unknown(headers: Sequence[str], columns: Mapping[str, str]) -> list[ColumnProblem]:
    problems = [ColumnProblem(_("There is no field called “%s”.") % name) for name in columns if not is_field(name)]
    gone = {header: name for name, header in columns.items() if header not in headers}
    text = _("The file has no column “%(header)s”. Its columns are: %(found)s.")
    return problems + [
        ColumnProblem(text % {"header": header, "found": ", ".join(own_headers(headers))}, header) for header in gone
    ]


def _twice(headers: Sequence[str], columns: Mapping[str, str]) -> list[ColumnProblem]:
    in_file, mapped = Counter(headers), Counter(columns.values())
    problems = [
        ColumnProblem(_("The file has more than one column “%s”. Give each its own name.") % header, header)
        for header in mapped
        if in_file[header] > 1
    ]
    text = _("The column “%s” is used for more than one field. Keep one of them.")
    return problems + [ColumnProblem(text % header, header) for header, count in mapped.items() if count > 1]


def _missing(headers: Sequence[str], columns: Mapping[str, str]) -> list[ColumnProblem]:
    required = [(field.name,) for field in BY_NAME.values() if field.required]
    found = ", ".join(own_headers(headers)) or _("none")
    text = _("No column gives the %(field)s. The file has: %(found)s. Say which column it is.")
    return [
        ColumnProblem(text % {"field": _(" or ").join(label_of(name) for name in names[:2]), "found": found})
        for names in (*required, *NEEDED)
        if not any(name in columns for name in names)
    ]
