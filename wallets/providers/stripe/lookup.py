"""Finding what is ours at Stripe by our own reference.

Search is about a minute behind, so what it does not show yet is sought among the newest objects, where lists are exact.
A list too long to read through is "no answer", never "not found".
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from common.http import Operation, OutcomeUnknown
from wallets.providers.stripe.client import Client, Fields, Refused
from wallets.providers.stripe.reading import mark
from wallets.providers.stripe.requests import ATTEMPT

SEARCH_LAG = timedelta(minutes=5)
SESSION_LIFE = timedelta(hours=25)
PAGE, MOST_PAGES = 100, 10
MISSING = 404
WITH_CHARGE = ["data.latest_charge"]
# The further a payment got, the more it decides.
_PROGRESS = ("succeeded", "processing", "requires_capture", "requires_action", "requires_confirmation")


@contextmanager
def readable() -> Iterator[None]:
    try:
        yield
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise OutcomeUnknown("Stripe's answer could not be read.") from error


def one(client: Client, call: Callable[[Any], Any]) -> Operation[Fields | None]:
    """One object, or `None` when Stripe has none of that id."""
    try:
        return (yield from client.ask(call))
    except Refused as refused:
        if refused.missing or refused.status == MISSING:
            return None
        raise


def payment_intent(client: Client, reference: str, now: datetime) -> Operation[Fields | None]:
    query = {"query": f"metadata['{ATTEMPT}']:'{reference}'", "expand": WITH_CHARGE}
    found = yield from client.ask(lambda api: api.payment_intents.search_async(query))
    ours = _ours(found.get("data") or [], reference)
    if not ours:
        since = {"created": {"gte": int((now - SEARCH_LAG).timestamp())}, "limit": PAGE, "expand": WITH_CHARGE}
        newest = yield from client.pages(
            lambda api, after: api.payment_intents.list_async({**since, **after}), MOST_PAGES
        )
        ours = _ours(newest, reference)
    return min(ours, key=_progress, default=None)


def open_session(client: Client, reference: str, now: datetime) -> Operation[Fields | None]:
    """The page of this payment, if it can still be paid. Sessions cannot be searched, but live for a day at most."""
    since = int((now - SESSION_LIFE).timestamp())
    asked = {"status": "open", "created": {"gte": since}, "limit": PAGE}
    pages = yield from client.pages(lambda api, after: api.checkout.sessions.list_async({**asked, **after}), MOST_PAGES)
    return next((page for page in pages if page.get("client_reference_id") == reference), None)


def session_of(client: Client, payment_intent: str) -> Operation[Fields | None]:
    """The page on which a payment intent was made: whether it can still be paid is for the page to say."""
    asked = {"payment_intent": payment_intent, "limit": 1}
    found = yield from client.ask(lambda api: api.checkout.sessions.list_async(asked))
    return next(iter(found.get("data") or []), None)


def customer(client: Client, reference: str, now: datetime) -> Operation[str]:
    """The customer made for a mandate, or `""`."""
    query = {"query": f"metadata['{ATTEMPT}']:'{reference}'"}
    found = yield from client.ask(lambda api: api.customers.search_async(query))
    ours = _ours(found.get("data") or [], reference)
    if not ours:
        since = {"created": {"gte": int((now - SEARCH_LAG).timestamp())}, "limit": PAGE}
        newest = yield from client.pages(lambda api, after: api.customers.list_async({**since, **after}), MOST_PAGES)
        ours = _ours(newest, reference)
    return str(ours[0]["id"]) if ours else ""


def _ours(found: list[Fields], reference: str) -> list[Fields]:
    return [fields for fields in found if mark(fields) == reference]


def _progress(intent: Fields) -> int:
    status = str(intent.get("status"))
    return _PROGRESS.index(status) if status in _PROGRESS else len(_PROGRESS)
