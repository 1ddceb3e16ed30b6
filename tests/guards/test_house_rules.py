"""The house rules, kept by reading the code itself."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LAYERS = [
    "common", "accounts", "compliance", "wallets", "payments", "reminders", "analytics", "collections_platform",
]  # fmt: skip
SOURCES = sorted(path for layer in LAYERS for path in (ROOT / layer).rglob("*.py") if "migrations" not in path.parts)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imported_modules(path: Path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module


def upward_imports(path: Path):
    own = LAYERS.index(path.relative_to(ROOT).parts[0])
    for module in imported_modules(path):
        layer = module.split(".")[0]
        if layer in LAYERS and LAYERS.index(layer) > own:
            yield f"{name_of(path)} imports {module}"


def test_every_app_imports_only_from_the_apps_left_of_it():
    assert [line for path in SOURCES for line in upward_imports(path)] == []


def test_no_source_file_grows_past_four_hundred_lines():
    assert [name_of(path) for path in SOURCES if len(path.read_text().splitlines()) > 400] == []


def long_functions(path: Path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno - node.lineno + 1 > 70:
            yield f"{name_of(path)}: {node.name}"


def test_no_function_grows_past_seventy_lines():
    assert [line for path in SOURCES for line in long_functions(path)] == []


# The clock itself, identifiers and the ages of keys need the real time; nothing else may ask for it.
REAL_TIME_ALLOWED = {"common/clock.py", "common/ids.py"}


def test_only_the_clock_asks_the_machine_for_the_time():
    asks = re.compile(r"timezone\.now\(|datetime\.(?:now|today|utcnow)\(|date\.today\(")
    found = [
        f"{name_of(path)}:{number}"
        for path in SOURCES
        if name_of(path) not in REAL_TIME_ALLOWED and not {"sandbox", "crypto"} & set(path.parts)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if asks.search(line)
    ]
    assert found == []


def test_no_float_touches_money():
    money_apps = [path for path in SOURCES if path.relative_to(ROOT).parts[0] == "payments"]
    found = [
        f"{name_of(path)}:{node.lineno}"
        for path in money_apps
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float"
    ]
    assert found == []


def test_log_messages_are_constants():
    loggers = re.compile(r"\blog(?:ger)?\.(?:debug|info|warning|error|exception)\(\s*f[\"']")
    assert [name_of(path) for path in SOURCES if loggers.search(path.read_text())] == []


INLINE = re.compile(
    r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")[^>]*>|\sstyle=\"|\son[a-z]+=\"", re.IGNORECASE
)


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_no_template_carries_inline_code(path):
    if "messages" in path.parts:
        pytest.skip("mail is not under the content security policy: its styles are inlined on purpose")
    assert INLINE.findall(path.read_text()) == []


def test_no_template_is_longer_than_a_page():
    assert [name_of(path) for path in TEMPLATES if len(path.read_text().splitlines()) > 150] == []


def test_nothing_in_the_tree_names_a_place_of_one_machine():
    tracked = [path for path in ROOT.rglob("*") if path.suffix in {".py", ".md", ".toml", ".yml", ".html", ".sh"}]
    here = re.compile(r"(?<![\w.])/(?:work|farm)/")
    skipped = {".venv", ".data", "node_modules", ".git"}
    found = [
        name_of(path)
        for path in tracked
        if not skipped & set(path.parts) and here.search(path.read_text(errors="ignore"))
    ]
    assert found == [name_of(Path(__file__))] or found == []
