"""Builds the adapter from a provider's settings.

Secrets: `api_key` (a secret or restricted key), `webhook_secret` (the endpoint's; several, one a line, while one is
being replaced). Options, all optional: `account` (the connected account payments are made for), `methods` (of card,
link, sepa_debit, alipay, wechat_pay), `api_url` (of Stripe or a stand-in).
"""

from wallets.providers.config import ProviderConfig
from wallets.providers.errors import ConfigError
from wallets.providers.stripe import methods
from wallets.providers.stripe.adapter import Stripe
from wallets.providers.stripe.client import Client
from wallets.providers.stripe.webhook import Addressee

API_URL = "https://api.stripe.com"
MODES = {"sk_live_": True, "rk_live_": True, "sk_test_": False, "rk_test_": False}


def build(config: ProviderConfig) -> Stripe:
    api_key = _text(config, "api_key")
    account = config.options.get("account", "")
    livemode = MODES.get(api_key[:8])
    if livemode is None:
        raise ConfigError("Stripe: secret 'api_key' must be a secret or restricted key (sk_live_, rk_test_...).")
    secrets = tuple(_text(config, "webhook_secret").split())
    if not secrets or not all(secret.startswith("whsec_") for secret in secrets):
        raise ConfigError("Stripe: secret 'webhook_secret' must hold the endpoint's secret (whsec_...).")
    url = (config.options.get("api_url") or API_URL).rstrip("/")
    return Stripe(
        Client(api_key=api_key, url=url, account=account, livemode=livemode),
        addressee=Addressee(secrets=secrets, account=account, livemode=livemode),
        methods=methods.chosen(config.options.get("methods") or ",".join(methods.METHODS)),
        currencies=config.currencies,
        now=config.now,
    )


def _text(config: ProviderConfig, name: str) -> str:
    try:
        return config.secret(name).decode("ascii").strip()
    except UnicodeDecodeError as error:
        raise ConfigError(f"Stripe: the file for secret {name!r} is not plain text.") from error
