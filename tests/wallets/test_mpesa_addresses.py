"""An operator tells Safaricom, once, where to confirm payments to the short code."""

import pytest
from django.core.management import CommandError, call_command

from tests.wallets.mpesa_fixtures import mpesa, mpesa_sandbox, ratiba
from wallets.models import Provider

__all__ = ["mpesa", "mpesa_sandbox", "ratiba"]


@pytest.fixture
def registered(mpesa, settings, transactional_db):
    settings.SANDBOX, settings.WALLET_SANDBOX_URL = True, mpesa.sandbox.base_url
    settings.SECRETS_DIR = mpesa.sandbox.secrets_dir
    return Provider.objects.create(key="mpesa", name="M-Pesa", currencies=["KES"], status="vetted")


def addresses(mpesa):
    return [one["url"] for one in mpesa.control.get("mpesa/addresss")["addresss"]]


def test_the_address_is_registered_with_its_token(mpesa, registered):
    call_command("register_notice_address", "mpesa", address="https://pay.example/n/")
    ((url),) = addresses(mpesa)
    assert url.startswith("https://pay.example/n/c2b/174379/")


def test_what_safaricom_refuses_is_told(mpesa, registered):
    mpesa.fault("http_429", method="register")
    with pytest.raises(CommandError, match="slow down"):
        call_command("register_notice_address", "mpesa")
    assert addresses(mpesa) == []


def test_a_provider_that_is_not_in_the_register_is_named(mpesa, registered):
    with pytest.raises(CommandError, match="register"):
        call_command("register_notice_address", "mpesa_ratiba")
