"""Provider notices: genuine ones count once, everything else changes nothing and leaves a record."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

import pytest
from django.conf import settings as django_settings
from django.test import Client

from payments.models import ProviderEvent
from payments.services import apply_provider_event, apply_waiting_events, refusing
from tests.payments.helpers import balance, books_are_right, entries, kinds, only_attempt, open_page
from wallets.sandbox.alipay.crypto import Seal
from wallets.sandbox.keys import ensure_alipay_keys

ADDRESS = "/webhooks/wallets/alipay/"
FORM = "application/x-www-form-urlencoded; charset=utf-8"


@pytest.fixture(autouse=True)
def no_broker(monkeypatch):
    """The stored event is what counts; the queue is only a hint to look."""
    monkeypatch.setattr("payments.tasks.enqueue_event", lambda event_id: None)


@pytest.fixture
def paid(account, wallet, alipay):
    """The payer has paid; the wallet's notice is on its way."""
    wallet.pay(open_page(account).action.url)
    return wallet.notices()[0]


def resigned(call, **changes: str) -> bytes:
    """The notice with other contents, signed by the real key of the wallet."""
    files = ensure_alipay_keys(django_settings.SECRETS_DIR)
    seal = Seal(alipay_private=files.alipay_private, merchant_public=files.merchant_public)
    fields = {k: v for k, v in parse_qsl(call.body.decode(), keep_blank_values=True) if k not in ("sign", "sign_type")}
    return urlencode(seal.notify_form({**fields, **changes})).encode()


def test_a_notice_is_answered_before_it_is_applied(paid, account, wallet):
    answer = wallet.hand_over(paid)
    assert (answer.status_code, answer.content) == (200, b"success")
    assert balance(account) == 125_000 and ProviderEvent.objects.get().outcome == "received"
    apply_waiting_events()
    assert balance(account) == 0 and ProviderEvent.objects.get().outcome == "applied"


def test_the_same_notice_again_is_counted_and_changes_nothing(paid, account, wallet):
    for _time in range(3):
        assert wallet.hand_over(paid).content == b"success"
        apply_waiting_events()
    event = ProviderEvent.objects.get()
    assert event.times_received == 3 and entries(account) == 1 and kinds(account).count("payment.succeeded") == 1


def test_another_notice_of_the_same_payment_changes_nothing(paid, account, wallet):
    wallet.hand_over(paid)
    apply_waiting_events()
    wallet.hand_over(paid, resigned(paid, notify_id="another"))
    apply_waiting_events()
    assert entries(account) == 1 and ProviderEvent.objects.get(dedupe_key="another").outcome == "ignored"


def test_a_late_notice_after_the_look_up_changes_nothing(paid, account, wallet):
    from payments.services import refresh_payment

    refresh_payment(only_attempt().payment)
    wallet.hand_over(paid)
    apply_waiting_events()
    assert entries(account) == 1 and ProviderEvent.objects.get().outcome == "ignored"


def test_an_older_state_that_arrives_after_the_success_changes_nothing(paid, account, wallet):
    wallet.hand_over(paid)
    apply_waiting_events()
    wallet.hand_over(paid, resigned(paid, notify_id="older", trade_status="WAIT_BUYER_PAY"))
    wallet.hand_over(paid, resigned(paid, notify_id="closed", trade_status="TRADE_CLOSED"))
    apply_waiting_events()
    assert balance(account) == 0 and only_attempt().state == "succeeded"


def test_a_genuine_notice_is_not_believed_before_the_wallet_confirms_it(account, wallet, alipay):
    """A replayed or stolen signature says paid; the wallet itself says not."""
    other = open_page(account, 5_000)
    wallet.control.open(other.action.url)
    call = _success_notice(wallet, only_attempt())
    assert wallet.client.post(ADDRESS, call, content_type=FORM).content == b"success"
    apply_waiting_events()
    assert balance(account) == 125_000 and only_attempt().state == "requires_action"


def _success_notice(wallet, attempt) -> bytes:
    fields = {
        "notify_id": "n1",
        "notify_type": "trade_status_sync",
        "app_id": "2021000000000001",
        "seller_id": "2088000000000001",
        "trade_status": "TRADE_SUCCESS",
        "out_trade_no": attempt.merchant_reference,
        "trade_no": "1",
        "total_amount": attempt.amount.to_decimal_string(),
    }
    files = ensure_alipay_keys(django_settings.SECRETS_DIR)
    seal = Seal(alipay_private=files.alipay_private, merchant_public=files.merchant_public)
    return urlencode(seal.notify_form(fields)).encode()


