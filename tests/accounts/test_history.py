"""What is kept of an account's row when it changes: what people and creditors decided, not what the ledger repeats."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Account
from common.clock import now
from payments.ledger import Line, post_entry

pytestmark = pytest.mark.django_db


def pay(account: Account, minor: int, *, key: str) -> None:
    post_entry(
        "payment",
        idempotency_key=key,
        creditor_id=account.creditor_id,
        currency=account.currency,
        effective_at=now(),
        lines=[
            Line("receivable", -minor, account=account, component="principal"),
            Line("clearing", minor, qualifier="alipay"),
        ],
    )


def kept(account: Account) -> list:
    return list(account.row_changes.order_by("pgh_id"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "recalled"),
        ("due_date", timezone.now().date()),
        ("placed_minor", 1),
        ("credit_limit_minor", 900_000),
        ("reported_minor", [1, 2, 3, 4]),
        ("quiet_until", timezone.now() + timedelta(days=3)),
        ("quiet_reason", "bereavement"),
        ("product", "personal_loan"),
        ("creditor_reference", "moved"),
    ],
)
def test_every_decision_about_an_account_is_kept_with_what_was_there_before(account, name, value):
    before = getattr(account, name)
    Account.objects.filter(pk=account.pk).update(**{name: value})
    [change] = kept(account)
    assert (change.pgh_label, getattr(change, name)) == ("changed", before)


def test_who_looks_after_it_is_kept(account, agent):
    account.assigned_to = agent
    account.save()
    account.assigned_to = None
    account.save()
    assert [change.assigned_to_id for change in kept(account)] == [None, agent.pk]


def test_sql_by_hand_is_kept_too(account):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_account SET status = 'closed' WHERE id = %s", [account.pk])
    assert [change.status for change in kept(account)] == ["open"]


def test_a_payment_copies_nothing_for_the_ledger_has_it(account):
    pay(account, 5_000, key="first")
    Account.objects.filter(pk=account.pk).update(last_payment_at=now(), last_contact_at=now())
    assert kept(account) == []
    account.refresh_from_db()
    account.save()  # every column named, none of them different
    assert kept(account) == []


def test_a_copy_shows_the_balance_of_its_moment(account):
    pay(account, 5_000, key="first")
    Account.objects.filter(pk=account.pk).update(status="recalled")
    pay(account, 2_000, key="second")
    Account.objects.filter(pk=account.pk).update(status="open")
    assert [change.balance_minor for change in kept(account)] == [120_000, 118_000]


def test_every_column_but_what_is_repeated_elsewhere_is_watched():
    """A column that is added later is watched, unless somebody says where else it is kept."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname FROM pg_attribute, pg_trigger WHERE attrelid = tgrelid AND attnum = ANY (tgattr::int2[])"
            " AND tgrelid = 'accounts_account'::regclass AND tgname LIKE 'pgtrigger_changed%%'"
        )
        watched = {name for (name,) in cursor.fetchall()}
    columns = {field.column for field in Account._meta.concrete_fields}
    assert columns - watched == {
        "balance_minor", "principal_minor", "interest_minor", "fees_minor", "costs_minor", "last_payment_at",
        "last_contact_at",
    }  # fmt: skip
