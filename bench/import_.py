"""A placement of a million accounts, personal fields sealed, history and postings included.

The limit is COPY of the same file into one typed, logged table without an index, measured before and after the import
so that a busy moment of the machine touches both. COPY of the rows as they end up (sealed, indexed blindly, history as
arrays) is reported beside it. The peer is django-import-export in bulk mode: the same kind of file into the same
tables, without checks and without the ledger.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.db import connection

from accounts.imports.services import check_import, open_import, run_import, start_import
from accounts.models import Account, Creditor
from bench.import_peer import peer_rate
from bench.memory import Peak
from bench.placements import HEADERS, write_file
from bench.result import Result
from payments.ledger.checks import drifted_accounts

FULL, PEER_ROWS = 1_000_000, 10_000


def run(scale: float) -> Result:
    folder = Path(settings.DATA_DIR)
    count = max(1_000, int(FULL * scale))
    file = write_file(folder / "placement.csv", count)
    owner = Creditor.objects.create(name="Bench", code="bench", country="TW")
    copied = _copy_plain(file)
    with Peak() as memory:
        seconds = _timed(lambda: _import(owner, file))
    assert Account.objects.count() == count
    assert not drifted_accounts()
    copied += _copy_plain(file)
    sealed_rate = count / _copy_sealed(folder)
    peer = peer_rate(folder, min(PEER_ROWS, count))
    rate = count / seconds
    notes = {
        "copy_of_sealed_rows_rate": round(sealed_rate),
        "ratio_to_sealed_rows": round(rate / sealed_rate, 4),
        "import_export_rate": round(peer),
        "times_import_export": round(rate / peer, 1),
    }
    return Result(
        "import", count, seconds, "bare COPY of the same file's rows", 2 * count / copied, notes, memory.notes
    )


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


_SEALED_ROWS = """
    SELECT a.*, d.*, h.newest_month, h.billed_minor, h.paid_minor, e.value, e.value_index, p.value, p.value_index
    FROM accounts_account a JOIN accounts_debtor d ON d.id = a.debtor_id
    JOIN accounts_accounthistory h ON h.account_id = a.id
    JOIN accounts_contactpoint e ON e.debtor_id = d.id AND e.kind = 'email'
    JOIN accounts_contactpoint p ON p.debtor_id = d.id AND p.kind = 'phone'
"""


def _copy_sealed(folder: Path) -> float:
    path = folder / "sealed.copy"
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE accounts_account, accounts_debtor, accounts_accounthistory, accounts_contactpoint")
        with path.open("w") as file:
            cursor.copy_expert(f"COPY ({_SEALED_ROWS}) TO STDOUT", file)
    with path.open() as file:
        width = file.readline().count("\t") + 1
    columns = ", ".join(f"c{number} text" for number in range(width))
    return _bare_copy(path, columns, "COPY bench_bare FROM STDIN")


_TYPES = {"Balance": "numeric(14, 2)", "Due Date": "date", "Credit Limit": "numeric(14, 2)", "Birth Year": "smallint"}


def _copy_plain(path: Path) -> float:
    history = dict.fromkeys((name for name in HEADERS if name.startswith(("Billed", "Paid"))), "numeric(14, 2)")
    types = _TYPES | history
    columns = ", ".join(f'"{name}" {types.get(name, "text")}' for name in HEADERS)
    return _bare_copy(path, columns, "COPY bench_bare FROM STDIN CSV HEADER")


def _bare_copy(path: Path, columns: str, statement: str) -> float:
    with connection.cursor() as cursor, path.open() as source:
        cursor.execute(f"CREATE TABLE bench_bare ({columns})")
        seconds = _timed(lambda: cursor.copy_expert(statement, source))
        cursor.execute("DROP TABLE bench_bare")
    return seconds


def _import(owner: Creditor, path: Path) -> None:
    with path.open("rb") as file:
        job = open_import(creditor=owner, file=file, file_name=path.name)
    check_import(job, dry_run=False)
    start_import(job, enqueue=False)
    job = run_import(job.pk)
    assert job.state == "finished" and not job.rows_bad, (job.failure, job.problems[:3])
