"""Our account at the simulated Stripe: a connected account of a platform, so that the account is compared as well."""

from pathlib import Path

from wallets.sandbox.keys import ensure_text_secret, relative
from wallets.sandbox.merchant import Merchant

ACCOUNT = "acct_1SandboxCollector"
# Where its cards are the usual way to pay: part of the European Economic Area, and others.
REGIONS = ("US", "GB", "IE", "DE", "FR", "ES", "IT", "NL", "BE", "AT", "PT", "FI", "SE", "DK", "PL", "JP")
CURRENCIES = frozenset({"EUR", "GBP", "HKD", "JPY", "TWD", "USD"})


def api_key(secrets_dir: Path) -> Path:
    return ensure_text_secret(secrets_dir, "stripe", "api_key", prefix="sk_test_")


def webhook_secret(secrets_dir: Path) -> Path:
    return ensure_text_secret(secrets_dir, "stripe", "webhook_secret", prefix="whsec_")


def merchants(base_url: str, secrets_dir: Path) -> dict[str, Merchant]:
    secrets = {
        "api_key": relative(secrets_dir, api_key(secrets_dir)),
        "webhook_secret": relative(secrets_dir, webhook_secret(secrets_dir)),
    }
    options = {"api_url": f"{base_url}/stripe", "account": ACCOUNT}
    merchant = Merchant(name="Stripe", regions=REGIONS, options=options, secrets=secrets, currencies=CURRENCIES)
    return {"stripe": merchant}
