"""Providers are found by themselves: ours in their folder, others' by the entry point of an installed distribution."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from wallets.providers import registry
from wallets.providers.base import ConfigError, ProviderConfig

ROOT = Path(__file__).resolve().parents[2]
PROVIDER = """
from common.http import HttpRequest
from wallets.providers.base import *


class Acme(UnsupportedByDefault):
    descriptor = Descriptor(
        key="acme",
        display_name="Acme Wallet",
        capabilities=frozenset({Capability.ONE_OFF, Capability.REDIRECT}),
        currencies=frozenset({"EUR"}),
        reference_alphabet="0123456789abcdef",
        reference_max_length=32,
        idempotency=IdempotencyKind.MERCHANT_REFERENCE,
    )

    def __init__(self, url):
        self.url = url

    def get_payment(self, merchant_ref, provider_ref=""):
        response = yield HttpRequest(method="GET", url=f"{self.url}/{merchant_ref}", purpose="acme.look_up")
        return PaymentResult(state=PaymentState.SUCCEEDED, merchant_ref=merchant_ref)


def build(config):
    return Acme(config.option("url"))
"""
USE = """
import django; django.setup()
from wallets.providers import registry
from wallets.providers.base import *
assert "acme" in registry.available() and "alipay" in registry.available(), registry.available()
provider = registry.build("acme", ProviderConfig(key="acme", options={"url": "http://127.0.0.1:1"}))
assert isinstance(provider, WalletProvider)
request = next(provider.get_payment(provider.merchant_ref("7")))
print(type(provider).__module__, provider.descriptor.display_name, request.purpose)
"""


def installed(folder: Path, *, key: str = "acme") -> dict[str, str]:
    """The environment of a process in which a throw-away distribution with this provider is installed."""
    (folder / "acme_wallet.py").write_text(PROVIDER)
    facts = folder / "acme_wallet-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-wallet\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text(f"[{registry.ENTRY_POINT_GROUP}]\n{key} = acme_wallet\n")
    return {
        **os.environ,
        "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}",
        "DJANGO_SETTINGS_MODULE": "collections_platform.settings",
    }


def asked(program: str, environment: dict[str, str]) -> subprocess.CompletedProcess:
    command = [sys.executable, "-c", program]
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=120)


def test_an_installed_distribution_adds_a_provider_without_touching_ours(tmp_path):
    answer = asked(USE, installed(tmp_path))
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.split() == ["acme_wallet", "Acme", "Wallet", "acme.look_up"]


def test_without_the_distribution_there_is_no_such_provider(tmp_path):
    with pytest.raises(ConfigError, match="acme"):
        registry.build("acme", ProviderConfig(key="acme", options={}))


def test_a_distribution_cannot_take_the_place_of_a_provider_of_ours(tmp_path):
    program = USE.partition("assert")[0] + "print(registry._module('alipay').__name__)"
    answer = asked(program, installed(tmp_path, key="alipay"))
    assert answer.stdout.split() == ["wallets.providers.alipay"], answer.stderr


def test_a_distribution_that_describes_itself_as_another_is_refused(tmp_path):
    program = USE.replace('"acme"', '"other"')
    answer = asked(program, installed(tmp_path, key="other"))
    assert "describes itself as acme" in answer.stderr


def test_every_provider_of_ours_says_what_is_missing_from_its_settings():
    for key in registry.available():
        with pytest.raises(ConfigError):
            registry.build(key, ProviderConfig(key=key, options={}))
