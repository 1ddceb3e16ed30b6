"""What the rest of the platform may do with wallets and debit agreements. Callers import from here.

What talks to a provider must be called outside a transaction; it says so by raising when it is not.
"""

from wallets.services.applying import apply_mandate_notice, apply_mandate_result, note_active
from wallets.services.detaching import tell_providers_of_removals
from wallets.services.ending import revoke_mandate, tell_providers_of_endings
from wallets.services.linking import (
    forget_token,
    link_method,
    mark_used,
    move_method,
    one_at_a_time,
    remove_method,
    rename_method,
)
from wallets.services.pausing import pause_mandate, resume_mandate
from wallets.services.proposing import (
    MandateExists,
    Terms,
    propose_mandate,
    refresh_mandate,
    start_mandate,
)
from wallets.services.reusing import sign_with_saved_wallet
from wallets.services.sweeping import sweep_mandates

__all__ = [
    "MandateExists",
    "Terms",
    "apply_mandate_notice",
    "apply_mandate_result",
    "forget_token",
    "link_method",
    "mark_used",
    "move_method",
    "note_active",
    "one_at_a_time",
    "pause_mandate",
    "propose_mandate",
    "refresh_mandate",
    "remove_method",
    "rename_method",
    "resume_mandate",
    "revoke_mandate",
    "sign_with_saved_wallet",
    "start_mandate",
    "sweep_mandates",
    "tell_providers_of_endings",
    "tell_providers_of_removals",
]
