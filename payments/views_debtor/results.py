"""How a payment stands, in the words and the picture a payer needs."""

from __future__ import annotations

from dataclasses import dataclass

from payments.models import Payment
from payments.words import reason_words

# What the payer sees of a failure is decided by these; everything else is the wallet's plain "declined".
UNFINISHED = ("requires_action",)
IN_THE_AIR = ("created", "sending", "pending", "unknown")


@dataclass(frozen=True)
class Result:
    """`template`: done, unfinished, waiting, failed, checked or reversed. `waiting`: asking again makes sense."""

    template: str
    wallet: str
    reason: str = ""

    @property
    def waiting(self) -> bool:
        return self.template in ("unfinished", "waiting")


def result_of(payment: Payment) -> Result:
    attempt = payment.attempts.select_related("provider").order_by("-pk").first()
    wallet = attempt.provider.display_name if attempt else ""
    if payment.state == "succeeded":
        return Result("done", wallet)
    if payment.state == "reversed":
        return Result("reversed", wallet)
    if attempt is not None and attempt.needs_person:
        return Result("checked", wallet)
    if payment.state == "open" and attempt is not None:
        return Result("unfinished" if attempt.state in UNFINISHED else "waiting", wallet)
    reason = attempt.reason or attempt.decline_code if attempt else ""
    return Result("failed", wallet, reason_words(reason) if reason else "")
