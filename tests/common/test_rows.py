"""Rows made by the thousand are the rows that their models would have made."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.apps import apps

from accounts.models import Account, Creditor, Debtor, Event
from common.rows import Row, new_row
from payments.models import Attempt, Payment
from reminders.models import Message

pytestmark = pytest.mark.django_db


def given(model):
    account = Account(pk=7, debtor_id="0190d0c0-0000-7000-8000-000000000001", currency="EUR")
    return {
        Event: {"kind": "payment.started", "account": account, "actor": None, "creditor_id": 3, "data": {"n": 1}},
        Payment: {"account": account, "amount_minor": 5, "currency": "EUR", "source": "debit"},
        Attempt: {"payment": Payment(pk=9), "merchant_reference": "m", "amount_minor": 5, "state": "sending"},
        Message: {"account": account, "purpose": "receipt", "occasion": "payment:1", "body": "Thank you"},
    }[model]


def _content(row):
    return {name: _kind(value) for name, value in row.__dict__.items() if name != "_state"}


def _kind(value):
    """A moment, and an expression of the database, are made anew for each row."""
    return type(value) if isinstance(value, datetime) or hasattr(value, "resolve_expression") else value


@pytest.mark.parametrize("model", [Event, Payment, Attempt, Message])
def test_a_new_row_is_what_its_model_makes(model):
    values = given(model)
    ours, usual = new_row(model, **values), model(**values)
    assert _content(ours) == _content(usual)
    assert ours._state.adding and ours._state.db is None
    assert {k: v for k, v in ours._state.fields_cache.items() if v} == {
        k: v for k, v in usual._state.fields_cache.items() if v
    }


def test_what_is_made_anew_is_nobody_elses():
    one, other = (new_row(Event, kind="test") for _ in range(2))
    one.data["n"] = 1
    assert other.data == {} and new_row(Debtor).pk != new_row(Debtor).pk


def test_a_field_that_is_not_there_is_refused():
    with pytest.raises(TypeError, match="Payment has no field amount"):
        new_row(Payment, amount=5)


def test_known_relations_are_not_asked_for():
    creditor = Creditor(pk=3)
    account = Account(pk=7, creditor_id=3)
    account.know(creditor=creditor)
    assert account.creditor is creditor


def test_every_row_model_can_be_made_so():
    for model in apps.get_models():
        if issubclass(model, Row):
            assert _content(new_row(model)).keys() == _content(model()).keys()
