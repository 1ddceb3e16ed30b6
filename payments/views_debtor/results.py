"""How a payment stands, in the words and the picture a payer needs."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from payments.models import Attempt, Payment
from payments.words import reason_words
from wallets.providers.paid_with import PaidWith

# What the reasons that speak of an agreement mean where a saved wallet was charged once.
OF_A_SAVED_WALLET = {
    "authentication_required": _("Your bank wants you to confirm it yourself: pay on the wallet's own page this time."),
    "mandate_revoked": _("The wallet does not know it as saved any more. Pay on its own page, and save it there anew."),
    "mandate_expired": _("The saved card has run out. Pay on the wallet's own page, and save the new card there."),
}
# What the payer sees of a failure is decided by these; everything else is the wallet's plain "declined".
UNFINISHED = ("requires_action",)
SLOW = ("sepa_debit",)
IN_THE_AIR = ("created", "sending", "pending", "unknown")


@dataclass(frozen=True)
class Result:
    """`template`: done, unfinished, waiting, failed, checked or reversed. `waiting`: asking again makes sense.

    `saved`: it was charged to a saved wallet, without a page of the wallet's. `slow`: a bank works on it for days.
    """

    template: str
    wallet: str
    reason: str = ""
    saved: bool = False
    slow: bool = False

    @property
    def waiting(self) -> bool:
        return self.template in ("unfinished", "waiting")


def is_slow(attempt: Attempt) -> bool:
    """A bank debit is accepted at once and paid days later, or not."""
    chosen = PaidWith.read(attempt.paid_with)
    return attempt.state == "pending" and chosen is not None and chosen.method in SLOW


def result_of(payment: Payment) -> Result:
    attempt = payment.attempts.select_related("provider").order_by("-pk").first()
    wallet = attempt.wallet_words if attempt else ""
    if payment.state == "succeeded":
        return Result("done", wallet)
    if payment.state == "reversed":
        return Result("reversed", wallet)
    if attempt is not None and attempt.needs_person:
        return Result("checked", wallet)
    if payment.state == "open" and attempt is not None:
        return Result("unfinished" if attempt.state in UNFINISHED else "waiting", wallet, slow=is_slow(attempt))
    reason = attempt.reason or attempt.decline_code if attempt else ""
    saved = attempt is not None and attempt.method_id is not None
    return Result("failed", wallet, _words(reason, saved) if reason else "", saved)


def _words(reason: str, saved: bool) -> str:
    return str(OF_A_SAVED_WALLET[reason]) if saved and reason in OF_A_SAVED_WALLET else reason_words(reason)
