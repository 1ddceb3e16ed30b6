"""What can be given back of a payment, and how: asked by the form, and again under the lock when it is sent in."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from common.errors import Conflict
from common.money import Money
from payments.models import Attempt, Payment, Refund
from payments.refunds.surplus import free_surplus
from payments.services.shares import OWN_BANK, Source, standing_of
from payments.services.unsent_refunds import room
from wallets.gateway import adapter
from wallets.providers.base import Capability, ConfigError, Descriptor


class RefundRefused(Conflict):
    """This cannot be given back so; `details["why"]` is a stable word for tests and pages."""

    code = "refund_refused"


@dataclass(frozen=True)
class Choice:
    """`most` can be given back in all, `surplus` of it was paid beyond the debt. `wallet_refusal` says why only a
    transfer of our own is possible, "" when the wallet can do it."""

    source: Source
    most: Money
    surplus: Money
    wallet_refusal: str


def choices_of(payment: Payment) -> Choice:
    """Raises `RefundRefused`, with what to do instead, when nothing of this payment can be given back."""
    source = _paid_source(payment)
    most = room(source)
    if most <= 0:
        raise RefundRefused(
            _("All of this payment has been given back, or is on its way back, already."), why="nothing_left"
        )
    surplus = min(most, max(0, standing_of(source).surplus), max(0, free_surplus(payment.account).minor))
    return Choice(
        source,
        Money(most, payment.currency),
        Money(surplus, payment.currency),
        _wallet_refusal(source),
    )


def _paid_source(payment: Payment) -> Source:
    if payment.source == "direct":
        raise RefundRefused(
            _("The creditor received this payment itself. Ask the creditor to give it back and to report it."),
            why="paid_to_creditor",
        )
    if payment.source == OWN_BANK and payment.state == "succeeded":
        return payment
    attempt = payment.attempts.select_related("provider").filter(state="succeeded").order_by("-pk").first()
    if attempt is None:
        raise RefundRefused(_("This payment has not arrived, so there is nothing to give back."), why="not_received")
    attempt.payment = payment
    if attempt.disputes.filter(returned=None).exists():
        raise RefundRefused(
            _("The payer disputes this payment at the wallet. Wait for the decision: a refund beside it pays twice."),
            why="disputed",
        )
    return attempt


def _descriptor(attempt: Attempt) -> Descriptor | None:
    try:
        return adapter(attempt.provider).descriptor
    except ConfigError:
        return None


def _wallet_refusal(source: Source) -> str:
    if isinstance(source, Payment):
        return _("It came to our own bank account, so it goes back by our own transfer.")
    attempt, about = source, _descriptor(source)
    if about is None or not about.can(Capability.REFUND):
        return _("%(wallet)s cannot give money back for us. Give it back by our own transfer.") % {
            "wallet": attempt.provider.display_name
        }
    return ""


def refuse_amount(choice: Choice, amount: Money, *, purpose: str, way: str) -> None:
    """Raises `RefundRefused` for an amount that cannot go this way."""
    if amount.currency != choice.most.currency or amount.minor <= 0:
        raise RefundRefused(_("The amount must be more than nothing."), why="amount")
    if amount.minor > choice.most.minor:
        raise RefundRefused(_("At most %(amount)s can be given back.") % {"amount": choice.most}, why="too_much")
    if purpose == Refund.Purpose.OVERPAYMENT and amount.minor > choice.surplus.minor:
        raise RefundRefused(
            _("Only %(amount)s was paid too much. To give back more, choose that it is owed again.")
            % {"amount": choice.surplus},
            why="no_surplus",
        )
    if way == Refund.Way.WALLET:
        _refuse_at_wallet(choice, amount)


def _refuse_at_wallet(choice: Choice, amount: Money) -> None:
    if choice.wallet_refusal:
        raise RefundRefused(choice.wallet_refusal, why="cannot")
    assert isinstance(choice.source, Attempt)  # noqa: S101 - what no wallet carried was refused above
    about, attempt = _descriptor(choice.source), choice.source
    if about and not about.can(Capability.PARTIAL_REFUND) and amount.minor != attempt.amount_minor:
        raise RefundRefused(
            _("%(wallet)s gives back whole payments only. Choose the whole amount, or our own transfer.")
            % {"wallet": attempt.provider.display_name},
            why="whole_only",
        )
    if about and amount.minor % about.step(amount.currency):
        raise RefundRefused(_("This wallet takes whole amounts only."), why="step")