@pytest.mark.parametrize("fault", ["forge", "tamper"])
def test_a_spoilt_notice_is_refused_and_the_genuine_one_still_counts(account, wallet, alipay, fault):
    wallet.control.fault(fault)
    wallet.pay(open_page(account).action.url)
    spoilt = wallet.notices()[0]
    answer = wallet.hand_over(spoilt)
    assert answer.status_code == 400 and answer.content != b"success"
    apply_waiting_events()
    assert balance(account) == 125_000
    refused = ProviderEvent.objects.get(kind="refused")
    assert refused.outcome == "refused" and refused.reason and len(refused.facts["sha256"]) == 64
    wallet.hand_over(spoilt, resigned(spoilt, total_amount="1250.00"))
    apply_waiting_events()
    assert balance(account) == 0


def test_a_notice_about_another_merchant_is_refused(paid, account, wallet):
    answer = wallet.hand_over(paid, resigned(paid, seller_id="2088000000000002"))
    assert answer.status_code == 400 and balance(account) == 125_000


def test_a_notice_with_another_amount_goes_to_a_person(paid, account, wallet):
    wallet.hand_over(paid, resigned(paid, total_amount="1.00"))
    apply_waiting_events()
    assert ProviderEvent.objects.get().outcome == "needs_person"
    assert balance(account) == 125_000 and "payment.needs_person" in kinds(account)


def test_money_for_a_reference_we_never_gave_goes_to_a_person(paid, account, wallet):
    wallet.hand_over(paid, resigned(paid, out_trade_no="unheardof"))
    apply_waiting_events()
    assert ProviderEvent.objects.get().outcome == "needs_person" and balance(account) == 125_000


@pytest.mark.parametrize("body", [b"", b"\x00\xff\xfe", b"{}", b"a=1&a=2", b"sign=x&sign_type=RSA2", b"=" * 70_000])
def test_garbage_is_refused_and_never_an_error_of_ours(wallet, alipay, body):
    assert wallet.client.post(ADDRESS, body, content_type=FORM).status_code == 400


def test_an_oversized_call_is_refused_unread_and_counted(wallet, alipay):
    answer = wallet.client.post(ADDRESS, b"a" * (256 * 1024 + 1), content_type=FORM)
    assert answer.status_code == 413
    assert sorted(ProviderEvent.objects.values_list("kind", "outcome")) == [
        ("refusals", "refused"),
        ("refused", "refused"),
    ]


def test_an_unknown_wallet_has_no_address(wallet, alipay):
    assert wallet.client.post("/webhooks/wallets/nobody/", b"x", content_type=FORM).status_code == 404


def test_only_posts_are_taken(wallet, alipay):
    assert wallet.client.get(ADDRESS).status_code == 405


def test_wallets_need_no_csrf_token(paid, wallet):
    strict = Client(enforce_csrf_checks=True)
    assert strict.generic("POST", ADDRESS, paid.body, content_type=FORM).content == b"success"


def test_a_flood_of_forgeries_does_not_fill_the_table(wallet, alipay, monkeypatch):
    monkeypatch.setattr(refusing, "REFUSALS_KEPT_PER_DAY", 3)
    for number in range(8):
        assert wallet.client.post(ADDRESS, f"n={number}".encode(), content_type=FORM).status_code == 400
    assert ProviderEvent.objects.filter(kind="refused").count() == 3
    counters = ProviderEvent.objects.filter(kind="refusals").values_list("times_received", flat=True)
    assert sum(counters) == 8


def test_a_notice_waits_while_the_wallet_cannot_confirm_it(paid, account, wallet):
    wallet.hand_over(paid)
    wallet.control.fault("http_500", method="alipay.trade.query")
    event = ProviderEvent.objects.get()
    assert apply_provider_event(event.pk) == "received" and balance(account) == 125_000
    assert apply_provider_event(event.pk) == "applied" and balance(account) == 0 and books_are_right()


def test_personal_facts_of_the_payer_are_not_kept(paid, wallet):
    wallet.hand_over(paid)
    stored = str(ProviderEvent.objects.values().get())
    assert "138****0077" not in stored and "2088000000000777" not in stored
