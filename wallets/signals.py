"""What the apps on the right may hear about mandates.

`mandate_started` and `mandate_stopped` are sent inside the transaction of the change, under the account's lock: what
receivers write stands or falls with it. `mandate_confirmed` is a courtesy after the commit.
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


def tell_started(mandate: Mandate) -> None:
    """Signed in the wallet. Receivers get `mandate`."""
    mandate_started.send(sender=Mandate, mandate=mandate)
    transaction.on_commit(partial(_confirm, mandate))


def tell_stopped(mandate: Mandate, *, before: str) -> None:
    """Paused or over: nothing may be debited from here on. Receivers get `mandate` and `before`, its last state."""
    mandate_stopped.send(sender=Mandate, mandate=mandate, before=before)


def _confirm(mandate: Mandate) -> None:
    for receiver, answer in mandate_confirmed.send_robust(sender=Mandate, mandate=mandate):
        if isinstance(answer, Exception):
            logger.error("mandate_confirmed receiver failed", extra={"receiver": str(receiver)}, exc_info=answer)
