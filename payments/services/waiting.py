"""When to ask a provider again about an attempt that is not final, and when to leave it to a person."""

from __future__ import annotations

from datetime import timedelta

from common.clock import now
from payments.models import Attempt
from wallets.gateway import adapter
from wallets.providers.base import ConfigError, Descriptor, IdempotencyKind

LADDER = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
)
# A payer who charged a saved wallet waits for this before they can pay otherwise, and an instalment whose debit no
# wallet has heard of for this before a person sees it; no provider's books lag so long.
NEVER_HEARD_OF = timedelta(hours=24)
# Of the ladder: from the fourth question on, a quarter of an hour after the call, "not found" is an answer.
BOOKS_CAUGHT_UP = 4
# A claim's lease and the call itself, with room: what is sent within the life of its key arrives within it.
ON_THE_WAY = timedelta(minutes=15)
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


def repeats_safely(attempt: Attempt, about: Descriptor) -> bool:
    """Whether its number, sent again now, can move no money a second time, however late the first call arrives.

    A key that is remembered for a while counts from the attempt's beginning, which is before its first use.
    """
    if about.idempotency is IdempotencyKind.NONE:
        return False
    life = about.idempotency_lifetime
    return life is None or now() + ON_THE_WAY < attempt.created_at + life


def _patience(attempt: Attempt) -> timedelta:
    unheard_of = attempt.method_id or (attempt.mandate_id and attempt.state == "unknown")
    if unheard_of and not attempt.provider_reference:
        return NEVER_HEARD_OF
    try:
        about = adapter(attempt.provider).descriptor
    except ConfigError:
        return timedelta()
    return max(about.pending_after, about.unknown_after)
