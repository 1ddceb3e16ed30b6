"""The translations, kept whole: nothing untranslated, nothing unmarked by a guess, no placeholder lost on the way."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract
from babel.messages.mofile import read_mo
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation.template import templatize

from scripts import messages as catalogues

ROOT = Path(__file__).resolve().parents[2]
PLACES = [
    "common", "accounts", "compliance", "wallets", "payments", "reminders", "analytics", "collections_platform",
    "templates",
]  # fmt: skip
SOURCES = sorted(
    path for place in PLACES for path in (ROOT / place).rglob("*") if path.suffix in {".py", ".html", ".txt"}
)
PYTHON = [path for path in SOURCES if path.suffix == ".py"]
# Function name -> which arguments are the message; (n, "c") is a context. Django's own and gettext's names.
WORDS_OF: dict[str, tuple | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
CATALOGUES = catalogues.catalogues()
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd%]|\{\{? ?\w* ?\}?\}")


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def in_each_catalogue():
    return pytest.mark.parametrize("path", CATALOGUES, ids=catalogues.locale_of)


def plural_or_only(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[-1]


def key(context: str | None, words: str | tuple) -> tuple[str, str]:
    return context or "", words if isinstance(words, str) else words[0]


def test_simplified_chinese_has_a_catalogue():
    assert "zh_Hans" in [catalogues.locale_of(path) for path in CATALOGUES]


@in_each_catalogue()
def test_every_message_is_translated(path):
    open_ones = [m.id for m in catalogues.messages(catalogues.read(path)) if not catalogues.is_translated(m)]
    assert open_ones == []


@in_each_catalogue()
def test_every_placeholder_survives_translation(path):
    broken = [
        (message.id, form)
        for message in catalogues.messages(catalogues.read(path))
        for form in catalogues.forms(message)
        if Counter(PLACEHOLDER.findall(form)) != Counter(PLACEHOLDER.findall(plural_or_only(message)))
    ]
    assert broken == []


@in_each_catalogue()
def test_line_ends_and_outer_spaces_of_a_paragraph_survive_translation(path):
    broken = [
        message.id
        for message in catalogues.messages(catalogues.read(path))
        for form in catalogues.forms(message)
        if form.startswith("\n") != plural_or_only(message).startswith("\n")
        or form.endswith("\n") != plural_or_only(message).endswith("\n")
    ]
    assert broken == []


def spoken(catalogue) -> dict:
    return {key(m.context, m.id): tuple(catalogues.forms(m)) for m in catalogues.messages(catalogue)}


@in_each_catalogue()
def test_the_compiled_catalogue_is_the_written_one(path):
    with path.with_suffix(".mo").open("rb") as committed:
        in_force = read_mo(committed)
    assert spoken(in_force) == spoken(read_mo(BytesIO(catalogues.compiled(path))))
    assert in_force.plural_expr == catalogues.read(path).plural_expr


def code_of(path: Path) -> str:
    """Templates as Django itself turns them into calls of gettext, code as it is."""
    text = path.read_text(encoding="utf-8")
    return text if path.suffix == ".py" else templatize(text, origin=str(path))


def words_in(path: Path) -> Iterator[tuple[str, str]]:
    # A template's remains are no Python: the calls are cut out of them, each on its own, before Babel reads them.
    code = code_of(path)
    source = code if path.suffix == ".py" else "\n".join(calls(code))
    for _line, words, _comments, context in extract("python", BytesIO(source.encode()), keywords=WORDS_OF):
        yield key(context, words)


CALL = re.compile(r"""\b(?:_|n?p?gettext)\((?:[^()'"]|u?'(?:[^'\\]|\\.)*'|u?"(?:[^"\\]|\\.)*")*\)""", re.DOTALL)


def calls(code: str) -> list[str]:
    found = CALL.findall(code)
    assert len(found) == len(re.findall(r"\b(?:_|n?p?gettext)\(", code)), "a call in a template could not be read"
    return found


def test_every_text_marked_in_the_sources_is_in_the_catalogues():
    said = [(name_of(path), *words) for path in SOURCES for words in words_in(path)]
    assert len(said) > 1000
    for path in CATALOGUES:
        known = {key(m.context, m.id) for m in catalogues.messages(catalogues.read(path))}
        assert [entry for entry in said if entry[1:] not in known] == [], "run `python scripts/messages.py update`"


def imports_of_gettext(path: Path) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation":
            yield from ((alias.name, alias.asname or alias.name) for alias in node.names if "gettext" in alias.name)


def test_the_functions_that_mark_texts_go_by_names_the_collector_knows():
    strange = [
        f"{name_of(path)}: {original} as {name}"
        for path in PYTHON
        for original, name in imports_of_gettext(path)
        if name not in (original, "_") or (name == "_" and original not in ("gettext", "gettext_lazy"))
    ]
    assert strange == []


def calls_in(node: ast.AST, *, inside: bool = False) -> Iterator[tuple[ast.Call, bool]]:
    """Every call below a node, and whether it waits inside a function until somebody asks."""
    for child in ast.iter_child_nodes(node):
        waits = inside or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        if isinstance(child, ast.Call):
            yield child, inside
        yield from calls_in(child, inside=waits)


def marks(path: Path) -> Iterator[tuple[ast.Call, bool]]:
    for call, inside in calls_in(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(call.func, ast.Name) and call.func.id in WORDS_OF:
            yield call, inside


def test_only_whole_texts_are_marked_never_variables():
    """A text put together at run time is in no catalogue: it would stay English without anybody being told."""
    variable = [
        f"{name_of(path)}:{call.lineno}"
        for path in PYTHON
        for call, _inside in marks(path)
        if not call.args or not isinstance(call.args[0], ast.Constant)
    ]
    assert variable == []


def test_texts_said_when_a_module_loads_are_lazy():
    """Loaded once, in whatever language the process starts with: they must wait for the reader's."""
    frozen = [
        f"{name_of(path)}:{call.lineno}"
        for path in PYTHON
        for eager in [{name for original, name in imports_of_gettext(path) if not original.endswith(("lazy", "noop"))}]
        for call, inside in marks(path)
        if not inside and isinstance(call.func, ast.Name) and call.func.id in eager
    ]
    assert frozen == []


@pytest.mark.parametrize("asked", ["zh-hans", "zh-cn", "zh"])
def test_a_chinese_browser_is_answered_from_the_catalogue(asked):
    with translation.override(translation.get_supported_language_variant(asked)):
        assert translation.gettext("Nothing is owed any more.") == "已没有欠款。"
        assert translation.ngettext("%(n)s day overdue", "%(n)s days overdue", 1) % {"n": 1} == "逾期1天"
        assert date_format(date(2026, 5, 3), "F") == "五月"
