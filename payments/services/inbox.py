"""The inbox of provider notices: verified, stored once, answered fast. `applying` reads it later."""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from common.money import Money
from payments.services.refusing import keep_refusal
from payments.services.storing import store
from wallets.gateway import adapter
from wallets.gateway import call as ask
from wallets.models import Provider
from wallets.providers.base import Event, HttpIn, HttpOut, InvalidWebhook, NotSent, OutcomeUnknown, RateLimited


@dataclass(frozen=True)
class Noticed:
    """What to answer, and the events that are new and want applying."""

    reply: HttpOut
    fresh: tuple[int, ...] = ()


def receive_notice(provider: Provider, call: HttpIn) -> Noticed:
    """Verify a provider's call, keep what it says once, and say what to answer. Applies nothing.

    A call that is not genuine, or not about us, is refused with 400 and kept as evidence, within a daily limit.
    """
    wallet = adapter(provider)
    lacking = wallet.prepare_webhook(call)
    try:
        if lacking is not None:
            ask(lacking, provider)
        events = [_storable(event) for event in wallet.parse_webhook(call)]
    except InvalidWebhook as error:
        keep_refusal(provider, call, error)
        return Noticed(HttpOut(status=400, body=wallet.webhook_reply(False).body))
    except (NotSent, OutcomeUnknown, RateLimited):
        # What it takes to verify cannot be had now: the provider is asked to deliver it again.
        return Noticed(HttpOut(status=503, body=wallet.webhook_reply(False).body))
    # One statement is whole by itself; a transaction around it would be two more trips to the database.
    with transaction.atomic() if len(events) > 1 else nullcontext():
        stored = [_store_event(provider, event) for event in events]
    return Noticed(wallet.webhook_reply(True), tuple(row_id for row_id, times in stored if times == 1))


def _storable(event: Event) -> Event:
    """A zero byte, half a character or a number that is none is in no genuine notice, and no column could hold it."""
    about = event.payment or event.mandate or event.refund
    reference = about.merchant_ref if about else ""
    content = [event.dedupe_key, event.type, reference, _said(event), dict(event.facts)]
    try:
        text = json.dumps(content, ensure_ascii=False, allow_nan=False)
        text.encode()
    except UnicodeEncodeError as error:
        raise InvalidWebhook("The notice carries half a character.") from error
    except ValueError as error:
        raise InvalidWebhook("The notice carries a number that is none.") from error
    if "\\u0000" in text:
        raise InvalidWebhook("The notice carries a zero byte.")
    return event


def _store_event(provider: Provider, event: Event) -> tuple[int, int]:
    about = event.payment or event.mandate or event.refund
    return store(
        provider,
        key=event.dedupe_key,
        kind=event.kind.value,
        reference=about.merchant_ref if about else "",
        facts={"type": event.type, "said": _said(event), "fields": dict(event.facts)},
    )


def _said(event: Event) -> dict[str, Any]:
    """The claim in our own words: what applying needs, without the provider's vocabulary."""
    if event.payment:
        state, reference = event.payment.state.value, event.payment.provider_ref
        mentioned = {"refund_ref": event.refund.refund_ref} if event.refund else {}
        claim = {"claim": event.claim.value} if event.claim else {}
        return {"state": state, "provider_ref": reference, **_money(event.payment.amount), **mentioned, **claim}
    if event.mandate:
        said = {"state": event.mandate.state.value, "mandate_ref": event.mandate.mandate_ref}
        return said | {"confirm": event.confirm_first}
    if event.refund:
        state, reference = event.refund.state.value, event.refund.refund_ref
        return {"state": state, "refund_ref": reference, **_money(event.refund.amount)}
    return {}


def _money(amount: Money | None) -> dict[str, Any]:
    return {"amount_minor": amount.minor, "currency": amount.currency} if amount else {}
