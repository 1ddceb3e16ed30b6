"""A placement of a million accounts, personal fields sealed, history and postings included.

The limit is COPY of the same rows (as they end up: sealed, indexed blindly, history as arrays) into one plain table
without an index. COPY of the unsealed file's text is reported beside it. The peer is django-import-export in bulk mode
bringing the same rows into the same tables, without ledger, events or checks.
"""

from __future__ import annotations

import time
from pathlib import Path

from django.conf import settings
from django.db import connection

from accounts.imports.services import check_import, open_import, run_import, start_import
from accounts.models import Account, Creditor
from bench.import_peer import peer_rate
from bench.placements import HEADERS, write_file
from bench.result import Result, peak_memory_mb
from payments.ledger.checks import drifted_accounts

FULL, PEER_ROWS = 1_000_000, 5_000


def run(scale: float) -> Result:
    folder = Path(settings.DATA_DIR)
    count = max(1_000, int(FULL * scale))
    file = write_file(folder / "placement.csv", count)
    owner = Creditor.objects.create(name="Bench", code="bench", country="TW")
    started = time.perf_counter()
    _import(owner, file)
    seconds = time.perf_counter() - started
    memory = peak_memory_mb()
    assert Account.objects.count() == count
    assert not drifted_accounts()
    limit_rate = count / _copy_sealed(folder)
    peer = peer_rate(min(PEER_ROWS, count))
    peers = {
        "import_export_rate": round(peer),
        "times_import_export": round(count / seconds / peer, 1),
        "copy_of_plain_text_rate": round(count / _copy_plain(file)),
    }
    return Result("import", count, seconds, "bare COPY of the same sealed rows", limit_rate, peers, memory)


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
    return _bare_copy(path, width, "COPY bench_bare FROM STDIN")


def _copy_plain(path: Path) -> float:
    return _bare_copy(path, len(HEADERS), "COPY bench_bare FROM STDIN CSV HEADER")


def _bare_copy(path: Path, width: int, statement: str) -> float:
    columns = ", ".join(f"c{number} text" for number in range(width))
    with connection.cursor() as cursor, path.open() as source:
        cursor.execute(f"CREATE TABLE bench_bare ({columns})")
        started = time.perf_counter()
        cursor.copy_expert(statement, source)
        seconds = time.perf_counter() - started
        cursor.execute("DROP TABLE bench_bare")
    return seconds


def _import(owner: Creditor, path: Path) -> None:
    with path.open("rb") as file:
        job = open_import(creditor=owner, file=file, file_name=path.name)
    check_import(job, dry_run=False)
    start_import(job, enqueue=False)
    job = run_import(job.pk)
    assert job.state == "finished" and not job.rows_bad, (job.failure, job.problems[:3])
