"""Our merchant account at the simulated M-Pesa."""

from dataclasses import replace
from pathlib import Path

from django.conf import settings

from wallets.sandbox.keys import ensure_rsa_pair, ensure_text_secret, relative
from wallets.sandbox.merchant import Merchant

SHORT_CODE = "174379"
INITIATOR = "sandboxapi"
LONG = 64
TEXTS = {"consumer_key": 32, "consumer_secret": 32, "passkey": LONG, "callback_key": LONG, "initiator_password": 24}


def merchants(base_url: str, secrets_dir: Path) -> dict[str, Merchant]:
    _private, public = ensure_rsa_pair(secrets_dir, "mpesa", "safaricom")
    files = {name: ensure_text_secret(secrets_dir, "mpesa", name, length=length) for name, length in TEXTS.items()}
    secrets = {name: relative(secrets_dir, path) for name, path in {**files, "certificate": public}.items()}
    base = {"base_url": f"{base_url}/mpesa", "short_code": SHORT_CODE}
    notify = f"{getattr(settings, 'PUBLIC_URL', '')}/webhooks/wallets/mpesa/"
    once = {**base, "initiator": INITIATOR, "callback_url": notify}
    return {
        "mpesa": _merchant("M-Pesa", once, secrets),
        # A short code has one address: the one at which payments of standing orders are heard of.
        "mpesa_ratiba": replace(_merchant("M-Pesa Ratiba", base, secrets), registers_address=True),
    }


def _merchant(name: str, options: dict[str, str], secrets: dict[str, str]) -> Merchant:
    return Merchant(name=name, regions=("KE",), currencies=frozenset({"KES"}), options=options, secrets=secrets)
