"""Stripe's objects in our words: payment intents, checkout sessions, refunds, saved payment methods."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from common.http import OutcomeUnknown
from wallets.providers.messages import (
    Action,
    DeclineInfo,
    Dispute,
    MandateResult,
    PaymentResult,
    RefundResult,
)
from wallets.providers.paid_with import PaidWith
from wallets.providers.stripe import codes
from wallets.providers.stripe.amounts import from_stripe
from wallets.providers.stripe.client import Fields, Refused
from wallets.providers.stripe.requests import ATTEMPT, FLOW, OFF_SESSION, REFUND, SAVED
from wallets.providers.vocabulary import ActionKind, DeclineCategory, MandateState, PaymentState, RefundState

NO_MONEY = frozenset({"requires_payment_method", "requires_confirmation", "requires_action"})
PAYMENT_STATES = {
    "succeeded": PaymentState.SUCCEEDED,
    "processing": PaymentState.PENDING,
    "requires_capture": PaymentState.PENDING,
    "canceled": PaymentState.CLOSED,
}
SESSION_STATES = {"open": PaymentState.REQUIRES_ACTION, "expired": PaymentState.CLOSED}
REFUND_STATES = {
    "succeeded": RefundState.SUCCEEDED,
    "pending": RefundState.PENDING,
    "requires_action": RefundState.PENDING,
    "failed": RefundState.FAILED,
    "canceled": RefundState.FAILED,
}
# While a dispute is in one of these, the money is gone from our balance.
MONEY_GONE = frozenset({"needs_response", "under_review", "lost", "appeal_needs_response", "appeal_under_review"})
MOVED_MONEY = MONEY_GONE | {"won"}


def mark(fields: Fields, name: str = ATTEMPT) -> str:
    marks = fields.get("metadata")
    value = marks.get(name) if isinstance(marks, Mapping) else None
    return value if isinstance(value, str) else ""


def name_of(value: Any) -> str:
    """The id of something that may have been expanded."""
    if isinstance(value, Mapping):
        value = value.get("id")
    return value if isinstance(value, str) else ""


def moment(seconds: object) -> datetime | None:
    if not isinstance(seconds, int) or isinstance(seconds, bool) or not 0 < seconds < 1 << 34:
        return None
    return datetime.fromtimestamp(seconds, UTC)


def payment(intent: Fields, session: Fields | None = None) -> PaymentResult:
    """Raises `ValueError` when it is malformed. An unlisted status is an unknown outcome."""
    charge = intent.get("latest_charge")
    paid = charge if isinstance(charge, Mapping) else {}
    result = PaymentResult(
        state=PAYMENT_STATES.get(str(intent.get("status")), PaymentState.UNKNOWN),
        merchant_ref=mark(intent),
        provider_ref=name_of(intent),
        amount=from_stripe(intent.get("amount"), intent.get("currency")),
        paid_at=moment(paid.get("created")) if intent.get("status") == "succeeded" else None,
        saved=_saved(intent),
        paid_with=_paid_with(paid),
    )
    if paid.get("amount_refunded"):
        result = replace(result, refunded=from_stripe(paid["amount_refunded"], intent.get("currency")))
    if intent.get("status") in NO_MONEY:
        return _unpaid(result, intent, session)
    return result


def _unpaid(result: PaymentResult, intent: Fields, session: Fields | None) -> PaymentResult:
    decline = last_decline(intent)
    if mark(intent, FLOW) in (OFF_SESSION, SAVED):
        if intent.get("status") == "requires_payment_method":
            return declined(result, decline or codes.classify("unexplained"))
        asked = confirmation(intent) if mark(intent, FLOW) == SAVED else None
        state = PaymentState.REQUIRES_ACTION if asked else PaymentState.PENDING
        return replace(result, state=state, decline=decline, action=asked)
    if session and session.get("status") == "complete" and intent.get("status") == "requires_payment_method":
        # A bank debit that was accepted on the page and refused days later: the page is over.
        return declined(result, decline or codes.classify("unexplained"))
    # The payer may try again for as long as the page is open.
    state = SESSION_STATES.get(str((session or {}).get("status")), PaymentState.REQUIRES_ACTION)
    return replace(result, state=state, decline=decline, action=action(session) if session else None)


def declined(result: PaymentResult, decline: DeclineInfo) -> PaymentResult:
    """A refusal; an unknown outcome stays unknown, whatever the code was called."""
    unknown = decline.category is DeclineCategory.UNKNOWN_OUTCOME
    return replace(result, state=PaymentState.UNKNOWN if unknown else PaymentState.FAILED, decline=decline)


def last_decline(intent: Fields) -> DeclineInfo | None:
    error = intent.get("last_payment_error") or intent.get("last_setup_error")
    return codes.refusal(Refused(error, 402)) if isinstance(error, Mapping) else None


def unpaid_page(session: Fields, merchant_ref: str) -> PaymentResult:
    """A session on which nobody has tried to pay yet."""
    return PaymentResult(
        state=SESSION_STATES.get(str(session.get("status")), PaymentState.UNKNOWN),
        merchant_ref=merchant_ref,
        provider_ref=name_of(session),
        amount=from_stripe(session.get("amount_total"), session.get("currency")),
        action=action(session),
    )


def confirmation(intent: Fields) -> Action | None:
    """The page on which the payer's bank asks them about a payment with a saved card."""
    wanted = intent.get("next_action")
    place = wanted.get("redirect_to_url") if isinstance(wanted, Mapping) else None
    url = place.get("url") if isinstance(place, Mapping) else None
    if intent.get("status") != "requires_action" or not isinstance(url, str) or not url:
        return None
    return Action(kind=ActionKind.REDIRECT, url=url)


