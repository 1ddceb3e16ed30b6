"""What money asks for next on an account: a payment nobody knows the end of comes before everything else."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Account
from accounts.next_action import Advice, Step, register
from payments.models import Attempt, Refund


def payment(account: Account) -> Advice | None:
    attempt = Attempt.objects.filter(needs_person=True, payment__account=account).select_related("payment").first()
    if attempt is None:
        return None
    href = reverse("payment_page", args=[attempt.payment.reference])
    return Advice(_("Decide about a payment"), _("Its outcome is not known, and money may be in it."), href, tone="bad")


def refund(account: Account) -> Advice | None:
    row = Refund.objects.filter(needs_person=True, payment__account=account).first()
    if row is None:
        return None
    return Advice(
        _("Decide about a refund"), _("It did not go through by itself."), reverse("refund_page", args=[row.reference])
    )


def register_own() -> None:
    register(Step("payment", 10, payment))
    register(Step("refund", 11, refund))
