"""Personal data made recognisable to somebody who knows it, and useless to somebody who does not."""

from __future__ import annotations

from accounts.models import ContactPoint

DOTS = "•••"


def masked_contact(point: ContactPoint) -> str:
    if point.kind == "phone":
        return f"{DOTS} {DOTS} {point.last_digits or point.value[-4:]}"
    if point.kind == "email":
        name, _at, domain = point.value.partition("@")
        return f"{name[:1]}{DOTS}@{domain}"
    return f"{point.value[:2]}{DOTS}"


def masked_name(name: str) -> str:
    """`Wang Fang` -> `W••• F•••`; of a Chinese name the family name stays."""
    return " ".join(f"{word[:1]}{DOTS}" for word in name.split())
