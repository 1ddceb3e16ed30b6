"""How the product is set up against the sandbox: the options and secrets of its Alipay merchant account."""

from pathlib import Path

from wallets.sandbox.alipay.world import APP_ID, CURRENCIES, SELLER_ID
from wallets.sandbox.keys import ensure_alipay_keys


def alipay_options(base_url: str) -> dict[str, str]:
    return {
        "gateway_url": f"{base_url.rstrip('/')}/alipay/gateway.do",
        "app_id": APP_ID,
        "seller_id": SELLER_ID,
        # The simulated agreement page is a plain web page; there is no wallet app to open.
        "agreement_opens_in": "browser",
    }


def alipay_secrets(secrets_dir: Path | str) -> dict[str, str]:
    """Secret names to files relative to `secrets_dir`; the keys are made when missing."""
    files = ensure_alipay_keys(secrets_dir)
    return {
        "private_key": files.relative(files.merchant_private),
        "alipay_public_key": files.relative(files.alipay_public),
    }


def alipay_currencies() -> frozenset[str]:
    """A mainland merchant has CNY only; the sandbox takes more, so a journey can pay any demo placement."""
    return CURRENCIES
