"""Nobody works without a second factor: until one is set up, every page leads to its set-up."""

from __future__ import annotations

from collections.abc import Callable

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.cache import add_never_cache_headers

from accounts.models import User

# What a person without a second factor may still reach: signing in and out, the set-up itself, and assets.
OPEN_PREFIXES = ("/accounts/", "/i18n/", settings.STATIC_URL, "/healthz", "/readyz")


class SecondFactorMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if self._must_set_up(request.user) and not request.path.startswith(OPEN_PREFIXES):
            return redirect("mfa_activate_totp")
        response = self.get_response(request)
        # The API sets no user: its callers are keys.
        if getattr(request.user, "is_authenticated", False):
            add_never_cache_headers(response)
        return response

    @staticmethod
    def _must_set_up(user: User | AnonymousUser) -> bool:
        return bool(user.is_authenticated) and not is_mfa_enabled(user)
