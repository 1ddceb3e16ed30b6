"""The bank's books of a day: read to the last page, or not believed at all."""

import copy
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from common.http import NotSent, OutcomeUnknown, run
from common.money import Money
from tests.wallets.test_bank_gateway import bank, bank_sandbox
from wallets.providers import registry
from wallets.providers.bank_gateway import record, statement
from wallets.providers.bank_gateway.channel import Said, Untrusted
from wallets.providers.base import ConfigError, EventKind
from wallets.sandbox.bank.books import PAGE
from wallets.sandbox.bank.merchant import RECORD

__all__ = ["bank", "bank_sandbox"]
LINE = "R1,B1,,1234,CNY,2,20261110163345"


def said(lines: str, **changes) -> Said:
    about = record.read(json.dumps({**copy.deepcopy(RECORD), **changes}))
    return Said(record=about, data={about.fields["lines"]: lines})


def read(lines: str, **changes):
    return list(statement.lines(said(lines, **changes)))


def yesterday(bank):
    """The day that is now, asked for when its books are closed."""
    day = bank.now().astimezone(bank.statement_zone).date()
    bank.move_clock(bank.now() + timedelta(days=2))
    return day


def recorded(operation, heard):
    """The same operation; what it hears is written down."""
    try:
        step = next(operation)
        while True:
            heard.append((yield step))
            step = operation.send(heard[-1])
    except StopIteration as stop:
        return stop.value


def test_books_longer_than_a_page_are_read_to_the_end(bank):
    for number in range(PAGE + 3):
        bank.control.user("transfer", amount="100", reference=f"T{number}", currency="CNY")
    found = run(bank.provider.statement(yesterday(bank)))
    assert len({line.merchant_ref for line in found}) == PAGE + 3


def test_books_the_bank_refuses_are_unknown_and_not_empty(bank):
    day = yesterday(bank)
    bank.fault("decline", code="4004")
    with pytest.raises(OutcomeUnknown):
        run(bank.provider.statement(day))


def test_a_genuine_answer_about_another_day_is_not_believed(bank):
    day = yesterday(bank)
    heard = []
    said_of_it = recorded(bank.provider.statement(day), heard)
    assert run(said_of_it) == ()
    another = bank.provider.statement(day - timedelta(days=1))
    next(another)
    with pytest.raises(OutcomeUnknown, match="other books"):
        another.send(heard[0])


def test_a_line_has_its_sign_its_fee_and_its_time():
    paid, back = read(f"{LINE}\nR1,B2,F1,-34,CNY,0,20261110170000")
    assert (paid.kind, paid.amount, paid.fee) == (EventKind.PAYMENT, Money(1234, "CNY"), Money(2, "CNY"))
    assert (back.kind, back.amount, back.refund_ref) == (EventKind.REFUND, Money(-34, "CNY"), "F1")
    assert (paid.merchant_ref, paid.provider_ref) == ("R1", "B1")
    assert paid.booked_at.isoformat() == "2026-11-10T16:33:45+08:00"


def test_amounts_are_read_in_the_unit_of_the_record():
    (major,) = read(LINE.replace("1234", "12.34").replace(",2,", ",0.02,"), amount_unit="major")
    assert (major.amount, major.fee) == (Money(1234, "CNY"), Money(2, "CNY"))
    with pytest.raises(Untrusted):
        read(LINE.replace("1234", "12.34"))


@pytest.mark.parametrize(
    "line",
    [
        LINE.replace("B1,", ""),
        f"{LINE},more",
        LINE.replace("1234", ""),
        LINE.replace("1234", "--1"),
        LINE.replace("1234", "1_000"),
        LINE.replace("1234", "１２"),
        LINE.replace("1234", "1" * 40),
        LINE.replace("20261110163345", "yesterday"),
    ],
)
def test_a_line_that_cannot_be_read_is_not_guessed(line):
    with pytest.raises(Untrusted):
        read(line)


def test_books_close_an_hour_after_midnight_by_the_banks_clock(bank):
    midnight = bank.now().astimezone(bank.statement_zone).replace(hour=0, minute=0, second=0, microsecond=0)
    day, closes = midnight.date(), midnight + timedelta(days=1, hours=1)
    bank.move_clock(closes - timedelta(minutes=1))
    with pytest.raises(NotSent):
        run(bank.provider.statement(day))
    bank.move_clock(closes + timedelta(minutes=1))
    assert run(bank.provider.statement(day)) == ()


def test_a_provider_set_up_for_another_currency_than_its_record_is_refused(bank):
    with pytest.raises(ConfigError, match="CNY"):
        registry.build("bank_gateway", replace(bank.config, currencies=frozenset({"USD"})))
