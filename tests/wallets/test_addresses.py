"""The address that wallets are given for their notices is the one that hears them, and costs nothing to name."""

from __future__ import annotations

import subprocess
import sys

import pytest
from django.urls import reverse

from wallets.gateway import notify_url
from wallets.models import Provider

pytestmark = pytest.mark.django_db

NAMED = """
import os, sys
import django
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "collections_platform.settings")
django.setup()
from payments.debits import debit_due_instalments
from wallets.gateway import notify_url
from wallets.models import Provider
print(notify_url(Provider(key="paypal")), "collections_platform.urls" in sys.modules)
"""


def test_wallets_are_told_the_address_that_hears_them(settings):
    settings.PUBLIC_URL = "https://pay.example"
    heard = reverse("wallet_notify", args=["alipay"])
    assert notify_url(Provider(key="alipay")) == f"https://pay.example{heard}"


def test_a_worker_names_the_address_without_loading_every_page(settings):
    told = subprocess.run([sys.executable, "-c", NAMED], capture_output=True, text=True, check=True).stdout.split()
    assert told[-1] == "False" and told[-2].endswith(reverse("wallet_notify", args=["paypal"]))
