"""Pages that mix apps are tables of contents: each app registers its panels, the page renders what is registered.

An app calls `register(Panel(...))` in AppConfig.ready. The page's owner calls `register_page` with the door that
authorises and finds the page's subject, so that each panel can also be fetched alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.http import Http404, HttpRequest
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe

Selector = Callable[[HttpRequest, Any], dict[str, Any] | None]
Access = Callable[[HttpRequest, str], Any]


@dataclass(frozen=True, slots=True)
class Panel:
    """One part of a page. `selector(request, subject)` returns the template's context, or None to show nothing.

    `area` is the column the page puts it in ("main" or "aside").
    """

    page: str
    name: str
    title: str | Promise
    template: str
    selector: Selector
    order: int = 100
    area: str = "main"


_panels: dict[tuple[str, str], Panel] = {}
_pages: dict[str, Access] = {}


def register(panel: Panel) -> None:
    """Add a panel; two different panels may not share a name on one page."""
    key = (panel.page, panel.name)
    if _panels.get(key, panel) != panel:
        raise ImproperlyConfigured(f"two panels are called {panel.name} on the page {panel.page}")
    _panels[key] = panel


def register_page(page: str, *, access: Access) -> None:
    """`access(request, reference)` returns the page's subject or raises Http404/PermissionDenied."""
    _pages[page] = access


def for_page(page: str, area: str | None = None) -> list[Panel]:
    found = [panel for panel in _panels.values() if panel.page == page and area in (None, panel.area)]
    return sorted(found, key=lambda panel: (panel.order, panel.name))


def get(page: str, name: str) -> Panel:
    try:
        return _panels[page, name]
    except KeyError as error:
        raise Http404 from error


def subject_of(request: HttpRequest, page: str, reference: str) -> Any:
    """The page's subject, through the door its owner registered; an unknown page is a 404."""
    if page not in _pages:
        raise Http404
    return _pages[page](request, reference)


def render(panel: Panel, request: HttpRequest, subject: Any) -> SafeString:
    """The panel as HTML, wrapped in a section with the id `panel-<name>`; empty when its selector returns None."""
    context = panel.selector(request, subject)
    if context is None:
        return mark_safe("")
    frame = {"panel": panel, "subject": subject, "reference": getattr(subject, "reference", "")}
    return render_to_string("components/panel.html", {**frame, **context}, request)
