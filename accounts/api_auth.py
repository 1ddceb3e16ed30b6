"""API keys: who is calling, what the key may do, how often."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from accounts.api_keys import find_key
from accounts.models import ApiKey
from common.clock import real_now

if TYPE_CHECKING:  # importing the views loads the classes below by name from the settings
    from rest_framework.views import APIView


def key_of(request: Request) -> ApiKey:
    """The key behind an authenticated API request."""
    if not isinstance(request.auth, ApiKey):
        raise exceptions.NotAuthenticated("Send an API key as a bearer token.")
    return request.auth


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer ck_....`; `request.auth` is the key row, `request.user` stays empty."""

    def authenticate(self, request: Request) -> tuple[None, ApiKey] | None:
        header = request.headers.get("Authorization", "")
        if not header:
            return None
        scheme, _, text = header.partition(" ")
        row = find_key(text.strip()) if scheme.lower() == "bearer" else None
        if not row:
            raise exceptions.AuthenticationFailed("This key is not known or was revoked.")
        # At most one write a minute for a busy key.
        stale = Q(last_used_at=None) | Q(last_used_at__lt=real_now() - timedelta(minutes=1))
        ApiKey.objects.filter(stale, pk=row.pk).update(last_used_at=real_now())
        return None, row

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class HasScope(BasePermission):
    """A view names its scopes in `scopes = {"GET": "accounts:read", ...}`."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        key = key_of(request)
        needed = getattr(view, "scopes", {}).get("GET" if request.method in ("HEAD", "OPTIONS") else request.method)
        if needed is None or needed not in key.scopes:
            raise exceptions.PermissionDenied(f"This key lacks the scope {needed}.")
        return True


class KeyRateThrottle(SimpleRateThrottle):
    """Per key; the answer says how many calls are left."""

    scope = "api_key"

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        return f"throttle:{request.auth.pk}" if isinstance(request.auth, ApiKey) else None

    def allow_request(self, request: Request, view: APIView) -> bool:
        allowed = super().allow_request(request, view)
        if getattr(self, "history", None) is not None:
            limit = getattr(self, "num_requests", None) or 0
            request._request.rate_limit = (limit, max(0, limit - len(self.history)))  # type: ignore[attr-defined]
        return allowed


class ApiKeyScheme(OpenApiAuthenticationExtension):
    target_class = "accounts.api_auth.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}
