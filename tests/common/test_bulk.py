"""Rows written by column are the rows the ORM would have written."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Account, Creditor, Event
from common.bulk import insert_rows, update_rows
from common.clock import now
from tests import factories
from wallets.models import Provider

pytestmark = pytest.mark.django_db


def test_inserted_rows_learn_their_keys_in_order_and_read_back_as_given():
    owner = factories.creditor()
    facts = [{"n": number, "text": 'a "quoted" \\ word', "deep": [{"x": None}]} for number in range(50)]
    events = [Event(kind="test", creditor=owner, data=data) for data in facts]
    insert_rows(events)
    assert [event.pk for event in events] == sorted(event.pk for event in events)
    found = Event.objects.in_bulk([event.pk for event in events])
    assert [found[event.pk].data for event in events] == facts
    assert all(found[event.pk].happened_at == event.happened_at and found[event.pk].xid for event in events)


@pytest.mark.parametrize(
    "facts",
    [[1, True, 1], [{"n": 1}, {"n": True}], [[], []], ["same", "same"], [{"n": 1}]],
    ids=["number and truth", "inside", "empty", "words", "alone"],
)
def test_columns_of_one_value_are_written_to_every_row(facts):
    owner = factories.creditor()
    events = [Event(kind="test", creditor=owner, data=data, source="here") for data in facts]
    insert_rows(events)
    found = Event.objects.in_bulk([event.pk for event in events])
    read = [found[event.pk] for event in events]
    assert [repr(row.data) for row in read] == [repr(data) for data in facts]
    assert {(row.kind, row.source, row.creditor_id, row.account_id) for row in read} == {
        ("test", "here", owner.pk, None)
    }


@pytest.mark.parametrize("texts", [[], ["GB"], [chr(34) + "a", chr(92), ",", "{}", ""]])
def test_arrays_in_rows_stay_arrays(texts):
    row, other = (Provider(key=key, name=key, regions=list(texts)) for key in ("one", "two"))
    insert_rows([row, other])
    row.refresh_from_db()
    assert row.regions == texts
    row.currencies = ["CNY", "USD"]
    update_rows([row, other], "currencies")
    row.refresh_from_db()
    other.refresh_from_db()
    assert (row.currencies, other.currencies, row.regions) == (["CNY", "USD"], [], texts)


def test_updated_rows_change_in_the_named_fields_only():
    accounts = [factories.account(reachable=False) for _ in range(3)]
    for number, account in enumerate(accounts):
        account.last_payment_at = now() if number else None
        account.status, account.product = "paid", "not written"
    assert update_rows(accounts, "last_payment_at", "status") == 3
    for account in accounts:
        stored = Account.objects.get(pk=account.pk)
        assert (stored.status, stored.last_payment_at, stored.product) == (
            "paid",
            account.last_payment_at,
            "credit_card",
        )


def test_the_database_still_has_its_say():
    owner = factories.creditor()
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_rows([Creditor(name="x", code=owner.code, country="GB", role="first_party_creditor")])
    insert_rows(
        [
            Creditor(name=name, code=code, country="GB", role=owner.role)
            for name, code in [("x", owner.code), ("y", "y")]
        ],
        ignore_conflicts=True,
    )
    assert Creditor.objects.filter(code="y").exists() and Creditor.objects.get(code=owner.code).name == owner.name


def test_nothing_is_written_for_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        insert_rows([])
        assert update_rows([]) == 0
