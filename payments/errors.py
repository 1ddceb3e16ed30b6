"""Refusals around links and payments, each with a stable code and words a debtor can act on."""

from __future__ import annotations

from common.errors import Conflict, NotFound


class LinkUnknown(NotFound):
    code = "link_unknown"


class LinkExpired(NotFound):
    code = "link_expired"
    status = 410


class LinkRevoked(NotFound):
    code = "link_revoked"
    status = 410


class PaymentRefused(Conflict):
    """This account takes no payment now; `details["why"]` is a stable word for tests and pages."""

    code = "payment_refused"


class TooManySavedPayments(PaymentRefused):
    """A saved wallet was charged too often in a short while; its own page stays open to the payer."""

    code = "too_many_tries"
    status = 429


class PaymentStillOpen(Conflict):
    """An earlier payment may still be paid at the provider; `details["until"]` says when that is over, if known."""

    code = "payment_still_open"


class PaymentAlreadyMade(Conflict):
    """The earlier payment turned out to be paid: nothing more was started."""

    code = "payment_already_made"
