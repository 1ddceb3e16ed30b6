"""Wallets' calls go straight to their view.

They come from machines: there is no session, sign-in, language, page or frame to care for, and all of that together
took longer than keeping the notice. What stands before this middleware holds for them too.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import resolve

ADDRESSES = "/webhooks/wallets/"


class NoticeDoorMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(ADDRESSES):
            return self.get_response(request)
        request.get_host()  # refuses a host that is not ours
        match = request.resolver_match = resolve(request.path_info)
        response: HttpResponse = match.func(request, *match.args, **match.kwargs)
        response.headers["Content-Length"] = str(len(response.content))
        return response
