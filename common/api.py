"""The API's shared manners: one error shape, cursor pages, and idempotent writes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import Http404
from rest_framework import exceptions
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import set_rollback

from common.clock import real_now
from common.errors import Conflict, Forbidden, InvalidInput, NotFound, PlatformError
from common.models import IdempotencyRecord

ABANDONED_AFTER = timedelta(minutes=5)
# These answers ask for a retry, so the key stays free for it.
NOT_REMEMBERED = {408, 409, 429, 500, 502, 503, 504}


class RateLimitHeaders:
    """Mixed into API views: every answer says how many calls the key has left in this minute."""

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        final = super().finalize_response(request, response, *args, **kwargs)  # type: ignore[misc]
        if limit := getattr(request._request, "rate_limit", None):
            final["RateLimit-Limit"], final["RateLimit-Remaining"] = (str(number) for number in limit)
        return final


class NewestFirst(CursorPagination):
    ordering = "-id"
    page_size = 50
    max_page_size = 500
    page_size_query_param = "page_size"


def _as_platform_error(error: Exception) -> PlatformError | None:
    if isinstance(error, PlatformError):
        return error
    if isinstance(error, Http404):
        return NotFound("There is no such thing here, or it is not yours to see.")
    if isinstance(error, PermissionDenied):
        return Forbidden("This key may not do that. Ask for a key with the scope.")
    return None


def _problem(code: str, message: str, details: Any) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "details": details}}


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Every refusal has the shape {"error": {"code", "message", "details"}}; codes are stable."""
    if known := _as_platform_error(error):
        set_rollback()
        return Response(_problem(known.code, known.message, known.details), status=known.status)
    if isinstance(error, exceptions.ValidationError):
        set_rollback()
        return Response(_problem("invalid", "Some fields need correcting.", error.detail), status=422)
    if isinstance(error, exceptions.APIException):
        set_rollback()
        headers = (
            {"Retry-After": str(int(getattr(error, "wait", None) or 1))}
            if isinstance(error, exceptions.Throttled)
            else {}
        )
        if challenge := getattr(error, "auth_header", ""):
            headers["WWW-Authenticate"] = challenge
        body = _problem(str(error.default_code), str(error.detail), {})
        return Response(body, status=error.status_code, headers=headers)
    return None


def _fingerprint(request: Request) -> str:
    content = f"{request.method} {request.get_full_path()}\n".encode() + request._request.body
    return hashlib.sha256(content).hexdigest()


def _claim(record: dict[str, str], fingerprint: str) -> IdempotencyRecord | Response:
    """The record to fill, or the answer that was given before."""
    try:
        with transaction.atomic():
            return IdempotencyRecord.objects.create(**record, fingerprint=fingerprint, started_at=real_now())
    except IntegrityError:
        pass
    with transaction.atomic():
        row = IdempotencyRecord.objects.select_for_update().get(**record)
        if row.fingerprint != fingerprint:
            raise InvalidInput("This Idempotency-Key was used for another request. Use a new key.", field="key")
        if row.finished_at:
            return Response(row.body, status=row.status, headers={"Idempotency-Replayed": "true"})
        if real_now() - row.started_at < ABANDONED_AFTER:
            raise Conflict("The same request is being worked on. Ask again in a moment.")
        row.started_at = real_now()
        row.save(update_fields=["started_at"])
        return row


def _remember(row: IdempotencyRecord, response: Response) -> None:
    if response.status_code in NOT_REMEMBERED:
        row.delete()
        return
    row.status, row.body, row.finished_at = response.status_code, response.data, real_now()
    row.save(update_fields=["status", "body", "finished_at"])


def idempotent(view: Callable[..., Response]) -> Callable[..., Response]:
    """For a writing API method: a request with an Idempotency-Key is carried out once and its answer repeated."""

    @wraps(view)
    def wrapper(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get("Idempotency-Key", "")
        if not key:
            return view(self, request, *args, **kwargs)
        if len(key) > 255:
            raise InvalidInput("An Idempotency-Key has at most 255 characters.", field="key")
        claimed = _claim({"caller": str(request.auth.pk), "key": key}, _fingerprint(request))
        if isinstance(claimed, Response):
            return claimed
        try:
            response = view(self, request, *args, **kwargs)
        except Exception as error:
            answer = exception_handler(error, {})
            if answer is None:
                claimed.delete()
                raise
            response = answer
        _remember(claimed, response)
        return response

    return wrapper
