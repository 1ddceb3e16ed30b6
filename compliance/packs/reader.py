"""YAML from strangers: bounded in size, without tags, and nothing read as something it does not say."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import yaml
from django.utils.translation import gettext as _

from compliance.packs.errors import PackError, Place

MAX_BYTES = 1_000_000
MAX_NODES = 100_000  # with every alias written out: what a bomb of aliases runs into
MAX_DEPTH = 40
# An escape may write what the file itself may not hold; no database keeps it.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_Base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class WrittenNumber(Decimal):
    """A number with a point, exactly as it was written: version 2026.10 is not 2026.1."""

    def __new__(cls, text: str) -> WrittenNumber:
        number = super().__new__(cls, text)
        number.text = text
        return number

    text: str

    def __str__(self) -> str:
        return self.text


class _Loader(_Base):  # type: ignore[misc, valid-type]
    """Safe, and strict: a key written twice is an error instead of a silent last word."""


def _mapping(loader: Any, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[str] = set()
    for key, _value in node.value:
        if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"“{key.value}” is written twice", key.start_mark)
            seen.add(key.value)
    loader.flatten_mapping(node)
    return dict(yaml.constructor.SafeConstructor.construct_mapping(loader, node, deep=True))


def _number(loader: Any, node: yaml.ScalarNode) -> object:
    try:
        return WrittenNumber(node.value)
    except InvalidOperation:
        return loader.construct_yaml_float(node)


_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)
_Loader.add_constructor("tag:yaml.org,2002:float", _number)


def read_file(path: Path) -> Any:
    place = Place(file=path.name)
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise too_large(place, size=size)
        text = path.read_text("utf-8")
    except OSError as error:
        raise PackError(
            "unreadable_file", place=place, problem=_("The file cannot be read (%(why)s).") % {"why": error.strerror}
        ) from error
    except UnicodeDecodeError as error:
        raise PackError("not_utf8", place=place, problem=_("The file is not UTF-8 text.")) from error
    return read_text(text, place=place)


def read_text(text: str, *, place: Place) -> Any:
    if len(text) > MAX_BYTES:
        raise too_large(place, size=len(text))
    try:
        _refuse_tags(text, place=place)
        node = yaml.compose(text, Loader=_Loader)
        if node is None:
            raise PackError("empty_file", place=place, problem=_("The file is empty."))
        _measure(node, sizes={}, above=(), place=place)
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader with two stricter constructors
    except (yaml.YAMLError, ValueError) as error:
        if isinstance(error, PackError):
            raise
        raise PackError(
            "not_yaml",
            place=_line(error, place=place),
            problem=_("This is not YAML that can be read: %(why)s.") % {"why": _why(error)},
        ) from error


def too_large(place: Place, *, size: int) -> PackError:
    return PackError(
        "too_large",
        place=place,
        problem=_("The file has %(size)s bytes; %(limit)s are allowed.") % {"size": size, "limit": MAX_BYTES},
        todo=_("Divide it into several files."),
    )


def _refuse_tags(text: str, *, place: Place) -> None:
    for event in yaml.parse(text, Loader=_Loader):
        tag = getattr(event, "tag", None)
        if tag is not None and tag != "!":
            where = place.at(field=_line_of(event))
            problem = _("The tag %(tag)s is not allowed.") % {"tag": tag}
            raise PackError("yaml_tag", place=where, problem=problem, todo=_("Write plain values without tags."))


def _measure(node: yaml.Node, *, sizes: dict[int, int], above: tuple[int, ...], place: Place) -> int:
    """How many nodes there are once every alias is written out."""
    if id(node) in above or len(above) > MAX_DEPTH:
        raise _bomb(place, node=node)
    if id(node) in sizes:
        return sizes[id(node)]
    if isinstance(node, yaml.ScalarNode) and _UNPRINTABLE.search(node.value):
        problem = _("There is an invisible control character here.")
        raise PackError("control_character", place=place.at(field=_line_of(node)), problem=problem)
    total, inside = 1, (*above, id(node))
    for child in _children(node):
        total += _measure(child, sizes=sizes, above=inside, place=place)
        if total > MAX_NODES:
            raise _bomb(place, node=node)
    sizes[id(node)] = total
    return total


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _bomb(place: Place, *, node: yaml.Node) -> PackError:
    return PackError(
        "yaml_aliases",
        place=place.at(field=_line_of(node)),
        problem=_("Aliases or nesting make this file too large when written out."),
        todo=_("Write the values out, or use fewer aliases."),
    )


def _line_of(part: Any) -> str:
    return f"line {part.start_mark.line + 1}"


def _why(error: Exception) -> str:
    return str(getattr(error, "problem", None) or error).split("\n")[0].rstrip(".")


def _line(error: Exception, *, place: Place) -> Place:
    mark = getattr(error, "problem_mark", None)
    return place.at(field=f"line {mark.line + 1}") if mark is not None else place
