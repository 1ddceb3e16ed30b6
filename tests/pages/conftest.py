"""Signed-in people with a second factor, and a believable little portfolio."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from common.clock import today
from compliance.services import ensure_default_policies
from reminders.services import ensure_default_schedule, ensure_default_templates
from tests import factories

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXA"


@pytest.fixture(autouse=True)
def plain_ground(settings):
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    cache.clear()


def signed_in(user: User) -> Client:
    if not user.authenticator_set.exists():
        TOTP.activate(user, SECRET)
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def sign_in():
    return signed_in


@pytest.fixture
def installed(db):
    """Policies, approved words and the common schedule, as after `prepare`."""
    ensure_default_policies()
    ensure_default_templates()
    return ensure_default_schedule()


@pytest.fixture
def compliance_officer(db):
    return factories.user(role="compliance", email="cora@agency.example", name="Cora Compliance")


@pytest.fixture
def bank_user(account):
    """Somebody of the creditor that owns `account`."""
    return factories.user(role="creditor", email="ben@bank.example", name="Ben Bank", creditor=account.creditor)


@pytest.fixture
def other_bank_user(db):
    return factories.user(
        role="creditor", email="olga@other.example", name="Olga Other", creditor=factories.creditor(name="Other Bank")
    )


def many(count: int, *, placement=None, **fields):
    """`count` accounts of one placement, each a day older than the one before."""
    placement = placement or factories.portfolio()
    return [
        factories.account(placement=placement, due_date=today() - timedelta(days=2 + number), **fields)
        for number in range(count)
    ]


@pytest.fixture
def portfolio_of():
    return many
