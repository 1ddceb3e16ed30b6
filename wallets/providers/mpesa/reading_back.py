"""How M-Pesa's payments are found again: in its books, and by their payers."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from wallets.providers.facts import Books
from wallets.providers.mpesa import wire

# The books reach back 48 hours only, so they are asked for early in the morning; they list only money that came in.
BOOKS = Books(zone=wire.NAIROBI, ready=timedelta(hours=1), grace=timedelta(days=1), shows_money_back=False)
# The code in the message on the payer's phone, as the notices name it.
CODES = ("MpesaReceiptNumber", "TransID")


def phone_code(_provider_ref: str, notices: Iterable[Mapping[str, Any]]) -> str:
    return next((str(fields[name]) for fields in notices for name in CODES if fields.get(name)), "")
