"""M-Pesa (Safaricom Daraja): payments by a prompt on the payer's phone, reversals, the books of the last 48 hours."""

from django.utils.translation import gettext_lazy as _

from wallets.providers.facts import Facts
from wallets.providers.mpesa.reading_back import BOOKS, phone_code
from wallets.providers.mpesa.settings import build

__all__ = ["FACTS", "build"]

FACTS = Facts(
    known_as="M-Pesa", name=_("M-Pesa"), merchant=("short_code", "receiver"), books=BOOKS, payer_number=phone_code
)
