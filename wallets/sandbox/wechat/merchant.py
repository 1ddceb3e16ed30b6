"""Our merchant account at the simulated WeChat Pay."""

from pathlib import Path

from wallets.sandbox.keys import ensure_rsa_pair, ensure_text_secret, relative
from wallets.sandbox.merchant import Merchant

APP_ID = "wx00000000000000aa"
MCH_ID = "1900000001"
PLAN_ID = "10001"
# The most one deduction may take, in fen. Real plans begin at 500 yuan.
PLAN_LIMIT = 5_000_000
MERCHANT_SERIAL = "5157F09EFDC096DE15EBE81A47057A7200000001"
PLATFORM_SERIAL = "PUB_KEY_ID_0119000000012026010100000000000001"
NEXT_SERIAL = "PUB_KEY_ID_0119000000012026010100000000000002"
CURRENCIES = frozenset({"CNY", "TWD", "HKD", "USD", "EUR", "GBP", "KES"})


def merchants(base_url: str, secrets_dir: Path) -> dict[str, Merchant]:
    options = {
        "api_url": f"{base_url}/wechat",
        "mch_id": MCH_ID,
        "app_id": APP_ID,
        "merchant_serial": MERCHANT_SERIAL,
        "platform_keys": f"{PLATFORM_SERIAL}=platform_key,{NEXT_SERIAL}=platform_key_next",
        "plan_id": PLAN_ID,
        "plan_limit": str(PLAN_LIMIT),
        # The simulated signing page is a plain web page; there is no WeChat to open.
        "sign_opens_in": "browser",
        "account_page_url": f"{base_url}/wechat",
        "account_api_url": f"{base_url}/wechat",
    }
    files = {
        "private_key": ensure_rsa_pair(secrets_dir, "wechat", "merchant")[0],
        "platform_key": ensure_rsa_pair(secrets_dir, "wechat", "platform")[1],
        "platform_key_next": ensure_rsa_pair(secrets_dir, "wechat", "platform_next")[1],
        "api_v3_key": ensure_text_secret(secrets_dir, "wechat", "api_v3_key"),
        "api_v2_key": ensure_text_secret(secrets_dir, "wechat", "api_v2_key"),
        "app_secret": ensure_text_secret(secrets_dir, "wechat", "app_secret"),
    }
    secrets = {name: relative(secrets_dir, path) for name, path in files.items()}
    # A mainland merchant has CNY only; the sandbox takes more, so a journey can pay any demo placement.
    one = Merchant(name="WeChat Pay", regions=("CN",), options=options, secrets=secrets, currencies=CURRENCIES)
    return {"wechat": one}
