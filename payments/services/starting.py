"""Starting a payment from a link: continue the one that is open, or settle its fate first, then start a new one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from accounts.events import record_event
from common.clock import now
from common.errors import PlatformError
from common.http import OutcomeUnknown
from common.ids import uuid7
from common.money import Money
from payments.errors import LinkExpired, LinkRevoked, PaymentAlreadyMade, PaymentStillOpen
from payments.faults import stop_point
from payments.models import Attempt, Payment, PaymentLink
from payments.models.payments import OPEN_ATTEMPT_STATES
from payments.services.checks import refuse_amount, refuse_unpayable
from payments.services.closing import close_attempt
from payments.services.ending import close_unsent, may_have_left
from payments.services.locking import lock_account, lock_chain
from payments.services.outcomes import apply_result
from payments.services.saved_wallets import heed_refusal, refuse_unusable
from wallets.gateway import call, notify_url
from wallets.models import PaymentMethod, Provider
from wallets.providers.base import (
    Action,
    ActionKind,
    Capability,
    Channel,
    DeclineCategory,
    DeclineInfo,
    PaymentRequest,
    PaymentResult,
    PaymentState,
    Reason,
    WalletProvider,
)
from wallets.selectors import ProviderNotOffered, vetted_provider

PAGE_LIFETIME = timedelta(minutes=15)
# A page about to end is not shown again: the payer would not get through it.
PAGE_RESERVE = timedelta(minutes=2)
LEASE = timedelta(minutes=2)
# A prompt on the payer's phone is under way at the wallet and still something to be done.
SHOWN_STATES = ("requires_action", "pending")
EARLIER_SETTLED_TRIES = 2


@dataclass(frozen=True)
class StartedPayment:
    """`action` is what the payer opens next; None when the payment needs nothing more from them (see its state)."""

    payment: Payment
    action: Action | None


@dataclass(frozen=True, kw_only=True)
class Wanted:
    link: PaymentLink
    minor: int
    provider: Provider
    wallet: WalletProvider
    request_key: str
    payer_hint: str = field(default="", repr=False)
    client_ip: str = field(default="", repr=False)
    save_method: bool = False
    method: PaymentMethod | None = None


def start_link_payment(
    link: PaymentLink,
    *,
    amount_minor: int,
    provider_key: str,
    return_url: str,
    idempotency: str,
    channel: Channel = Channel.PHONE,
    payer_hint: str = "",
    client_ip: str = "",
    save_method: bool = False,
    method: PaymentMethod | None = None,
) -> StartedPayment:
    """Start (or continue) paying `amount_minor` of the link's account. Not inside a transaction.

    `payer_hint` is the phone number (E.164) a prompt goes to; `save_method`: the payer agreed to be remembered.
    `method` is a saved wallet to charge at once, because its owner is here and said so: the caller makes sure of that.
    `idempotency` names the form that asked: the same form again gets the same payment. Raises `PaymentRefused`
    (account or amount), `ProviderNotOffered`, `PaymentStillOpen` (an earlier payment may yet be paid),
    `PaymentAlreadyMade` (it was), and what the wallet raises when it cannot be reached.
    """
    wants = Capability.PAY_WITH_SAVED if method else Capability.ONE_OFF
    provider, wallet = vetted_provider(provider_key, link.account.currency, wants)
    wanted = Wanted(
        link=link,
        minor=amount_minor,
        provider=provider,
        wallet=wallet,
        request_key=idempotency[:64],
        payer_hint=payer_hint,
        client_ip=client_ip,
        save_method=save_method and wallet.descriptor.can(Capability.MANDATE_WITH_PAYMENT),
        method=method,
    )
    for _try in range(EARLIER_SETTLED_TRIES):
        attempt, is_new = _claim(wanted)
        if is_new:
            return _ask_provider(attempt, wanted, return_url=return_url, channel=channel)
        if _continues(attempt, wanted):
            return StartedPayment(attempt.payment, action_of(attempt))
        _settle_earlier(attempt)
    raise PaymentStillOpen(_("Another payment of this account was started at the same moment. Try again shortly."))


@transaction.atomic(durable=True)
def _claim(wanted: Wanted) -> tuple[Attempt, bool]:
    """A new attempt, committed before any call; or the one that is in the way (or was made by this very form)."""
    account = lock_account(wanted.link.account_id)
    _refuse_dead_link(wanted.link)
    attempts = Attempt.objects.select_related("payment", "provider")
    same_form = attempts.filter(payment__link=wanted.link, payment__request_key=wanted.request_key)
    known = wanted.request_key and same_form.order_by("-pk").first()
    if known:
        return known, False
    refuse_unpayable(account)
    refuse_amount(account, wanted.minor, wanted.wallet.descriptor)
    earlier = attempts.filter(payment__account=account, payment__state="open").order_by("-pk").first()
    if earlier:
        return earlier, False
    if wanted.method:
        refuse_unusable(account, wanted.method)
    payment = Payment.objects.create(
        account=account,
        link=wanted.link,
        amount_minor=wanted.minor,
        currency=account.currency,
        source="link",
        request_key=wanted.request_key,
    )
    return _new_attempt(payment, wanted), True


def _refuse_dead_link(link: PaymentLink) -> None:
    link.refresh_from_db(fields=["revoked_at", "expires_at"])
    if link.revoked_at:
        raise LinkRevoked(_("This link was replaced. Use the newest message from us, or ask us for a new link."))
    if link.expires_at <= now():
        raise LinkExpired(_("This link has expired. Ask us for a new one."))


def _new_attempt(payment: Payment, wanted: Wanted) -> Attempt:
    moment = now()
    attempt = Attempt.objects.create(
        payment=payment,
        provider=wanted.provider,
        merchant_reference=wanted.wallet.merchant_ref(uuid7().hex),
        state="sending",
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        method=wanted.method,
        save_method=wanted.save_method,
        claimed_until=moment + LEASE,
        # What is charged at once has no page to run out: only the provider can say what became of it.
        expires_at=None if wanted.method else moment + PAGE_LIFETIME,
    )
    record_event(
        "payment.started",
        account=payment.account,
        source="debtor",
        payment=payment.reference,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        provider=wanted.provider.key,
        by="link",
        saved=wanted.method is not None,
    )
    return attempt


def _continues(attempt: Attempt, wanted: Wanted) -> bool:
    """Whether this is the payment that was asked for: made by the same form, or equal and still worth showing."""
    payment = attempt.payment
    if wanted.request_key and payment.link_id == wanted.link.pk and payment.request_key == wanted.request_key:
        return True
    asked = (wanted.minor, wanted.provider.pk, wanted.method.pk if wanted.method else None)
    equal = payment.source == "link" and asked == (attempt.amount_minor, attempt.provider_id, attempt.method_id)
    lasts = attempt.expires_at is not None and attempt.expires_at - PAGE_RESERVE > now()
    shown = lasts and attempt.state in SHOWN_STATES and bool(attempt.action)
    return bool(equal and shown and not _is_personal(attempt, wanted))


def _is_personal(attempt: Attempt, wanted: Wanted) -> bool:
    """Inside a wallet's app a payment opens for the payer who was named: nobody else, and no other screen, can go on
    with it. Who was named just now needs one of their own."""
    signed = attempt.action and attempt.action["kind"] == ActionKind.SDK.value
    return wanted.wallet.descriptor.names_payer_in_own_app and bool(wanted.payer_hint or signed)


def action_of(attempt: Attempt) -> Action | None:
    """What the payer still has to do, as it was first answered; None when there is nothing, or no time left for it,
    or the wallet may take no money since."""
    over = attempt.expires_at is not None and attempt.expires_at <= now()
    kept = attempt.action
    if not kept or attempt.state not in SHOWN_STATES or over or attempt.provider.standing:
        return None
    until: datetime | None = parse_datetime(kept["expires_at"]) if kept["expires_at"] else None
    amount = kept.get("amount")
    return Action(
        kind=ActionKind(kept["kind"]),
        url=kept["url"],
        payload=kept["payload"],
        expires_at=until,
        amount=Money(amount["minor"], amount["currency"]) if amount else None,
        rate=kept.get("rate", ""),
        network=kept.get("network", ""),
    )


def _settle_earlier(attempt: Attempt) -> None:
    """Learn from the provider that the earlier payment can never be paid, or refuse to start another."""
    if attempt.state == "sending" and attempt.claimed_until and attempt.claimed_until > now():
        raise PaymentStillOpen(_("A payment of this account is being started right now. Try again in a minute."))
    if attempt.payment.source == "debit" and not _drop_unsent_debit(attempt.pk):
        raise PaymentStillOpen(_("An agreed automatic payment is being made right now. Look again in a few minutes."))
    if attempt.payment.source == "debit":
        return
    try:
        closed = close_attempt(attempt, source="page").attempt
    except PlatformError as error:
        raise _still_open(attempt) from error
    if closed.state == "succeeded":
        raise PaymentAlreadyMade(
            _("Your earlier payment has arrived. Look at what is still owed before you pay again."),
            payment=closed.payment.reference,
        )
    if closed.state in OPEN_ATTEMPT_STATES:
        raise _still_open(closed)


@transaction.atomic(durable=True)
def _drop_unsent_debit(attempt_id: int) -> bool:
    """A debit that waits to be sent (the wallet may be down) gives way to a payer who is here. True when it did."""
    _account, _payment, attempt = lock_chain(attempt_id)
    if attempt.state == "created" and not may_have_left(attempt):
        close_unsent(attempt, "paid_by_link")
    return attempt.state == "closed"


def _still_open(attempt: Attempt) -> PaymentStillOpen:
    until = attempt.expires_at.isoformat() if attempt.expires_at else ""
    words = _("You started a payment of %(amount)s. Finish it on the wallet's page, or wait until that page has ended.")
    if attempt.provider.standing:
        words = _("Your payment of %(amount)s has not ended yet. Wait until it has, then choose again.")
    elif attempt.method_id and not until:
        words = _("Your payment of %(amount)s is on its way. Wait until the wallet has told us how it went.")
    return PaymentStillOpen(
        words % {"amount": attempt.amount},
        until=until,
        amount_minor=attempt.amount_minor,
        payment=attempt.payment.reference,
    )


def _ask_provider(attempt: Attempt, wanted: Wanted, *, return_url: str, channel: Channel) -> StartedPayment:
    request = PaymentRequest(
        merchant_ref=attempt.merchant_reference,
        amount=attempt.amount,
        subject=_("Payment to %(creditor)s") % {"creditor": attempt.payment.account.creditor.name},
        notify_url=notify_url(wanted.provider),
        return_url=return_url,
        channel=channel,
        expires_at=attempt.expires_at or now() + PAGE_LIFETIME,
        payer_hint=wanted.payer_hint,
        client_ip=wanted.client_ip,
        save_method=wanted.save_method,
        saved_ref=wanted.method.token if wanted.method else "",
    )
    stop_point("page_before_call")
    try:
        result = call(wanted.wallet.create_payment(request), wanted.provider)
    except OutcomeUnknown:
        result = PaymentResult(state=PaymentState.UNKNOWN, merchant_ref=attempt.merchant_reference)
    except PlatformError:
        # Whatever else is raised was raised before a byte left us, so nobody can ever pay this reference.
        apply_result(attempt.pk, _never_sent(attempt), source="page")
        raise
    stop_point("page_after_answer")
    applied = apply_result(attempt.pk, result, source="page").attempt
    stop_point("page_after_commit")
    if wanted.method:
        heed_refusal(wanted.method, result)
    elif applied.state == "unknown":
        raise _still_open(applied)
    if applied.state == "failed" and result.decline and result.decline.category is DeclineCategory.OPERATOR:
        # Refused because of us, not of the payer: nothing can be paid there, and another wallet may take it.
        raise ProviderNotOffered(_("This wallet cannot be used for this account. Choose another one."), why="refused")
    return StartedPayment(applied.payment, action_of(applied))


def _never_sent(attempt: Attempt) -> PaymentResult:
    reason = DeclineInfo(category=DeclineCategory.RETRY_LATER, reason=Reason.PROVIDER_DOWN, code="not_sent")
    return PaymentResult(state=PaymentState.CLOSED, merchant_ref=attempt.merchant_reference, decline=reason)
