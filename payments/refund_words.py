"""Refunds, disputes and surpluses as people say them."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

STATES = {
    "requested": _("waits for a second person"),
    "approved": _("agreed, not sent yet"),
    "sending": _("being sent"),
    "pending": _("on its way"),
    "unknown": _("outcome not known yet"),
    "succeeded": _("given back"),
    "failed": _("not given back"),
    "rejected": _("turned down"),
}
TONES = {
    "requested": "warn",
    "approved": "info",
    "sending": "info",
    "pending": "info",
    "unknown": "warn",
    "succeeded": "good",
    "failed": "bad",
    "rejected": "quiet",
}
SURPLUS_STATES = {"requested": _("waits for a second person"), "done": _("done"), "rejected": _("turned down")}
REASONS = {
    "made_elsewhere": _(
        "Money was given back at the wallet itself. It is posted and owed again; see that this is right."
    ),
    "refund_returned": _("The payer's bank sent the refund back to us. Agree with the person on another way."),
    "refunded_twice": _("The wallet reports more given back than was paid. Compare its books before doing anything."),
    "late_success": _("The refund went out after all. It is posted."),
    "never_answered": _("The wallet never said what became of it. Ask it again, or look at the wallet's own page."),
    "lost_claim": _("It may not have been sent; it is sent again under the same number, which the wallet pays once."),
    "taken_back": _("The wallet took the payment back first, so nothing is left to refund. Turn it down."),
    "disputed": _("The payer disputes the payment at the wallet."),
    "disputed_again": _("A dispute that was decided for us is open again. Look at the wallet's own page."),
    "dispute_over": _("The dispute at the wallet is over. See there how it ended, and whether the hold can end."),
    "dispute_won": _("The dispute was decided for us and the money is back. See whether the hold can end."),
    "refunded": _("The wallet reports that money went back to the payer, and it does not fit what was paid."),
    "given_up": _("A person closed it: no money had left."),
}
EVENTS = (
    ("refund.requested", "decisions", "arrow-counterclockwise", "info", _("Refund asked for")),
    ("refund.approved", "decisions", "check-circle", "info", _("Refund agreed")),
    ("refund.rejected", "decisions", "x-circle", "quiet", _("Refund turned down")),
    ("refund.sent", "payments", "send", "info", _("Refund sent")),
    ("refund.sent_again", "decisions", "send", "info", _("Refund sent again")),
    ("refund.succeeded", "payments", "arrow-counterclockwise", "warn", _("Money given back")),
    ("refund.failed", "payments", "x-circle", "bad", _("Refund failed")),
    ("refund.found", "payments", "eye", "warn", _("Refund found at the wallet")),
    ("refund.needs_person", "payments", "question-circle", "warn", _("A refund needs a person")),
    ("refund.given_up", "decisions", "x-circle", "quiet", _("Refund closed by hand")),
    ("refund.reviewed", "decisions", "eye", "quiet", _("Refund looked at")),
    ("payment.given_back", "payments", "arrow-repeat", "good", _("Disputed money is back")),
    ("surplus.requested", "decisions", "arrow-repeat", "info", _("Other use of a surplus asked for")),
    ("surplus.moved", "payments", "check-circle", "good", _("Surplus set against another account")),
    ("surplus.rejected", "decisions", "x-circle", "quiet", _("Other use of a surplus turned down")),
    ("surplus.kept", "decisions", "piggy-bank", "info", _("Surplus kept as credit")),
)
