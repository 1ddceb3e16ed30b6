"""When to ask a provider again about an attempt that is not final, and when to leave it to a person."""

from __future__ import annotations

from datetime import timedelta

from common.clock import now
from payments.models import Attempt
from wallets.gateway import adapter
from wallets.providers.base import ConfigError

LADDER = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
)
# A payer who charged a saved wallet waits for this before they can pay otherwise; no provider's books lag so long.
NEVER_HEARD_OF = timedelta(hours=24)
AFTER_EXPIRY = timedelta(minutes=2)


def next_look_up(attempt: Attempt) -> bool:
    """Sets `look_up_at` to the next rung; False (and no time) when nobody can wait any longer.

    After the last rung a page waits for its end. Anything else is asked about as often as on that rung, for as long
    as this provider may take: a bank debit can be on its way for weeks.
    """
    moment = now()
    ends = attempt.expires_at + AFTER_EXPIRY if attempt.expires_at else None
    if attempt.look_ups < len(LADDER):
        attempt.look_up_at = moment + LADDER[attempt.look_ups]
    elif ends and ends > moment:
        attempt.look_up_at = ends
    elif moment < attempt.created_at + _patience(attempt):
        attempt.look_up_at = moment + LADDER[-1]
    else:
        attempt.look_up_at = None
    return attempt.look_up_at is not None


def _patience(attempt: Attempt) -> timedelta:
    if attempt.method_id and not attempt.provider_reference:
        return NEVER_HEARD_OF
    try:
        about = adapter(attempt.provider).descriptor
    except ConfigError:
        return timedelta()
    return max(about.pending_after, about.unknown_after)
