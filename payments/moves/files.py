"""A creditor's file of recalls: each row is done or refused with its reason, however often the file comes."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from accounts.models import Account, Creditor, User
from accounts.words import status_words
from common.errors import InvalidInput, PlatformError
from common.export import plain_cell
from payments.moves.asking import ask_move
from payments.moves.table import sources_of

LARGEST = 2_000_000
MOST_ROWS = 20_000
REFERENCES = ("account_reference", "creditor_reference", "reference")


@dataclass
class Report:
    """`refused`: line, reference and why. `waiting`: asked of a second person. `dry`: nothing was done yet."""

    dry: bool
    done: int = 0
    waiting: int = 0
    already: int = 0
    refused: list[tuple[int, str, str]] = field(default_factory=list)


def recall_by_file(creditor: Creditor, file: UploadedFile, *, by: User, dry: bool) -> Report:
    """Rows with an error leave the others alone. Raises `InvalidInput` for a file that cannot be read at all."""
    report = Report(dry)
    rows = list(_rows(file))
    known = {
        row.creditor_reference: row
        for row in Account.objects.filter(creditor=creditor, creditor_reference__in=[ref for _n, ref, _r in rows])
    }
    for number, reference, reason in rows:
        account = known.get(reference)
        if account is None:
            report.refused.append((number, reference, _("No account of this creditor has this reference.")))
        elif account.status == "recalled":
            report.already += 1
        elif account.status not in sources_of("recall", ""):
            words = _("This cannot be done with an account in the state “%(state)s”.")
            report.refused.append((number, reference, words % {"state": status_words(account.status)}))
        elif dry:
            report.done += 1
        else:
            _recall(account, reason or _("Recalled by file."), by=by, number=number, report=report)
    return report


def _recall(account: Account, reason: str, *, by: User, number: int, report: Report) -> None:
    try:
        move = ask_move(account, "recall", reason=reason, by=by, source="file")
    except PlatformError as error:
        report.refused.append((number, account.creditor_reference, error.message))
        return
    if move.state == "asked":
        report.waiting += 1
    else:
        report.done += 1


def _rows(file: UploadedFile) -> Iterator[tuple[int, str, str]]:
    if (file.size or 0) > LARGEST:
        raise InvalidInput(_("The file is larger than 2 MB. Split it."), field="file")
    try:
        text = file.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(_("The file is not UTF-8 text. Save it as CSV UTF-8."), field="file") from error
    reader = csv.DictReader(io.StringIO(text))
    names = {(name or "").strip().lower(): name for name in reader.fieldnames or ()}
    column = next((names[name] for name in REFERENCES if name in names), None)
    if column is None:
        raise InvalidInput(_("The file has no column account_reference."), field="file")
    seen: set[str] = set()
    for number, row in enumerate(reader, start=2):
        if number > MOST_ROWS + 1:
            raise InvalidInput(_("The file has more than 20,000 rows. Split it."), field="file")
        reference = plain_cell((row[column] or "").strip())
        if reference and reference not in seen:
            seen.add(reference)
            yield number, reference, plain_cell((row.get(names.get("reason", ""), "") or "").strip())[:200]