def action(session: Fields) -> Action | None:
    url = session.get("url")
    if session.get("status") != "open" or not isinstance(url, str):
        return None
    return Action(kind=ActionKind.REDIRECT, url=url, expires_at=moment(session.get("expires_at")))


def believed(result: PaymentResult, merchant_ref: str) -> PaymentResult:
    if result.merchant_ref != merchant_ref:
        raise OutcomeUnknown("Stripe answered about another payment.", merchant_ref=merchant_ref)
    return result


def disputed(result: PaymentResult, found: list[Fields]) -> PaymentResult:
    """Each dispute that moved money, and whether it is gone now. The payment is reversed when all of it is."""
    disputes = tuple(_dispute(one) for one in found if one.get("status") in MOVED_MONEY)
    gone = sum(dispute.amount.minor for dispute in disputes if dispute.gone)
    whole = result.amount is not None and gone >= result.amount.minor
    return replace(result, disputes=disputes, state=PaymentState.REVERSED if whole else result.state)


def _dispute(fields: Fields) -> Dispute:
    name, reason = fields["id"], fields.get("reason")
    return Dispute(
        reference=name_of(name),
        amount=from_stripe(fields.get("amount"), fields.get("currency")),
        gone=fields.get("status") in MONEY_GONE,
        reason=str(reason)[: codes.LONGEST_CODE] if reason else "",
    )


def refund(fields: Fields) -> RefundResult:
    failure = fields.get("failure_reason")
    return RefundResult(
        state=REFUND_STATES.get(str(fields.get("status")), RefundState.UNKNOWN),
        refund_ref=mark(fields, REFUND),
        merchant_ref=mark(fields),
        provider_ref=name_of(fields),
        amount=from_stripe(fields.get("amount"), fields.get("currency")),
        decline=codes.classify(str(failure)[: codes.LONGEST_CODE]) if failure else None,
        refunded_at=moment(fields.get("created")) if fields.get("status") == "succeeded" else None,
    )


def _saved(intent: Fields) -> MandateResult | None:
    """What was kept of the payer's wallet while paying, where that was asked for."""
    method, customer = name_of(intent.get("payment_method")), name_of(intent.get("customer"))
    if intent.get("setup_future_usage") != OFF_SESSION or intent.get("status") != "succeeded" or not customer:
        return None
    signed_at = moment(intent.get("created"))
    return MandateResult(
        state=MandateState.ACTIVE,
        merchant_ref=mark(intent),
        mandate_ref=method,
        payer_ref=customer,
        signed_at=signed_at,
        hint=_hint(intent.get("latest_charge")),
    )


def _hint(charge: Any) -> str:
    """The card as its owner knows it, where Stripe tells: its brand and last four digits."""
    details = charge.get("payment_method_details") if isinstance(charge, Mapping) else None
    card = details.get("card") if isinstance(details, Mapping) else None
    brand, last4 = (card.get("brand"), card.get("last4")) if isinstance(card, Mapping) else (None, None)
    if not isinstance(brand, str) or not isinstance(last4, str) or not (last4.isascii() and last4.isdigit()):
        return ""
    return f"{brand.replace('_', ' ').title()} •••• {last4[-4:]}"[:40]


def _paid_with(charge: Fields) -> PaidWith | None:
    """`None` while Stripe does not tell, or in words that are none of ours to keep."""
    details = charge.get("payment_method_details")
    method = str(details.get("type") or "") if isinstance(details, Mapping) else ""
    told = details.get(method) if isinstance(details, Mapping) else None
    chosen = told if isinstance(told, Mapping) else {}
    before = chosen.get("wallet")
    try:
        return PaidWith(
            method=method,
            wallet=str(before.get("type") or "") if isinstance(before, Mapping) else "",
            brand=str(chosen.get("brand") or ""),
            last4=str(chosen.get("last4") or "")[-4:],
        )
    except ValueError:
        return None


def signed(intent: Fields) -> MandateResult:
    """A setup intent: what the debtor did on the page that saves a payment method."""
    done = intent.get("status") == "succeeded"
    return MandateResult(
        state=MandateState.ACTIVE if done else MandateState.PENDING,
        merchant_ref=mark(intent),
        mandate_ref=name_of(intent.get("payment_method")) if done else "",
        payer_ref=name_of(intent.get("customer")),
        signed_at=moment(intent.get("created")) if done else None,
        decline=None if done else last_decline(intent),
    )


def standing(method: Fields, mandate: Fields | None, today: date) -> MandateState:
    """How a saved payment method stands: detached, run out, cancelled at the bank, or good."""
    if not name_of(method.get("customer")):
        return MandateState.REVOKED
    if (mandate or {}).get("status") == "inactive":
        return MandateState.REVOKED
    return MandateState.EXPIRED if _run_out(method.get("card"), today) else MandateState.ACTIVE


def _run_out(card: Any, today: date) -> bool:
    """A card is good to the last day of its month."""
    if not isinstance(card, Mapping):
        return False
    until = (card.get("exp_year"), card.get("exp_month"))
    return all(isinstance(part, int) for part in until) and until < (today.year, today.month)
