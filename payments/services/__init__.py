"""What the rest of the platform may do with money. Callers import from here.

Everything that talks to a provider must be called outside a transaction; it says so by raising when it is not.
"""

from payments.services.applying import apply_provider_event, apply_waiting_events
from payments.services.closing import close_attempt
from payments.services.inbox import receive_notice
from payments.services.links import create_link, link_url, open_link, revoke_link
from payments.services.lookups import close_expired_attempts, look_up_due_attempts, refresh_payment
from payments.services.noticing import mark_noticed
from payments.services.outcomes import Applied, apply_result
from payments.services.resolving import give_up_attempt, mark_seen
from payments.services.starting import StartedPayment, start_link_payment

__all__ = [
    "Applied",
    "StartedPayment",
    "apply_provider_event",
    "apply_result",
    "apply_waiting_events",
    "close_attempt",
    "close_expired_attempts",
    "create_link",
    "give_up_attempt",
    "link_url",
    "look_up_due_attempts",
    "mark_noticed",
    "mark_seen",
    "open_link",
    "receive_notice",
    "refresh_payment",
    "revoke_link",
    "start_link_payment",
]
