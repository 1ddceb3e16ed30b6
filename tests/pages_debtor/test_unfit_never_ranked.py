"""Whatever the register says and whoever looks: what is ranked can pay here, and what cannot is explained instead."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Account
from common.clock import today
from payments.debtor_wallets import purse_of
from payments.services.checks import refuse_amount
from tests import factories
from wallets.gateway import adapter
from wallets.models import Provider
from wallets.providers.base import Capability, Channel
from wallets.sandbox_register import register_sandbox_providers

SCREENS = {
    Channel.PHONE: {Capability.REDIRECT, Capability.PUSH_PROMPT, Capability.DEPOSIT_ADDRESS},
    Channel.DESKTOP: {Capability.REDIRECT, Capability.PUSH_PROMPT, Capability.DEPOSIT_ADDRESS, Capability.QR},
}
states = st.sampled_from(["vetted", "vetted", "vetted", "switched_off", "draft"])
reviews = st.sampled_from([-1, 0, 1, 300])


@pytest.fixture
def register(running_wallet, settings, db):
    settings.SANDBOX, settings.WALLET_SANDBOX_URL = True, running_wallet.base_url
    register_sandbox_providers()
    person = factories.debtor(country="CN")
    return factories.account(person=person, placement=factories.portfolio(person.creditor))


@given(
    changes=st.lists(st.tuples(states, reviews), min_size=9, max_size=9),
    currency=st.sampled_from(["CNY", "KES", "EUR", "USD", "HKD", "JPY"]),
    country=st.sampled_from(["CN", "KE", "DE", "HK", "US"]),
    minor=st.sampled_from([1, 30, 60, 150, 12_345, 9_999_999_999]),
    channel=st.sampled_from(list(SCREENS)),
    app=st.sampled_from(["", "wechat", "alipay"]),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_unfit_wallet_is_never_ranked(register, changes, currency, country, minor, channel, app):
    rows = list(Provider.objects.all())
    for row, (status, days) in zip(rows, changes, strict=True):
        Provider.objects.filter(pk=row.pk).update(status=status, review_due=today() + timedelta(days=days))
    account = Account.objects.select_related("debtor").get(pk=register.pk)
    account.currency, account.balance_minor, account.debtor.country = currency, minor, country
    purse = purse_of(account, channel, app)
    for choice in purse.offered:
        provider, wallet = choice.provider, adapter(choice.provider).descriptor
        assert provider.status == "vetted" and provider.review_due > today()
        assert wallet.can(Capability.ONE_OFF) and currency in wallet.currencies
        assert SCREENS[channel] & wallet.capabilities
        assert not (wallet.shut_in_own_app and provider.key == app)
        assert country in provider.regions or not wallet.can(Capability.DEPOSIT_ADDRESS)
        part = min(minor, wallet.highest(currency) or minor)
        refuse_amount(account, part - part % wallet.step(currency), wallet)
    assert len(purse.offered) + len(purse.withheld) == len(rows)
