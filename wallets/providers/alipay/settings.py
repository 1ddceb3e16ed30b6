"""Builds the adapter from a provider's settings.

Options: `gateway_url`, `app_id`, `seller_id`; optional `sign_scene`, `product_code` (of the agreement contract),
`agreement_opens_in` (`wallet`, or `browser` where the agreement page is a plain web page).
Secrets: `private_key`, `alipay_public_key`; for certificate mode also `app_certificate` and `root_certificate`.
`currencies` is CNY for a mainland merchant; the simulator accepts others, so a sandbox journey can pay any placement.
"""

from wallets.providers.alipay.adapter import Alipay
from wallets.providers.alipay.certificates import certificate_sn, root_certificate_sn
from wallets.providers.alipay.gateway import Gateway
from wallets.providers.alipay.requests import Agreements
from wallets.providers.alipay.signing import Signer, Verifier
from wallets.providers.config import ProviderConfig
from wallets.providers.errors import ConfigError


def build(config: ProviderConfig) -> Alipay:
    gateway = Gateway(
        url=config.option("gateway_url"),
        app_id=config.option("app_id"),
        signer=Signer(config.secret("private_key")),
        verifier=Verifier(config.secret("alipay_public_key")),
        now=config.now,
        certificate_fields=_certificate_fields(config),
    )
    agreements = Agreements(
        sign_scene=config.options.get("sign_scene", "INDUSTRY|CREDIT_REPAYMENT"),
        product_code=config.options.get("product_code", "CYCLE_PAY_AUTH"),
        in_browser=config.options.get("agreement_opens_in", "wallet") == "browser",
    )
    return Alipay(gateway, seller_id=config.option("seller_id"), agreements=agreements, currencies=config.currencies)


def _certificate_fields(config: ProviderConfig) -> dict[str, str]:
    if "app_certificate" not in config.secrets:
        return {}
    try:
        return {
            "app_cert_sn": certificate_sn(config.secret("app_certificate")),
            "alipay_root_cert_sn": root_certificate_sn(config.secret("root_certificate")),
        }
    except ValueError as error:
        raise ConfigError("Alipay: a certificate file could not be read.") from error
