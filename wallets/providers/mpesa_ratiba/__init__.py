"""M-Pesa Ratiba (Safaricom Daraja): standing orders which the payer approves and Safaricom runs by itself."""

from django.utils.translation import gettext_lazy as _

from wallets.providers.facts import Facts
from wallets.providers.mpesa.reading_back import BOOKS
from wallets.providers.mpesa_ratiba.settings import build

__all__ = ["FACTS", "build"]

FACTS = Facts(
    known_as="M-Pesa Ratiba",
    name=_("M-Pesa standing order"),
    merchant=("short_code", "receiver"),
    books=BOOKS,
    how_to_end=_("Dial *334# on the phone that pays, or open Ratiba in the M-Pesa app, and cancel the order."),
)
