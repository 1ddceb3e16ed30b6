"""What the apps on the right may hear about mandates.

`mandate_started` and `mandate_stopped` are sent inside the transaction of the change, under the account's lock: what
receivers write stands or falls with it. `mandate_confirmed` is a courtesy after the commit, and so is
`mandate_end_in_wallet`: the mandate has ended here and only its payer can end it at the wallet.
"""

from __future__ import annotations

import logging
from functools import partial

from django.db import transaction
from django.dispatch import Signal

from wallets.models import Mandate

logger = logging.getLogger(__name__)

mandate_started = Signal()
mandate_stopped = Signal()
mandate_confirmed = Signal()
mandate_end_in_wallet = Signal()


def tell_started(mandate: Mandate) -> None:
    """Signed in the wallet. Receivers get `mandate`."""
    mandate_started.send(sender=Mandate, mandate=mandate)
    transaction.on_commit(partial(_confirm, mandate))


def tell_stopped(mandate: Mandate, *, before: str) -> None:
    """Paused or over: nothing may be debited from here on. Receivers get `mandate` and `before`, its last state."""
    mandate_stopped.send(sender=Mandate, mandate=mandate, before=before)


def tell_end_in_wallet(mandate: Mandate) -> None:
    transaction.on_commit(partial(_send, mandate_end_in_wallet, mandate))


def _confirm(mandate: Mandate) -> None:
    _send(mandate_confirmed, mandate)


def _send(signal: Signal, mandate: Mandate) -> None:
    for receiver, answer in signal.send_robust(sender=Mandate, mandate=mandate):
        if isinstance(answer, Exception):
            logger.error("a receiver of mandates failed", extra={"receiver": str(receiver)}, exc_info=answer)
