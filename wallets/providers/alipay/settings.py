"""Builds the adapter from a provider's settings.

Options: `gateway_url`, `app_id`, `seller_id`; optional `sign_scene`, `product_code` (of the agreement contract),
`agreement_opens_in` (`wallet`, or `browser` where the agreement page is a plain web page).
Secrets: `private_key`, and `alipay_public_key` or, for certificate mode, `app_certificate`, `alipay_certificate` and
`root_certificate`; `content_key` where the content of requests is encrypted.
`currencies` is CNY for a mainland merchant; the simulator accepts others, so a sandbox journey can pay any placement.
"""

from wallets.providers.alipay.adapter import Alipay
from wallets.providers.alipay.certificates import Certificates, read_certificates
from wallets.providers.alipay.content import ContentKey
from wallets.providers.alipay.gateway import Gateway
from wallets.providers.alipay.requests import Agreements
from wallets.providers.alipay.signing import Signer, Verifier
from wallets.providers.config import ProviderConfig


def build(config: ProviderConfig) -> Alipay:
    certificates = _certificates(config)
    alipay_key = certificates.alipay_public_key if certificates else config.secret("alipay_public_key")
    gateway = Gateway(
        url=config.option("gateway_url"),
        app_id=config.option("app_id"),
        signer=Signer(config.secret("private_key")),
        verifier=Verifier(alipay_key),
        now=config.now,
        certificates=certificates,
        content_key=ContentKey(config.secret("content_key")) if "content_key" in config.secrets else None,
    )
    agreements = Agreements(
        sign_scene=config.options.get("sign_scene", "INDUSTRY|CREDIT_REPAYMENT"),
        product_code=config.options.get("product_code", "CYCLE_PAY_AUTH"),
        in_browser=config.options.get("agreement_opens_in", "wallet") == "browser",
    )
    return Alipay(gateway, seller_id=config.option("seller_id"), agreements=agreements, currencies=config.currencies)


def _certificates(config: ProviderConfig) -> Certificates | None:
    if "app_certificate" not in config.secrets:
        return None
    return read_certificates(
        application=config.secret("app_certificate"),
        alipay=config.secret("alipay_certificate"),
        roots=config.secret("root_certificate"),
    )
