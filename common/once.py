"""Forms that may arrive twice: the token in the form is used up in the transaction of the change itself."""

from __future__ import annotations

from uuid import uuid4

from django.db import connection, transaction

from common.clock import real_now
from common.models import IdempotencyRecord

LONGEST_TOKEN = 64


def new_form_token() -> str:
    return uuid4().hex


def use_token(caller: str, token: str) -> bool:
    """True the first time this caller sends this token. A repeat waits for the first to commit and gets False.

    Call it inside the transaction of the change, so that a change rolled back leaves the token free.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("use_token() belongs in the transaction of the change.")
    if not token:
        return True
    moment = real_now()
    _row, first = IdempotencyRecord.objects.get_or_create(
        caller=caller,
        key=f"form:{token[:LONGEST_TOKEN]}",
        defaults={"fingerprint": "form", "status": 303, "started_at": moment, "finished_at": moment},
    )
    return first
