"""Lists can be narrowed to what a creditor's system asks for, within what its key may see."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import Account, Debtor, ImportJob
from common.clock import now
from payments.models import Payment, PaymentLink
from tests import factories


def listed(client, name, **filters):
    answer = client.get(f"/api/v1/{name}/", filters)
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


@pytest.fixture
def second(account) -> Account:
    return factories.account(placement=account.portfolio, person=account.debtor, reachable=False)


def link(account, **fields) -> PaymentLink:
    fields = {"expires_at": now() + timedelta(days=1), "token_hash": f"{account.pk}{fields}"[:64]} | fields
    return PaymentLink.objects.create(account=account, **fields)


def import_job(account, state) -> ImportJob:
    return ImportJob.objects.create(creditor=account.creditor, file_name=f"{state}.csv", state=state)


def test_imports_by_state(account, harbour):
    import_job(account, "checked"), import_job(account, "failed")
    assert [job["state"] for job in listed(harbour, "imports", state="failed")] == ["failed"]


def test_imports_by_the_time_they_were_sent(account, harbour):
    job = import_job(account, "checked")
    assert listed(harbour, "imports", created_after=(job.created_at + timedelta(seconds=1)).isoformat()) == []
    assert len(listed(harbour, "imports", created_before=(job.created_at + timedelta(seconds=1)).isoformat())) == 1


def test_links_by_account(account, second, harbour):
    link(account), link(second)
    assert [row["account"] for row in listed(harbour, "payment-links", account=second.reference)] == [second.reference]


@pytest.mark.parametrize("state", ["active", "expired", "revoked"])
def test_links_by_state(account, harbour, state):
    rows = {
        "active": link(account),
        "expired": link(account, expires_at=now() - timedelta(days=1)),
        "revoked": link(account, revoked_at=now()),
    }
    assert [row["id"] for row in listed(harbour, "payment-links", state=state)] == [rows[state].pk]


def test_links_that_were_opened(account, harbour):
    link(account)
    opened = link(account, first_opened_at=now())
    assert [row["id"] for row in listed(harbour, "payment-links", opened="true")] == [opened.pk]


def test_payments_by_state_date_and_account(account, second, harbour):
    for row in (account, second):
        Payment.objects.create(account=row, amount_minor=100, currency="CNY", source="link")
    Payment.objects.filter(account=second).update(state="failed", finished_at=now())
    assert len(listed(harbour, "payments", state="failed", account=second.reference)) == 1
    assert listed(harbour, "payments", state="failed", account=account.reference) == []
    assert listed(harbour, "payments", finished_before=(now() - timedelta(hours=1)).isoformat()) == []
    assert len(listed(harbour, "payments", finished_after=(now() - timedelta(hours=1)).isoformat())) == 1
    assert len(listed(harbour, "payments", created_before=(now() + timedelta(hours=1)).isoformat())) == 2


def test_debtors_and_accounts_by_creditor(account, harbour):
    assert len(listed(harbour, "debtors", creditor=account.creditor.code)) == 1
    assert listed(harbour, "debtors", creditor="another") == []
    assert len(listed(harbour, "accounts", debtor=str(account.debtor_id), due_after=account.due_date.isoformat())) == 1
    assert listed(harbour, "accounts", due_before=account.due_date.isoformat()) == []


def test_a_filter_never_opens_what_belongs_to_another(account, stranger):
    assert Debtor.objects.exists()
    assert listed(stranger, "debtors", creditor=account.creditor.code) == []
    assert listed(stranger, "accounts", debtor=str(account.debtor_id)) == []


@pytest.mark.parametrize(
    "path", ["imports/?state=odd", "payments/?created_after=soon", "payment-links/?state=odd", "accounts/?debtor=x"]
)
def test_a_filter_that_cannot_be_read_is_named(harbour, path):
    answer = harbour.get(f"/api/v1/{path}")
    assert answer.status_code == 422
    assert list(answer.json()["error"]["details"]) == [path.partition("?")[2].partition("=")[0]]
