"""Whose account at a wallet we use stays the same while anything is open under it: else money could move twice."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings as django_settings

from accounts.models import Event
from common.clock import now
from common.errors import Conflict
from payments.debits import debit_due_instalments
from payments.debits.planning import plan_debits
from payments.models import Attempt, Refund
from payments.services import look_up_due_attempts
from tests.payments.helpers import only_attempt, open_page, pay_by, planned_debit, tell_the_people
from wallets.gateway import MerchantChanged, adapter, merchants
from wallets.models import Mandate, Provider
from wallets.providers import registry
from wallets.providers.base import ProviderConfig
from wallets.register_services import move_to_merchant, set_provider_status
from wallets.selectors import offers
from wallets.services import revoke_mandate

pytestmark = pytest.mark.django_db(transaction=True)
FILE = "wallets/alipay.json"


@pytest.fixture
def other_account(wallet, settings):
    """An operator writes another merchant's numbers into the settings file; called with False the old ones return."""
    file = Path(django_settings.SECRETS_DIR) / FILE

    def write(changed: bool = True) -> None:
        made = merchants(settings.WALLET_SANDBOX_URL, django_settings.SECRETS_DIR)["alipay"]
        options = dict(made.options) | ({"seller_id": "2088999999999999"} if changed else {})
        file.write_text(json.dumps({"options": options, "secrets": dict(made.secrets), "currencies": ["CNY"]}))

    yield write
    file.unlink(missing_ok=True)


def switch_off(provider: Provider, admin) -> None:
    set_provider_status(provider, status="switched_off", reason="another account", by=admin)
    provider.refresh_from_db()


def test_the_account_of_the_first_call_is_kept(alipay):
    adapter(alipay)
    alipay.refresh_from_db()
    assert "seller_id" in alipay.merchant and "app_id" in alipay.merchant


def test_nothing_is_asked_under_another_account(account, wallet, alipay, other_account):
    open_page(account)
    other_account()
    with pytest.raises(MerchantChanged) as caught:
        adapter(Provider.objects.get())
    assert "another merchant account" in caught.value.message and "Put the former settings back" in caught.value.message
    assert offers("CNY") == []


def test_an_open_payment_is_neither_closed_nor_started_again_under_another_account(
    account, wallet, alipay, other_account
):
    started = open_page(account)
    wallet.pay(started.action.url)
    other_account()
    wallet.move_clock(hours=1)
    look_up_due_attempts()
    assert only_attempt().state == "requires_action"
    with pytest.raises(MerchantChanged):
        pay_by(started.payment.link, account.balance_minor, key="form-2")
    other_account(False)
    wallet.move_clock(hours=1)
    look_up_due_attempts()
    assert only_attempt().state == "succeeded" and wallet.debits() == 1


def test_a_debit_waits_while_the_settings_name_another_account(account, wallet, alipay, other_account):
    plan = planned_debit(account, wallet)
    wallet.move_clock(hours=12)
    tell_the_people()
    wallet.move_clock(days=3)
    other_account()
    assert debit_due_instalments().sent == 0
    assert plan.instalments.get(number=1).last_reason == "credentials"
    other_account(False)
    wallet.move_clock(hours=1)
    debit_due_instalments()
    assert wallet.debits() == 1


def test_a_debit_that_was_planned_waits_too(account, wallet, alipay, other_account):
    planned_debit(account, wallet)
    wallet.move_clock(hours=12)
    tell_the_people()
    wallet.move_clock(days=3)
    assert plan_debits(10).created == 1
    other_account()
    assert debit_due_instalments().sent == 0 and Attempt.objects.get().state == "created"
    other_account(False)
    wallet.move_clock(hours=1)
    debit_due_instalments()
    assert wallet.debits() == 1


def test_moving_over_is_refused_while_the_wallet_takes_money(alipay, other_account, admin):
    adapter(alipay)
    other_account()
    with pytest.raises(Conflict, match="Switch this wallet off first"):
        move_to_merchant(Provider.objects.get(), reason="new bank", by=admin)


def test_moving_over_is_refused_while_a_payment_is_open_and_says_so(account, wallet, alipay, other_account, admin):
    open_page(account)
    switch_off(alipay, admin)
    other_account()
    before = Provider.objects.get().merchant
    with pytest.raises(Conflict, match=r"1 payments under way.*Put the former settings back"):
        move_to_merchant(alipay, reason="new bank", by=admin)
    assert Provider.objects.get().merchant == before


def test_moving_over_is_refused_while_an_agreement_lives_or_waits_to_be_ended(
    account, wallet, alipay, other_account, admin
):
    planned_debit(account, wallet)
    switch_off(alipay, admin)
    other_account()
    with pytest.raises(Conflict, match="1 debit agreements"):
        move_to_merchant(alipay, reason="new bank", by=admin)
    revoke_mandate(Mandate.objects.get(), reason="done")
    with pytest.raises(Conflict, match="1 debit agreements"):
        move_to_merchant(alipay, reason="new bank", by=admin)


def test_moving_over_is_refused_while_a_refund_is_under_way(account, wallet, alipay, other_account, admin):
    started = open_page(account)
    wallet.pay(started.action.url)
    wallet.move_clock(hours=1)
    look_up_due_attempts()
    attempt = only_attempt()
    Refund.objects.create(
        payment=attempt.payment,
        attempt=attempt,
        provider=alipay,
        merchant_reference="R1",
        amount_minor=100,
        currency="CNY",
        purpose="owed_again",
        reason="asked",
        requested_by=admin,
        requested_at=now(),
    )
    switch_off(alipay, admin)
    other_account()
    with pytest.raises(Conflict, match="1 refunds under way"):
        move_to_merchant(alipay, reason="new bank", by=admin)


def test_with_nothing_open_the_account_changes_once_and_on_the_record(alipay, other_account, admin):
    adapter(alipay)
    switch_off(alipay, admin)
    other_account()
    for _time in range(2):
        move_to_merchant(alipay, reason="new bank", by=admin)
    event = Event.objects.get(kind="provider.merchant_changed")
    assert "2088999999999999" in event.data["after"] and event.data["before"] != event.data["after"]
    assert adapter(Provider.objects.get())


@pytest.mark.parametrize("key", [key for key in registry.available() if key != "toy"])
def test_each_wallet_names_whose_account_it_uses(key, settings, wallet):
    made = merchants(settings.WALLET_SANDBOX_URL, django_settings.SECRETS_DIR)[key]
    config = ProviderConfig(
        key=key, options=made.options, secrets=made.secrets, secrets_dir=Path(django_settings.SECRETS_DIR)
    )
    named = registry.merchant_of(key, config)
    spoilt = {name: value + "9" for name, value in made.options.items() if f"{name} {value}" in named}
    assert named
    if spoilt:
        assert registry.merchant_of(key, replace(config, options={**made.options, **spoilt})) != named
