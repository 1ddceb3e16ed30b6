"""Builds the adapter from a provider's settings.

Options: `api_url` (https://api.mch.weixin.qq.com), `mch_id`, `app_id`, `merchant_serial` (of the merchant's own
certificate), `platform_keys` (`serial=secret name`, or only the secret's name for a certificate; comma-separated: two
while one key replaces the other), optional `server_ip`. Secrets: `private_key`, `api_v3_key`, and each platform key.
With the secret `app_secret` of the official account `app_id`, payments inside WeChat too; optional `account_page_url`
(https://open.weixin.qq.com) and `account_api_url` (https://api.weixin.qq.com).
With `plan_id`, 委托代扣 too: secret `api_v2_key`, optional `plan_limit` (fen, default 50000) and `sign_opens_in`
(`wallet`, or `browser` where the signing page is a plain web page).
"""

from wallets.providers.config import ProviderConfig
from wallets.providers.errors import ConfigError
from wallets.providers.wechat.adapter import WeChatPay, WeChatPayWithContracts
from wallets.providers.wechat.payer import OfficialAccount
from wallets.providers.wechat.requests import STARTING_LIMIT, Merchant, Plan
from wallets.providers.wechat.signing import Keyring, Signer, Vault, certificate_serial
from wallets.providers.wechat.signing_v2 import SharedKey
from wallets.providers.wechat.v2 import V2
from wallets.providers.wechat.v3 import V3

KEY_LENGTH = 32
ACCOUNT_PAGES = "https://open.weixin.qq.com"
ACCOUNT_API = "https://api.weixin.qq.com"


def build(config: ProviderConfig) -> WeChatPay:
    url, mch_id, app_id = config.option("api_url").rstrip("/"), config.option("mch_id"), config.option("app_id")
    merchant = Merchant(mch_id=mch_id, app_id=app_id, server_ip=config.options.get("server_ip") or "127.0.0.1")
    v3 = V3(
        url=url,
        mch_id=mch_id,
        serial=config.option("merchant_serial"),
        signer=Signer(config.secret("private_key")),
        keyring=Keyring(_platform_keys(config)),
        now=config.now,
    )
    vault = Vault(_shared_key(config, "api_v3_key"))
    account = _official_account(config, app_id)
    if not config.options.get("plan_id"):
        return WeChatPay(merchant=merchant, v3=v3, vault=vault, currencies=config.currencies, account=account)
    key = SharedKey(_shared_key(config, "api_v2_key"))
    v2 = V2(url=url, mch_id=mch_id, app_id=app_id, key=key, now=config.now)
    return WeChatPayWithContracts(
        merchant=merchant,
        v3=v3,
        v2=v2,
        vault=vault,
        plan=_plan(config),
        currencies=config.currencies,
        account=account,
    )


def _platform_keys(config: ProviderConfig) -> dict[str, bytes]:
    """A public key is named by the serial WeChat gave it; a certificate knows its own."""
    keys: dict[str, bytes] = {}
    for entry in config.option("platform_keys").split(","):
        left, named, right = (part.strip() for part in entry.partition("="))
        if not left:
            raise ConfigError("WeChat Pay: option 'platform_keys' must read like PUB_KEY_ID_1=secret.")
        pem = config.secret(right if named else left)
        keys[left if named else _own_serial(pem)] = pem
    return keys


def _own_serial(pem: bytes) -> str:
    try:
        return certificate_serial(pem)
    except ValueError as error:
        raise ConfigError("WeChat Pay: name a public key in 'platform_keys' like PUB_KEY_ID_1=secret.") from error


def _official_account(config: ProviderConfig, app_id: str) -> OfficialAccount | None:
    if "app_secret" not in config.secrets:
        return None
    return OfficialAccount(
        app_id=app_id,
        secret=config.secret("app_secret").decode("ascii", "replace").strip(),
        page_url=(config.options.get("account_page_url") or ACCOUNT_PAGES).rstrip("/"),
        api_url=(config.options.get("account_api_url") or ACCOUNT_API).rstrip("/"),
    )


def _shared_key(config: ProviderConfig, name: str) -> bytes:
    key = config.secret(name).strip()
    if len(key) != KEY_LENGTH:
        raise ConfigError(f"WeChat Pay: secret {name!r} must have {KEY_LENGTH} characters.")
    return key


def _plan(config: ProviderConfig) -> Plan:
    limit = config.options.get("plan_limit") or str(STARTING_LIMIT)
    if not (limit.isascii() and limit.isdigit()):
        raise ConfigError("WeChat Pay: option 'plan_limit' must be a whole number of fen.")
    in_browser = config.options.get("sign_opens_in", "wallet") == "browser"
    return Plan(plan_id=config.option("plan_id"), limit=int(limit), in_browser=in_browser)
