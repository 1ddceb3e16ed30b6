"""Whatever moved a debt, its statement adds up to the ledger: on the page, on paper and in the spreadsheet."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.urls import reverse
from django.utils.html import escape
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.clock import now
from common.errors import InvalidInput
from common.money import Money
from payments.documents.lines import KINDS, statement_lines
from payments.documents.pdf import statement_pdf
from payments.documents.sheet import statement_csv
from payments.ledger import Line, post_entry, post_settlement_discount, post_write_off, reverse_entry
from payments.ledger.checks import drifted_accounts, unbalanced_entries
from payments.models import LedgerAccount
from payments.services.shares import surplus_of
from tests.pages.conftest import signed_in
from tests.payments.helpers import balance


def post(account, kind, minor, key, *, component="principal", days_ago=0):
    """The debt moves by `minor`; `placed` carries the other side, as with a fee or money paid to the creditor."""
    lines = [Line("receivable", minor, account=account, component=component), Line("placed", -minor)]
    entry, _is_new = post_entry(
        kind,
        idempotency_key=f"{account.pk}:{key}",
        creditor_id=account.creditor_id,
        currency=account.currency,
        effective_at=now() - timedelta(days=days_ago),
        lines=lines,
    )
    return entry


def a_life(account) -> None:
    """Payment, fee, refund, a payment taken back, a waiver, a discount, a write-off that was a mistake."""
    post(account, "payment", -30_000, "p1")
    post(account, "fee", 1_500, "f1", component="fees")
    post(account, "refund", 2_000, "r1")
    reverse_entry(post(account, "payment", -10_000, "p2", days_ago=3), effective_at=now())
    post(account, "waiver", -500, "w1", component="fees")
    post_settlement_discount(account, {"principal": 7_000, "fees": 1_000}, key="s1", effective_at=now())
    written_off, _is_new = post_write_off(account, {"principal": 4_000}, key="o1", effective_at=now())
    reverse_entry(written_off, effective_at=now())


def owed_in_the_ledger(account) -> int:
    """Asked of the tables alone."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(p.amount_minor) FROM payments_posting p JOIN payments_ledgeraccount l"
            " ON l.id = p.ledger_account_id WHERE l.kind = 'receivable' AND p.account_id = %s",
            [account.pk],
        )
        return int(cursor.fetchone()[0])


def cells(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))[1:]


def minor_of(text: str, currency: str) -> int:
    return Money.parse(text, currency).minor


def test_a_statement_adds_up_to_the_ledger_after_everything_that_can_happen(account):
    a_life(account)
    lines = statement_lines(account)
    assert sum(line.amount.minor for line in lines) == owed_in_the_ledger(account) == balance(account)
    assert lines[-1].balance == account.balance and len(lines) == 10
    assert unbalanced_entries() == [] and drifted_accounts() == []


def test_every_line_of_a_statement_has_words_of_its_own(account):
    a_life(account)
    assert {line.kind for line in statement_lines(account)} <= set(KINDS)


def test_the_spreadsheet_adds_up_to_the_ledger(account):
    a_life(account)
    rows = cells(statement_csv(statement_lines(account)))
    assert sum(minor_of(row[3], "CNY") for row in rows) == owed_in_the_ledger(account)
    assert minor_of(rows[-1][4], "CNY") == owed_in_the_ledger(account)


def test_the_paper_says_the_balance_of_the_ledger(account):
    if shutil.which("pdftotext") is None:
        pytest.skip("no pdftotext on this machine")
    a_life(account)
    account.refresh_from_db()
    content = statement_pdf(account, statement_lines(account), agency="A", name="B", surplus=surplus_of(account))
    text = subprocess.run(["pdftotext", "-layout", "-", "-"], input=content, capture_output=True, check=True).stdout
    said = f"{owed_in_the_ledger(account) / 100:,.2f}"
    assert text.decode().count(said) >= 2, "what is owed now, and after the last line"


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.integers(-5_000, 5_000).filter(bool), st.integers(0, 9), st.booleans()), max_size=8))
def test_any_run_of_entries_and_reversals_adds_up(account, moves):
    with transaction.atomic():
        for number, (minor, days_ago, undone) in enumerate(moves):
            entry = post(account, "payment" if minor < 0 else "fee", minor, str(number), days_ago=days_ago)
            if undone:
                reverse_entry(entry, effective_at=now())
        lines = statement_lines(account)
        running = [sum(line.amount.minor for line in lines[: n + 1]) for n in range(len(lines))]
        assert [line.balance.minor for line in lines] == running
        assert running[-1] == owed_in_the_ledger(account) == balance(account)
        transaction.set_rollback(True)


def test_staff_get_the_same_statement_as_page_pdf_and_spreadsheet(account, agent):
    a_life(account)
    client, place = signed_in(agent), [account.reference]
    page = client.get(reverse("account_statement", args=place)).content.decode()
    assert all(str(escape(line.label)) in page for line in statement_lines(account))
    rows = cells(client.get(reverse("account_statement_file", args=[*place, "csv"])).content)
    assert sum(minor_of(row[3], "CNY") for row in rows) == owed_in_the_ledger(account)
    assert client.get(reverse("account_statement_file", args=[*place, "pdf"])).content.startswith(b"%PDF")
    assert client.get(reverse("account_statement_file", args=[*place, "doc"])).status_code == 404
    assert client.get(reverse("account_receipt", args=[*place, "PAY-23456789"])).status_code == 404


@pytest.mark.parametrize(
    ("forgive", "kind"), [(post_write_off, "write_off"), (post_settlement_discount, "settlement_discount")]
)
def test_what_is_given_up_lowers_the_debt_stands_in_its_own_line_and_can_be_taken_back(account, forgive, kind):
    entry, is_new = forgive(account, {"principal": 25_000}, key="1", effective_at=now())
    again, is_new_again = forgive(account, {"principal": 25_000}, key="1", effective_at=now())
    assert (is_new, is_new_again, again) == (True, False, entry) and balance(account) == 100_000
    assert given_up(account, kind) == 25_000
    reverse_entry(entry, effective_at=now())
    assert balance(account) == 125_000 and given_up(account, kind) == 0 and drifted_accounts() == []


def given_up(account, kind) -> int:
    place = LedgerAccount.objects.get(creditor=account.creditor, currency=account.currency, kind=kind)
    return sum(place.postings.values_list("amount_minor", flat=True))


@pytest.mark.parametrize("shares", [{}, {"principal": 0}, {"principal": -5}, {"late": 5}])
def test_giving_up_nothing_or_something_unknown_is_refused(account, shares):
    with pytest.raises(InvalidInput):
        post_write_off(account, shares, key="1", effective_at=now())
