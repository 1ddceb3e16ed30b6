"""Template words about imports."""

from __future__ import annotations

from django import template

from accounts.imports import wording

register = template.Library()


@register.filter
def reworded(text: str) -> str:
    return wording.reworded(text)
