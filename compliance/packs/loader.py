"""Reads packs from files and checks all of it, so that the evaluator never meets a pack it does not understand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any, TypeVar

from django.utils.translation import gettext as _

from compliance.packs import checks as c
from compliance.packs.errors import PackError, Place, unknown
from compliance.packs.expressions import compile_expression
from compliance.packs.params import TYPES
from compliance.packs.reader import WrittenNumber, read_file
from compliance.packs.schema import Effective, Exemption, Pack, Rule, Scope
from compliance.packs.vocabulary import ACTIONS, DAYS, ROLES, SCHEMA, SEEN, STATUSES, STRENGTHS

MISSING = ("review", "block", "allow")
_Dated = TypeVar("_Dated", Pack, Rule)


def load_packs(path: Path) -> tuple[Pack, ...]:
    """Every pack of a file, or of all `.yaml` files of a folder; files of scenarios that lie there are passed over."""
    files = sorted([*path.glob("*.yaml"), *path.glob("*.yml")]) if path.is_dir() else [path]
    packs = [pack for file in files for pack in _of_file(file)]
    if not packs:
        raise PackError(
            "no_packs",
            place=Place(file=path.name),
            problem=_("There is no pack here."),
            todo=_("Name a folder with .yaml files whose schema is %(schema)s.") % {"schema": SCHEMA},
        )
    check_versions(packs)
    return tuple(packs)


def _of_file(file: Path) -> list[Pack]:
    body = read_file(file)
    if isinstance(body, dict) and "scenarios" in body and "schema" not in body:
        return []
    return packs_of(body, file=file.name)


def packs_of(body: Any, *, file: str) -> list[Pack]:
    """The packs of one file's content: `pack:` and `rules:`, or many under `packs:`."""
    place = Place(file=file)
    if not isinstance(body, dict):
        raise c.wrong(type(body).__name__, place, wants=_("a mapping"))
    if body.get("schema") != SCHEMA:
        raise PackError(
            "wrong_schema",
            place=place.at(field="schema"),
            problem=_("This file does not say that it follows %(schema)s.") % {"schema": SCHEMA},
            todo=_("Begin it with: schema: %(schema)s") % {"schema": SCHEMA},
        )
    _top_level(body, place)
    if "packs" not in body:
        return [_pack(body, place=place)]
    if not isinstance(body["packs"], list) or "pack" in body:
        raise c.wrong(body["packs"], place.inside("packs"), wants=_("a list of packs, without a pack: beside it"))
    return [_pack(one, place=place.inside("packs").inside(number)) for number, one in enumerate(body["packs"])]


# Holders of anchors (`roles: &collector [...]`) may stand beside the packs.
_TOP = ("schema", "pack", "packs", "rules", "roles", "channels", "rails")


def _top_level(body: dict[Any, Any], place: Place) -> None:
    for key in body:
        if key not in _TOP and not str(key).startswith(("x-", "x_", "_")):
            raise unknown("unknown_field", key, known=_TOP, place=place.inside(str(key)))


def _pack(body: Any, *, place: Place) -> Pack:
    if not isinstance(body, dict) or "pack" not in body:
        raise c.missing(place.inside("pack"))
    head = _HEAD(body["pack"], Place(file=place.file, pack=_label(body["pack"]), field="pack"))
    here = Place(file=place.file, pack=head["id"])
    listed = body.get("rules")
    if not isinstance(listed, list):
        raise c.wrong(listed, here.at(field="rules"), wants=_("a list of rules"))
    rules = tuple(
        _rule(one, place=here.at(rule=_label(one), field=f"rules[{n}]"), file=here) for n, one in enumerate(listed)
    )
    _no_twins("duplicate_rule", rules, here)
    return Pack(rules=rules, file=place.file, **head)


def _label(value: Any) -> str:
    return str(value.get("id", "")) if isinstance(value, dict) else ""


def _rule(value: Any, *, place: Place, file: Place) -> Rule:
    place = place if not _label(value) else file.at(rule=_label(value))
    if not isinstance(value, dict):
        raise c.wrong(value, place, wants=_("a rule"))
    for key in value:
        if key not in _RULE:
            raise unknown("unknown_field", key, known=_RULE, place=place.inside(str(key)))
    for key in ("id", "type", "params"):
        if key not in value:
            raise c.missing(place.inside(key))
    kind = c.text(value["type"], place.inside("type"))
    if kind not in TYPES:
        raise unknown("unknown_type", kind, known=TYPES, place=place.inside("type"))
    read = {key: check(value[key], place.inside(key)) for key, check in _RULE.items() if check and key in value}
    params = TYPES[kind].read(value["params"], place.inside("params"))
    for key in ("if", "deny_if"):
        if key in params:
            compile_expression(params[key], place.inside("params").inside(key))
    return Rule(
        id=read["id"],
        type=kind,
        strength=read.get("strength", "law"),
        scope=read.get("scope", Scope()),
        effective=read.get("effective", Effective()),
        params=params,
        exceptions=read.get("exceptions", ()),
        on_missing=read.get("on_missing"),
        cite=read.get("cite", ()),
    )


