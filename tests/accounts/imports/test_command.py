from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts.models import Account, Creditor
from tests.accounts.imports.conftest import row, table

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(tmp_path):
    path = tmp_path / "placement.csv"

    def command(content: bytes, *arguments: str) -> str:
        path.write_bytes(content)
        out = StringIO()
        call_command("import_accounts", str(path), "--creditor", "harbour", *arguments, stdout=out)
        return out.getvalue()

    return command


def test_the_command_creates_the_creditor_when_told_and_imports(run):
    assert "2 were created" in run(table(row(1), row(2)), "--create-creditor", "Harbour", "--country", "tw")
    assert Creditor.objects.get().country == "TW" and Account.objects.count() == 2
    assert "2 unchanged" in run(table(row(1), row(2)))


def test_an_unknown_creditor_is_refused_with_what_to_do(run):
    with pytest.raises(CommandError, match="--create-creditor"):
        run(table(row(1)))


def test_a_dry_run_shows_the_rows_and_writes_nothing(run, bank):
    assert "1 would be created" in run(table(row(1)), "--dry-run")
    assert not Account.objects.exists()


def test_a_column_can_be_named_by_hand_and_the_bad_rows_are_written_out(run, bank, tmp_path):
    content = table(row(1), row(2, balance="x")).replace(b"Balance", b"Sum X")
    with pytest.raises(CommandError, match="Balance"):
        run(content)
    errors = tmp_path / "errors.csv"
    assert "1 left out" in run(content, "--map", "balance=Sum X", "--errors", str(errors))
    assert "A-2" in errors.read_text(encoding="utf-8-sig")


def test_a_dry_run_for_a_new_creditor_leaves_no_creditor_and_no_file(run, stored):
    before = set(stored.glob("*"))
    assert "1 would be created" in run(table(row(1)), "--dry-run", "--create-creditor", "Harbour", "--country", "TW")
    assert not Creditor.objects.exists() and set(stored.glob("*")) == before


def test_a_dry_run_shows_each_row_in_words(run, bank):
    shown = run(table(row(1), row(2, balance="x")), "--dry-run")
    assert "A-1: " in shown and "due 2026-07-28, C-1 Wang Fang, 1 contact points" in shown
    assert "line 3: left out: Balance: this is not an amount" in shown
