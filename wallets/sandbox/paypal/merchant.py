"""Our merchant account at the simulated PayPal."""

from pathlib import Path

from wallets.sandbox.keys import ensure_text_secret, relative
from wallets.sandbox.merchant import Merchant
from wallets.sandbox.paypal.authority import HOST, ensure_authority

CLIENT_ID = "AZsandboxClient000000000000000000000001"
MERCHANT_ID = "SANDBOXMERCH1"
WEBHOOK_ID = "8PT597110X687430L"
CURRENCIES = frozenset({
    "AUD", "BRL", "CAD", "CHF", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "ILS", "JPY",
    "MXN", "MYR", "NOK", "NZD", "PHP", "PLN", "SEK", "SGD", "THB", "TWD", "USD",
})  # fmt: skip


def merchants(base_url: str, secrets_dir: Path) -> dict[str, Merchant]:
    secret = ensure_text_secret(secrets_dir, "paypal", "client_secret", length=64)
    authority = ensure_authority(secrets_dir)
    options = {
        "api_url": f"{base_url}/paypal",
        "client_id": CLIENT_ID,
        "merchant_id": MERCHANT_ID,
        "webhook_id": WEBHOOK_ID,
        "certificates_url": f"{base_url}/paypal",
        "certificate_host": HOST,
    }
    secrets = {
        "client_secret": relative(secrets_dir, secret),
        "trusted_roots": relative(secrets_dir, authority.root),
    }
    regions = ("US", "GB", "IE", "DE", "FR", "ES", "IT", "NL", "BE", "AT", "PT", "FI", "SE", "DK", "PL", "TW", "HK")
    return {"paypal": Merchant(name="PayPal", regions=regions, options=options, secrets=secrets, currencies=CURRENCIES)}
