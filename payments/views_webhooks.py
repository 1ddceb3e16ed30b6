"""Where wallets tell us what happened: verify, keep, answer. Applying is a task's work."""

from __future__ import annotations

import logging
from functools import cache, partial
from time import monotonic
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from common.client_address import client_ip
from common.clock import now
from payments import tasks
from payments.faults import stop_point
from payments.services import receive_notice
from payments.services.inbox import Noticed
from wallets.models import Provider
from wallets.providers.base import ConfigError, HttpIn, HttpOut

logger = logging.getLogger(__name__)

LARGEST_BODY = 256 * 1024
# Digits of a body's length; more would be too large in any case.
LONGEST_LENGTH = 9
NO_SUCH_WALLET = HttpOut(status=404, body=b"no such wallet")
TOO_LARGE = HttpOut(status=413, body=b"too large")
NOT_READY = HttpOut(status=503, body=b"not ready")
# Keeping a notice moves no money, so what a wallet's row said a moment ago will do; asking anew for every notice was
# a third of the whole work.
KEPT_SECONDS = 1.0
_kept: dict[str, tuple[float, Provider]] = {}


@csrf_exempt
@require_POST
def wallet_notify(request: HttpRequest, provider_key: str) -> HttpResponse:
    provider = _provider(provider_key)
    if provider is None:
        return _answer(NO_SUCH_WALLET)
    call = _read(request)
    try:
        # Of what is too large nothing was read; the empty rest is refused, kept and counted like any other forgery.
        noticed = _receive(provider, call or HttpIn(method="POST", path=request.path, body=b""))
    except ConfigError:
        logger.exception("a notice came for a provider that is not configured", extra={"provider": provider.key})
        return _answer(NOT_READY)
    if call is None:
        return _answer(TOO_LARGE)
    stop_point("notice_stored")
    for event_id in noticed.fresh:
        transaction.on_commit(partial(tasks.enqueue_event, event_id))
    return _answer(noticed.reply)


def _provider(key: str) -> Provider | None:
    read_at, provider = _kept.get(key, (0.0, None))
    if provider is None or monotonic() - read_at > KEPT_SECONDS:
        read_at, provider = monotonic(), _read_provider(key)
        if provider is not None:
            _kept[key] = read_at, provider
    return provider


@receiver(post_save, sender=Provider, dispatch_uid="payments.forget_kept_wallet")
def forget_kept_wallet(instance: Provider, **_: Any) -> None:
    _kept.pop(instance.key, None)


def _receive(provider: Provider, call: HttpIn) -> Noticed:
    try:
        return receive_notice(provider, call)
    except IntegrityError:
        # The wallet was set up anew since its row was read; nothing of the notice is kept yet.
        forget_kept_wallet(provider)
        anew = _provider(provider.key)
        if anew is None or anew.pk == provider.pk:
            raise
        return receive_notice(anew, call)


def _read_provider(key: str) -> Provider | None:
    """Making this statement, and reading what its columns are, anew for every notice took longer than running it."""
    names, statement = _provider_question()
    with connection.cursor() as cursor:
        cursor.execute(statement, [key])
        row = cursor.fetchone()
    return Provider.from_db(connection.alias, names, row) if row else None


@cache
def _provider_question() -> tuple[list[str], str]:
    """None of its columns is converted when it is read."""
    fields = Provider._meta.concrete_fields
    columns = ", ".join(f'"{field.column}"' for field in fields)
    statement = f"SELECT {columns} FROM wallets_provider WHERE key = %s"  # noqa: S608 - names of our own columns
    return [field.attname for field in fields], statement


def _read(request: HttpRequest) -> HttpIn | None:
    """The raw call; None when it is larger than any provider sends (nothing is read then)."""
    declared = request.META.get("CONTENT_LENGTH") or "0"
    plain = declared.isascii() and declared.isdigit() and len(declared) <= LONGEST_LENGTH
    if not plain or int(declared) > LARGEST_BODY:
        return None
    body = request.read(LARGEST_BODY + 1)
    if len(body) > LARGEST_BODY:
        return None
    return HttpIn(
        method="POST",
        path=request.path,
        body=body,
        headers={name.lower(): value for name, value in request.headers.items()},
        query=request.META.get("QUERY_STRING", ""),
        received_at=now(),
        client_ip=client_ip(request),
    )


def _answer(reply: HttpOut) -> HttpResponse:
    return HttpResponse(reply.body, status=reply.status, content_type=reply.content_type)
