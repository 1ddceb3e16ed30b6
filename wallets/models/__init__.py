"""The provider register and its health, a debtor's linked wallets, and the mandates they signed."""

from wallets.models.health import ProviderMinute
from wallets.models.mandates import MANDATE_STATES, Mandate
from wallets.models.methods import PaymentMethod
from wallets.models.register import PROVIDER_STATES, Provider, ProviderFee

__all__ = [
    "MANDATE_STATES",
    "PROVIDER_STATES",
    "Mandate",
    "PaymentMethod",
    "Provider",
    "ProviderFee",
    "ProviderMinute",
]
