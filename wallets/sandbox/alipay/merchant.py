"""Our merchant account at the simulated Alipay."""

from pathlib import Path

from wallets.sandbox.alipay.world import APP_ID, CURRENCIES, SELLER_ID
from wallets.sandbox.keys import ensure_alipay_keys
from wallets.sandbox.merchant import Merchant


def merchants(base_url: str, secrets_dir: Path) -> dict[str, Merchant]:
    files = ensure_alipay_keys(secrets_dir)
    options = {
        "gateway_url": f"{base_url}/alipay/gateway.do",
        "app_id": APP_ID,
        "seller_id": SELLER_ID,
        # The simulated agreement page is a plain web page; there is no wallet app to open.
        "agreement_opens_in": "browser",
    }
    secrets = {
        "private_key": files.relative(files.merchant_private),
        "alipay_public_key": files.relative(files.alipay_public),
    }
    # A mainland merchant has CNY only; the sandbox takes more, so a journey can pay any demo placement.
    return {"alipay": Merchant(name="Alipay", regions=("CN",), options=options, secrets=secrets, currencies=CURRENCIES)}
