"""Which packs are in play: every jurisdiction the evidence points to, every scheme, and the house."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from compliance.packs.schema import Pack

PLACES = ("debtor.countries", "debtor.country", "debtor.subdivisions", "debtor.localities")


def names_matched(pack: Pack) -> Iterator[str]:
    """The facts that a pack's own conditions ask for, the places apart."""
    return (one["fact"] for key in ("any_of", "all_of") for one in pack.match.get(key, ()))


def in_play(packs: Iterable[Pack], facts: Mapping[str, Any]) -> Iterator[Pack]:
    """Facts: `debtor.countries`, `debtor.subdivisions` (US-MA), `debtor.localities` (New York City)."""
    return (pack for pack in packs if concerns(pack, facts))


def concerns(pack: Pack, facts: Mapping[str, Any]) -> bool:
    if pack.match:
        return any(_holds(one, facts) for one in pack.match.get("any_of", ())) or (
            bool(pack.match.get("all_of")) and all(_holds(one, facts) for one in pack.match["all_of"])
        )
    place = pack.jurisdiction
    country = place.get("country", "*")
    if country == "*":
        return True
    if country not in _listed(facts.get("debtor.countries") or facts.get("debtor.country")):
        return False
    part, town = place.get("subdivision"), place.get("locality")
    if town and "debtor.localities" in facts:
        return town in _listed(facts["debtor.localities"])
    if part and "debtor.subdivisions" in facts:
        return bool({part, f"{country}-{part}"} & set(_listed(facts["debtor.subdivisions"])))
    # Nobody knows in which part of the country: every part's rules bind.
    return True


def _holds(condition: Mapping[str, Any], facts: Mapping[str, Any]) -> bool:
    value = facts.get(condition["fact"])
    if "has" in condition:
        return condition["has"] in _listed(value)
    if "in" in condition:
        return bool(set(_listed(value)) & set(condition["in"]))
    return bool(value == condition["is"]) if "is" in condition else bool(value)


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple | set | frozenset) else [value]
