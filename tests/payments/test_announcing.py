"""What a creditor is told of a status agrees with itself."""

from __future__ import annotations

from accounts.models import WebhookDelivery, WebhookEndpoint
from payments.services.reversing import reopen
from tests.payments.helpers import open_page


def told(account) -> list[tuple[str, str]]:
    """The status the account has, and the one it is said to have come to, in the order they were told."""
    rows = WebhookDelivery.objects.filter(kind="account.status_changed").order_by("pk")
    return [(row.payload["data"]["status"], row.payload["data"]["after"]) for row in rows]


def test_a_paid_account_is_told_as_paid_and_a_reopened_one_as_open(account, wallet, alipay):
    WebhookEndpoint.objects.create(creditor=account.creditor, url="http://127.0.0.1:9/hook", secret="whsec_c2VjcmV0")
    wallet.pay(open_page(account).action.url)
    wallet.deliver()
    account.refresh_from_db()
    account.balance_minor = 100
    reopen(account)
    assert told(account) == [("paid", "paid"), ("open", "open")]
