"""The one way into a debtor's page: the link's token, the reader's language, and words for every refusal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_cache_control

from accounts.models import Account
from common.errors import PlatformError
from payments.debtor_identity import is_identified, may_see_details
from payments.errors import LinkExpired, LinkRevoked, LinkUnknown
from payments.models import PaymentLink
from payments.services.links import find_link
from payments.views_debtor.frame import frame
from payments.views_debtor.problems import link_problem
from wallets.models import Provider
from wallets.providers.registry import facts_of

View = Callable[..., HttpResponse]


@dataclass(frozen=True, slots=True)
class Visit:
    """Someone at a link. Panels of other apps get this as their subject, see `payments.debtor_panels`.

    `identified`: may see personal details, because they answered for it or because we have nothing to ask.
    `answered`: did answer, in this browser and a short while ago: only then is a saved wallet charged for them.
    """

    link: PaymentLink
    token: str
    identified: bool
    answered: bool = False

    @property
    def account(self) -> Account:
        return self.link.account

    def url(self, name: str, *args: str) -> str:
        return reverse(name, args=[self.token, *args])


class SeeOther(HttpResponseRedirect):
    """After a POST the browser must GET."""

    status_code = 303


class ToTheWallet(SeeOther):
    """From our button to a wallet's page, or into its app by the app's own scheme.

    Some open only when the browser says which site, or which page, sent it. Everywhere else the address of our page,
    with its token, stays here: see SECURE_REFERRER_POLICY.
    """

    def __init__(self, url: str, provider: Provider, *, tells: str = "") -> None:
        self.allowed_schemes = ["http", "https", *facts_of(provider.key).app_schemes]
        super().__init__(url)
        if tells:
            self.headers["Referrer-Policy"] = tells


def debtor_page(view: View) -> View:
    """Give `view(request, visit, ...)` the link of the token; nothing of the page is kept by anyone's cache."""

    @wraps(view)
    def door(request: HttpRequest, token: str, **kwargs: Any) -> HttpResponse:
        try:
            link = find_link(token)
        except (LinkUnknown, LinkExpired, LinkRevoked) as error:
            return sealed(link_problem(request, token, error))
        with translation.override(language_of(request, link)):
            request.LANGUAGE_CODE = translation.get_language()
            visit = Visit(link, token, may_see_details(request, link), is_identified(request, link))
            try:
                response = view(request, visit, **kwargs)
            except PlatformError as error:
                response = refusal(request, visit, error)
            response.headers.setdefault("Content-Language", translation.get_language())
        return sealed(response)

    return door


def behind_identity(view: View) -> View:
    """Personal details come after one light question, where we have something to ask about."""

    @wraps(view)
    def door(request: HttpRequest, visit: Visit, **kwargs: Any) -> HttpResponse:
        if visit.identified:
            return view(request, visit, **kwargs)
        wanted = request.get_full_path() if request.method == "GET" else visit.url("pay")
        return SeeOther(f"{visit.url('debtor_identity')}?{urlencode({'next': wanted})}")

    return door


def sealed(response: HttpResponse) -> HttpResponse:
    patch_cache_control(response, no_store=True, private=True)
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def language_of(request: HttpRequest, link: PaymentLink) -> str:
    """What the reader chose by hand, else the link's, else the person's, else the browser's."""
    wishes = [request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, ""), link.language, link.account.debtor.language]
    for wish in wishes:
        try:
            return translation.get_supported_language_variant(wish)
        except LookupError:
            continue
    return translation.get_language_from_request(request)


def show(
    request: HttpRequest, visit: Visit, template: str, context: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    return render(request, f"debtor/{template}.html", {**frame(request, visit), **(context or {})}, status=status)


def refusal(request: HttpRequest, visit: Visit, error: PlatformError) -> HttpResponse:
    return show(request, visit, "refusal", {"error": error}, status=error.status)
