"""After a payment and a refund of a part of it the documents say what the ledger says, whoever opens them."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess

import pytest
from django.db import connection
from django.urls import reverse

from common.money import Money
from payments.models import Payment, Refund
from payments.refunds import approve_refund, request_refund, send_due_refunds
from tests import factories
from tests.pages.conftest import signed_in
from tests.pages_debtor.helpers import pay_in_wallet
from tests.payments.helpers import books_are_right

pytestmark = pytest.mark.django_db(transaction=True)
MOVES = [125_000, -25_000, 10_000]


class Staff:
    """Somebody signed in: the names of the pages, and how they are opened."""

    def __init__(self, account, user):
        self.account, self.client = account, signed_in(user)

    def open(self, name: str, *args: str):
        return self.client.get(reverse(f"account_{name}", args=[self.account.reference, *args]))

    def receipt(self, reference: str):
        return self.open("receipt", reference)


class Person:
    """The debtor on the page of a link, after showing who they are."""

    def __init__(self, debtor):
        self.debtor = debtor
        debtor.identify()

    def open(self, name: str, *args: str):
        return self.debtor.open(f"debtor_{name}", *args)

    def receipt(self, reference: str):
        return self.open("receipt_pdf", reference)


@pytest.fixture
def refunded(wallet, debtor):
    """250.00 of 1,250.00 were paid, and 100.00 of them have gone back: by two people, through the wallet."""
    key = debtor.form_key()
    pay_in_wallet(wallet, debtor.press_pay(key=key, choice="other", other="250")["Location"])
    debtor.open("pay_return", key)
    payment = Payment.objects.get()
    asked = request_refund(
        payment,
        amount=Money(10_000, payment.currency),
        purpose=Refund.Purpose.OWED_AGAIN,
        way=Refund.Way.WALLET,
        reason="paid by mistake",
        by=factories.user(),
    )
    approve_refund(asked, by=factories.user(role="lead"))
    assert send_due_refunds() == 1
    return payment


@pytest.fixture(params=["debtor", "staff", "creditor"])
def door(request, refunded, debtor):
    if request.param == "debtor":
        return Person(debtor)
    account = debtor.account
    bank = {"role": "creditor", "creditor": account.creditor}
    return Staff(account, factories.user(**(bank if request.param == "creditor" else {"role": "agent"})))


def moves_in_the_ledger(account) -> list[int]:
    """Asked of the tables alone."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(p.amount_minor)::bigint FROM payments_posting p JOIN payments_ledgeraccount l"
            " ON l.id = p.ledger_account_id WHERE l.kind = 'receivable' AND p.account_id = %s"
            " GROUP BY p.entry_id ORDER BY p.entry_id",
            [account.pk],
        )
        return [row[0] for row in cursor.fetchall()]


def words_of(pdf: bytes) -> str:
    if shutil.which("pdftotext") is None:
        pytest.skip("no pdftotext on this machine")
    command = ["pdftotext", "-layout", "-", "-"]
    return subprocess.run(command, input=pdf, capture_output=True, check=True).stdout.decode()


def test_the_spreadsheet_adds_up_to_the_ledger(door, debtor):
    content = door.open("statement_file", "csv").content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(content)))[1:]
    assert [Money.parse(row[3], "CNY").minor for row in rows] == moves_in_the_ledger(debtor.account) == MOVES
    assert Money.parse(rows[-1][4], "CNY").minor == sum(MOVES)
    assert books_are_right()


def test_the_page_and_the_paper_say_every_move_and_what_is_owed(door):
    page = door.open("statement").content.decode()
    paper = words_of(door.open("statement_file", "pdf").content)
    for said in ("1,250.00", "250.00", "100.00", "1,000.00", "1,100.00"):
        assert said in page and said in paper, said


def test_the_receipt_says_what_was_paid_and_what_was_owed_then(door, refunded):
    paper = words_of(door.receipt(refunded.reference).content)
    assert refunded.reference in paper and "250.00" in paper and "1,000.00" in paper
