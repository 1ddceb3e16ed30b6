"""Whose money it is when the settings do not say it plainly: a key alone, or a wallet of somebody else's making."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from types import ModuleType

import pytest
from django.conf import settings as django_settings

from tests.wallets.test_registry import PROVIDER
from wallets.gateway import MerchantChanged, adapter, merchants
from wallets.models import Provider
from wallets.providers import registry

pytestmark = pytest.mark.django_db(transaction=True)
KEY, OTHER_KEY = "sk_test_first", "sk_test_second"


class Settings:
    """An operator's settings file of one wallet, with its secrets beside it."""

    def __init__(self, key: str) -> None:
        self.key, self.folder = key, Path(django_settings.SECRETS_DIR) / "wallets"
        self.file, self.made = self.folder / f"{key}.json", []

    def secret(self, name: str, content: str) -> str:
        path = self.folder / f"{self.key}_{name}.txt"
        path.write_text(content)
        self.made.append(path)
        return str(path.relative_to(django_settings.SECRETS_DIR))

    def write(self, options: dict[str, str], secrets: dict[str, str]) -> None:
        self.file.write_text(json.dumps({"options": options, "secrets": secrets, "currencies": ["EUR"]}))
        stamp = time.time_ns()
        os.utime(self.file, ns=(stamp, stamp))

    def clear(self) -> None:
        for path in [self.file, *self.made]:
            path.unlink(missing_ok=True)


@pytest.fixture
def files(request, wallet):
    written = Settings(request.param)
    (written.folder).mkdir(exist_ok=True)
    Provider.objects.create(key=request.param, name="Theirs", status="vetted", currencies=["EUR"])
    yield written
    written.clear()


def provider(files: Settings) -> Provider:
    return Provider.objects.get(key=files.key)


def stripe(files: Settings, api_key: str, **options: str) -> None:
    secrets = {"api_key": files.secret("api_key", api_key), "webhook_secret": files.secret("hook", "whsec_x")}
    files.write(options, secrets)


@pytest.mark.parametrize("files", ["stripe"], indirect=True)
def test_another_key_of_stripe_is_another_account_where_none_is_named(files):
    stripe(files, KEY)
    adapter(provider(files))
    kept = provider(files).merchant
    assert kept.startswith("api_key ") and KEY not in kept
    stripe(files, KEY, methods="card")
    adapter(provider(files))
    stripe(files, OTHER_KEY)
    with pytest.raises(MerchantChanged):
        adapter(provider(files))
    assert provider(files).merchant == kept


@pytest.mark.parametrize("files", ["stripe"], indirect=True)
def test_a_key_of_stripe_is_renewed_freely_where_the_account_is_named(files):
    stripe(files, KEY, account="acct_1")
    adapter(provider(files))
    stripe(files, OTHER_KEY, account="acct_1")
    adapter(provider(files))
    assert provider(files).merchant == "account acct_1"
    stripe(files, OTHER_KEY, account="acct_2")
    with pytest.raises(MerchantChanged):
        adapter(provider(files))


@pytest.fixture
def acme(monkeypatch):
    """A wallet of another distribution that does not say whose account it uses."""
    module = ModuleType("acme_wallet")
    exec(PROVIDER, module.__dict__)

    class Point:
        def load(self) -> ModuleType:
            return module

    monkeypatch.setattr(registry, "_third_party", lambda: {"acme": Point()})


@pytest.mark.parametrize("files", ["acme"], indirect=True)
@pytest.mark.parametrize(
    "changed",
    [
        ({"url": "http://127.0.0.1:2", "shop": "1"}, "key"),
        ({"url": "http://127.0.0.1:1", "shop": "2"}, "key"),
        (None, "b"),
    ],
    ids=["another address", "another shop", "another secret file"],
)
def test_an_unknown_wallet_is_known_by_all_its_settings(acme, files, changed):
    options, secret = {"url": "http://127.0.0.1:1", "shop": "1"}, files.secret("key", "s3cr3t")
    files.write(options, {"key": secret})
    adapter(provider(files))
    kept = provider(files).merchant
    assert kept.startswith("settings ") and "s3cr3t" not in kept
    files.secret("key", "renewed")
    files.write(dict(reversed(options.items())), {"key": secret})
    adapter(provider(files))
    theirs, name = changed
    files.write(theirs or options, {"key": files.secret(name, "s3cr3t")})
    with pytest.raises(MerchantChanged):
        adapter(provider(files))


def test_every_wallet_of_ours_says_whose_account_it_uses(settings, wallet):
    for key in merchants(settings.WALLET_SANDBOX_URL, django_settings.SECRETS_DIR):
        assert registry.facts_of(key).merchant, key
