"""Builds the adapter from a provider's settings.

Options: `api_url`, `client_id`, `merchant_id` (our account at PayPal), `webhook_id` (of the webhook registered in
PayPal's dashboard for our address). Only a stand-in for PayPal also sets `certificates_url` and `certificate_host`.
Secrets: `client_secret`; optional `trusted_roots` (PEM) instead of the usual certificate authorities.
"""

from pathlib import Path
from urllib.parse import urlsplit

import certifi

from wallets.providers.config import ProviderConfig
from wallets.providers.errors import ConfigError
from wallets.providers.paypal.adapter import PayPal
from wallets.providers.paypal.certificates import Certificates
from wallets.providers.paypal.gateway import Gateway
from wallets.providers.paypal.webhooks import Webhooks

FOLDER = "/v1/notifications/certs/"
# Where webhook certificates come from and the name they bear, by the host of the API.
PINNED = {
    "api-m.paypal.com": ("https://api.paypal.com", "messageverificationcerts.paypal.com"),
    "api.paypal.com": ("https://api.paypal.com", "messageverificationcerts.paypal.com"),
    "api-m.sandbox.paypal.com": ("https://api.sandbox.paypal.com", "messageverificationcerts.sandbox.paypal.com"),
    "api.sandbox.paypal.com": ("https://api.sandbox.paypal.com", "messageverificationcerts.sandbox.paypal.com"),
}
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def build(config: ProviderConfig) -> PayPal:
    url = _address(config.option("api_url"), "api_url")
    gateway = Gateway(
        url=url,
        client_id=config.option("client_id"),
        secret=config.secret("client_secret").decode().strip(),
        now=config.now,
    )
    merchant_id = config.option("merchant_id")
    webhooks = Webhooks(
        certificates=_certificates(config, url),
        webhook_id=config.option("webhook_id"),
        merchant_id=merchant_id,
        now=config.now,
    )
    return PayPal(
        gateway,
        webhooks=webhooks,
        merchant_id=merchant_id,
        currencies=config.currencies,
        takes_money=config.takes_money,
    )


def _certificates(config: ProviderConfig, api_url: str) -> Certificates:
    pinned = PINNED.get(urlsplit(api_url).hostname or "")
    base, host = pinned or (config.option("certificates_url"), config.option("certificate_host"))
    own = "trusted_roots" in config.secrets
    roots = config.secret("trusted_roots") if own else Path(certifi.where()).read_bytes()
    return Certificates(base=_address(base, "certificates_url") + FOLDER, host=host, roots=roots)


def _address(text: str, name: str) -> str:
    """Encrypted, or a neighbour (this machine, a container beside us), which only a stand-in can be."""
    parts = urlsplit(text)
    plain = parts.scheme == "http" and (parts.hostname in LOOPBACK or "." not in (parts.hostname or "."))
    if not parts.hostname or not (parts.scheme == "https" or plain) or parts.username or parts.query:
        raise ConfigError(f"PayPal: option {name!r} must be an https address.")
    return text.rstrip("/")
