"""The courtesies to the apps on the right: sent after the commit.

`payment_confirmed` has the `payments` that have arrived, one or many; `payment_taken_back` the payment, the `amount`
and an `occasion` that names this taking, and says when it was `misplaced`: put on the wrong account by us;
`refund_moved` the refund that was sent or has arrived; `debit_failed` the `attempt` of a debit that was refused and
`next_on`, the day of the next try or None; `plan_agreed` a `plan` that waits for no signature: one that does is
agreed with `wallets.signals.mandate_confirmed`. `promise_taken` comes with the `account` and `until`, the
moment up to which nothing is to be asked for; `promise_over` with `until` by the ids of the accounts: up to when
nothing was. `dispute_moved` comes with a `dispute` about a debt and the `step`: opened, asked, deciding or decided;
`validation_notice_made` with the `notice`; `account_ended` with the `account` that is not collected any more. These are
sent in the transaction of the change.
"""

from __future__ import annotations

import logging
from typing import Any

from django.db import transaction
from django.dispatch import Signal

from payments.faults import stop_point

logger = logging.getLogger(__name__)

payment_confirmed = Signal()
payment_taken_back = Signal()
refund_moved = Signal()
debit_failed = Signal()
plan_agreed = Signal()
promise_taken = Signal()
promise_over = Signal()
dispute_moved = Signal()
validation_notice_made = Signal()
account_ended = Signal()


def tell_after_commit(signal: Signal, sender: Any, **facts: Any) -> None:
    """A receiver that fails does not disturb the money or the others. Who dies before is made up for by a sweep."""

    def send() -> None:
        stop_point("before_words")
        for receiver, answer in signal.send_robust(sender=sender, **facts):
            if isinstance(answer, Exception):
                logger.error("a receiver of payments failed", extra={"receiver": str(receiver)}, exc_info=answer)

    transaction.on_commit(send)