def _effective(value: Any, place: Place) -> Effective:
    dates = c.table({"from": c.day, "to": c.day})({} if value is None else value, place)
    period = Effective(**{{"from": "start", "to": "end"}[key]: day for key, day in dates.items()})
    if period.start >= period.end:
        raise PackError(
            "empty_period",
            place=place,
            problem=_("It ends (%(to)s) before it begins (%(from)s).") % {"from": period.start, "to": period.end},
            todo=_("`to` is the first day on which it is no longer in force."),
        )
    return period


def _scope(value: Any, place: Place) -> Scope:
    read = c.table(_SCOPE)(value, place)
    if needs := read.get("if", ""):
        compile_expression(needs, place.inside("if"))
    lists = {key: None if one == c.EVERY else frozenset(one) for key, one in read.items() if key != "if"}
    return Scope(**lists, says=frozenset(lists), needs=needs)


def _exemption(value: Any, place: Place) -> Exemption:
    read = c.table({"when": c.text, "permits": c.names}, required=("when",))(value, place)
    compile_expression(read["when"], place.inside("when"))
    return Exemption(**read)


def _roles(value: Any, place: Place) -> Any:
    return c.among(ROLES, "unknown_role")(value, place)


def _all_or(check: c.Check) -> c.Check:
    return lambda value, place: c.EVERY if value == c.EVERY else check(value, place)


def _version(value: Any, place: Place) -> str:
    """2026.11.0, 1 or 2026.10: as written."""
    if isinstance(value, int | WrittenNumber) and not isinstance(value, bool):
        return str(value)
    return c.text(value, place)


def _country(value: Any, place: Place) -> str:
    country = c.text(value, place)
    if country != "*" and not (len(country) == 2 and country.isalpha() and country.isupper()):
        raise c.wrong(value, place, wants=_('a country of two capital letters, or "*"'))
    return country


def _any(value: Any, place: Place) -> Any:
    return value


def _citation(value: Any, place: Place) -> dict[str, Any]:
    return c.table(
        {"instrument": c.text, "also": c.text, "url": c.text, "seen": c.choice(*SEEN), "checked": _any},
        required=("instrument",),
    )(value, place)


def _citations(value: Any, place: Place) -> tuple[Any, ...]:
    return c.list_of(_citation)(value, place) if value else ()


_SCOPE: dict[str, c.Check] = {
    "roles": _all_or(_roles),
    "channels": _all_or(c.channels),
    "rails": _all_or(c.rails),
    "actions": _all_or(c.among(ACTIONS, "unknown_action")),
    "notices": _all_or(c.names),
    "if": c.text,
}
_CONDITION = c.table({"fact": c.text, "has": c.text, "is": _any, "in": c.texts}, required=("fact",))
_HEAD = c.table(
    {
        "id": c.name,
        "version": _version,
        "title": c.text,
        "status": c.choice(*STATUSES),
        "jurisdiction": c.table(
            {"country": _country, "subdivision": c.text, "locality": c.text}, required=("country",)
        ),
        "effective": _effective,
        "match": c.table({"any_of": c.list_of(_CONDITION), "all_of": c.list_of(_CONDITION)}),
        "review": c.table({"legal_signoff": _any, "checked_on": c.day, "next_due": c.day, "note": c.text}),
        "calendars": c.table({"holidays": c.text, "business_days": c.among(DAYS, "unknown_day")}),
        "defaults": c.table(
            {
                "location": c.choice("all_candidates", "primary"),
                "on_missing_fact": c.choice(*MISSING),
                "dispatch_margin_min": c.whole(),
            }
        ),
    },
    required=("id", "version"),
)  # fmt: skip
_RULE: dict[str, c.Check | None] = {
    "id": c.name,
    "type": None,
    "strength": c.choice(*STRENGTHS),
    "scope": _scope,
    "effective": _effective,
    "params": None,
    "exceptions": c.list_of(_exemption),
    "on_missing": c.choice(*MISSING),
    "cite": _citations,
}


def check_versions(packs: Sequence[Pack]) -> None:
    """At any moment at most one version of a pack may be in force: which one binds may not be a matter of luck."""
    for pack_id in dict.fromkeys(pack.id for pack in packs):
        _no_twins("overlapping_versions", [pack for pack in packs if pack.id == pack_id], Place(pack=pack_id))


def _no_twins(code: str, those: Iterable[_Dated], place: Place) -> None:
    for one, other in combinations(those, 2):
        if one.id == other.id and one.effective.overlaps(other.effective):
            raise _twins(code, one, other, place)


def _twins(code: str, one: _Dated, other: _Dated, place: Place) -> PackError:
    if isinstance(one, Rule) or isinstance(other, Rule):
        return PackError(
            code,
            place=place.at(rule=one.id),
            problem=_("Two rules have this id at the same time."),
            todo=_("Give one another id, or end one with effective.to where the other begins."),
        )
    return PackError(
        code,
        place=Place(file=f"{one.file} + {other.file}" if one.file != other.file else one.file, pack=place.pack),
        problem=_("Versions %(one)s and %(other)s are in force at the same time.")
        % {"one": one.version, "other": other.version},
        todo=_("End the older one with effective.to on the day the newer one begins."),
    )
