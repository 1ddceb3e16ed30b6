"""Small placement files and the shortest way through the import's doors."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from accounts.imports import services
from accounts.models import ImportJob
from tests import factories

HEADER = "Account No,Customer No,Name,Email,Phone,Country,Currency,Balance,Due Date,Billed 2026-09,Paid 2026-09"
ROW = "A-1,C-1,Wang Fang,fang@example.com,+886912345678,TW,TWD,1250.00,2026-07-28,1250.00,0.00"


def table(*rows: str, header: str = HEADER) -> bytes:
    return "\r\n".join([header, *rows, ""]).encode()


def row(number: int, **cells: str) -> str:
    """A good row of HEADER; name the cells that differ."""
    values = {
        "ref": f"A-{number}", "customer": f"C-{number}", "name": "Wang Fang", "email": f"p{number}@example.com",
        "phone": "", "country": "TW", "currency": "TWD", "balance": "1250.00", "due": "2026-07-28",
        "billed": "1250.00", "paid": "0.00",
    }  # fmt: skip
    return ",".join((values | cells).values())


@pytest.fixture
def bank(db):
    return factories.creditor(name="Harbour Bank", code="harbour", country="TW")


@pytest.fixture
def opened(bank):
    def open_file(content: bytes, *, name: str = "placement.csv", columns=None, **options) -> ImportJob:
        job = services.open_import(creditor=bank, file=io.BytesIO(content), file_name=name, options=options)
        return services.set_mapping(job, columns=job.columns | columns) if columns else job

    return open_file


@pytest.fixture
def imported(opened):
    def bring_in(content: bytes, **choices) -> ImportJob:
        job = services.check_import(opened(content, **choices), dry_run=False)
        if job.state == "failed":
            return job
        services.start_import(job, enqueue=False)
        return services.run_import(job.pk, workers=0)

    return bring_in


@pytest.fixture
def stored(secrets_folder) -> Path:
    return secrets_folder / "imports"


def counts(job: ImportJob) -> tuple[int, int, int, int]:
    return job.rows_created, job.rows_updated, job.rows_unchanged, job.rows_bad


def reasons(job: ImportJob) -> str:
    return "\n".join(f"{problem['line']}: {problem['reason']}" for problem in job.problems)
