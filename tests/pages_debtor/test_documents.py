"""Receipts and statements: the ledger's numbers, on the page, on paper and in a spreadsheet."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess

import pytest
from django.utils import translation

from payments.documents.lines import receipt_of, statement_lines
from payments.documents.pdf import receipt_pdf, statement_pdf
from payments.models import Payment
from payments.services.shares import surplus_of
from tests.pages_debtor.helpers import pay_in_wallet

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def paid(wallet, debtor):
    """250.00 of 1,250.00 are paid."""
    key = debtor.form_key()
    pay_in_wallet(wallet, debtor.press_pay(key=key, choice="other", other="250")["Location"])
    debtor.open("pay_return", key)
    debtor.account.refresh_from_db()
    return debtor


def words_of(pdf: bytes) -> str:
    if shutil.which("pdftotext") is None:
        pytest.skip("no pdftotext on this machine")
    return subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True
    ).stdout.decode()


def test_the_statement_ends_with_what_is_owed(paid):
    lines = statement_lines(paid.account)
    assert [line.amount.minor for line in lines] == [125_000, -25_000]
    assert lines[-1].balance == paid.account.balance
    assert not surplus_of(paid.account)


def test_the_receipt_says_what_was_paid_and_what_is_left(paid):
    receipt = receipt_of(Payment.objects.get())
    assert sum(amount.minor for _label, amount in receipt.parts) == 25_000
    assert receipt.balance_after.minor == 100_000
    page = paid.read("debtor_receipt", receipt.number)
    assert receipt.number in page and "Wang Fang" not in page


def test_the_receipt_of_another_account_is_not_found(paid):
    assert paid.open("debtor_receipt", "PAY-23456789").status_code == 404


def test_an_unfinished_payment_has_no_receipt(wallet, debtor):
    debtor.press_pay()
    assert debtor.open("debtor_receipt", Payment.objects.get().reference).status_code == 404


def test_the_pdf_receipt_can_be_read_and_names_the_payer_only_after_the_question(paid):
    reference = Payment.objects.get().reference
    first = paid.open("debtor_receipt_pdf", reference)
    assert first["Content-Type"] == "application/pdf" and first.content.startswith(b"%PDF")
    text = words_of(first.content)
    assert reference in text and "250.00" in text and "Wang Fang" not in text
    paid.identify()
    assert "Wang Fang" in words_of(paid.open("debtor_receipt_pdf", reference).content)


def test_chinese_words_are_in_the_pdf_with_their_font(paid):
    paid.account.creditor.name = "海港银行"
    paid.account.creditor.save()
    paid.account.debtor.name = "王芳"
    with translation.override("zh-hans"):
        pdf = statement_pdf(
            paid.account, statement_lines(paid.account), agency="远航", name="王芳", surplus=surplus_of(paid.account)
        )
        receipt = receipt_pdf(receipt_of(Payment.objects.get()), agency="远航")
    text = words_of(pdf)
    assert "海港银行" in text and "王芳" in text and "年" in text
    assert b"NotoSansSC" in pdf and len(pdf) < 60_000
    assert "海港银行" in words_of(receipt)


def test_the_csv_has_the_same_lines_and_no_formula(paid):
    paid.identify()
    answer = paid.open("debtor_statement_file", "csv")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row[3] for row in rows[1:]] == ["1250.00", "-250.00"]
    assert rows[-1][4] == "1000.00"
    assert not any(cell.startswith(("=", "+", "@")) for row in rows for cell in row)
    assert paid.open("debtor_statement_file", "pdf").content.startswith(b"%PDF")
