"""The components of the design system; the living page at /styleguide/ shows each one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django import forms, template
from django.forms.boundfield import BoundField
from django.template.context import Context
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from common import panels

register = template.Library()

# Icons of the small sprite; the rest are in the larger one, which a debtor's phone need not load.
CORE_SPRITE = Path(__file__).resolve().parents[2] / "static" / "vendor" / "icons" / "core.svg"

TONE_ICONS = {
    "good": "check-circle",
    "warn": "exclamation-circle",
    "bad": "exclamation-triangle",
    "info": "info-circle",
    "quiet": "clock",
    "brand": "lightning-charge",
}

# How a state looks wherever it is shown; an unknown one is quiet.
STATUS_LOOKS = {
    "tone-good": {"paid", "settled", "succeeded", "kept", "active", "delivered", "confirmed", "verified", "matched"},
    "tone-warn": {"overdue", "pending", "due", "partial", "unknown", "expiring", "needs_review", "retry", "submitted"},
    "tone-bad": {"failed", "broken", "declined", "bounced", "rejected", "blocked", "error", "defaulted", "revoked"},
    "tone-info": {"promised", "plan", "in_plan", "scheduled", "planned", "sent", "processing", "running", "offered"},
    "tone-brand": {"open", "new", "placed", "ready"},
}
STATUS_ICONS = {
    "disputed": "flag",
    "hold": "pause-circle",
    "on_hold": "pause-circle",
    "paused": "pause-circle",
    "closed": "lock",
    "sent": "send",
    "scheduled": "calendar-event",
    "planned": "calendar-event",
    "promised": "calendar-check",
    "in_plan": "calendar-check",
    "plan": "calendar-check",
    "unknown": "question-circle",
    "failed": "x-circle",
    "declined": "x-circle",
    "cancelled": "x-circle",
    "opened": "eye",
}
WIDGET_CLASSES: tuple[tuple[type[forms.Widget], str], ...] = (
    (forms.CheckboxInput, "form-check-input"),
    (forms.RadioSelect, "form-check-input"),
    (forms.CheckboxSelectMultiple, "form-check-input"),
    (forms.Select, "form-select"),
    (forms.Widget, "form-control"),
)


def look(status: str) -> tuple[str, str]:
    """The tone class and icon of a state."""
    tone = next((name for name, states in STATUS_LOOKS.items() if status in states), "tone-quiet")
    return tone, STATUS_ICONS.get(status) or TONE_ICONS[tone.removeprefix("tone-")]


@cache
def core_icons() -> frozenset[str]:
    return frozenset(re.findall(r'id="([^"]+)"', CORE_SPRITE.read_text()))


def sprite_of(name: str) -> str:
    return "core" if name in core_icons() else "more"


@register.simple_tag
def icon(name: str, label: str = "", css: str = "") -> SafeString:
    """One icon of the two sprites; decorative unless it carries a label."""
    href = f"{static(f'vendor/icons/{sprite_of(name)}.svg')}#{name}"
    classes = f"icon {css}".strip()
    if label:
        return format_html(
            '<svg class="{}" role="img" aria-label="{}"><use href="{}"></use></svg>', classes, label, href
        )
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}"></use></svg>', classes, href)


@register.inclusion_tag("components/status_badge.html")
def status_badge(status: str, label: str = "") -> dict[str, str]:
    tone, mark = look(status)
    return {"tone": tone, "icon_name": mark, "label": label or status.replace("_", " ").capitalize()}


@register.inclusion_tag("components/status_badge.html")
def badge(label: str, tone: str = "quiet", icon: str = "") -> dict[str, str]:
    return {"tone": f"tone-{tone}", "icon_name": icon or TONE_ICONS[tone], "label": label}


@register.inclusion_tag("components/big_number.html")
def big_number(label: str, value: Any, href: str = "", **extra: Any) -> dict[str, Any]:
    """`note` is a short line below; `trend` is "up" (good), "down" (bad) or empty; `spark` a list of numbers."""
    return {"label": label, "value": value, "href": href, **extra}


@register.inclusion_tag("components/alert.html")
def alert(text: str, tone: str = "info", title: str = "") -> dict[str, str]:
    return {"text": text, "tone": tone, "title": title, "icon_name": TONE_ICONS[tone]}


@register.inclusion_tag("components/field.html")
def field(bound: BoundField, **extra: Any) -> dict[str, Any]:
    """A form field with label, help and error. Extra words become attributes of the input (`inputmode="decimal"`)."""
    widget = bound.field.widget
    css = next(name for kind, name in WIDGET_CLASSES if isinstance(widget, kind))
    label = extra.pop("label", None) or bound.label
    attrs = {key.replace("_", "-"): value for key, value in extra.items()}
    if not (isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple)):
        attrs["class"] = f"{widget.attrs.get('class', '')} {css}{' is-invalid' if bound.errors else ''}".strip()
    return {"field": bound, "label": label, "attrs": attrs, **kind_of(widget), "control": bound.as_widget(attrs=attrs)}


def kind_of(widget: forms.Widget) -> dict[str, bool]:
    choices = isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple)
    return {"is_choices": choices, "is_check": isinstance(widget, forms.CheckboxInput)}


@register.inclusion_tag("components/form_fields.html")
def fields(form: forms.BaseForm) -> dict[str, Any]:
    """The error summary and every field of a form, in order."""
    return {"form": form}


@register.inclusion_tag("components/error_summary.html")
def error_summary(form: forms.BaseForm) -> dict[str, Any]:
    return {"form": form}


@register.inclusion_tag("components/copy_field.html")
def copy_field(value: str, label: str, id: str = "copy-link") -> dict[str, str]:
    return {"value": value, "label": label, "id": id}


@register.inclusion_tag("components/progress.html")
def progress(value: int, total: int, label: str, note: str = "") -> dict[str, Any]:
    return {"value": value, "total": max(total, 1), "label": label, "note": note}


@dataclass(frozen=True, slots=True)
class Step:
    label: str
    state: str


@register.inclusion_tag("components/steps.html")
def steps(labels: list[str], current: int) -> dict[str, Any]:
    """Numbered steps; `current` counts from one."""
    states = ["is-done" if index < current else "is-current" if index == current else "" for index in range(1, 99)]
    return {"steps": [Step(label, state) for label, state in zip(labels, states, strict=False)]}


@register.simple_tag(takes_context=True)
def render_panels(context: Context, page: str, subject: Any, area: str | None = None) -> SafeString:
    request = context["request"]
    parts = [panels.render(panel, request, subject) for panel in panels.for_page(page, area)]
    return mark_safe("".join(parts))
