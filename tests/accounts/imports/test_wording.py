"""What was found in English is told in the reader's language, on the page, by the API and in the error file."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.imports import wording
from accounts.imports.error_file import error_file_parts
from accounts.imports.wording import STORED, reworded
from tests.accounts.imports.conftest import row, table

SOURCE = Path(wording.__file__).parent
# Told at once to whoever asked, in their language; none of it is stored.
TOLD_AT_ONCE = {"services.py", "selectors.py", "layout.py", "runner.py", "fields.py", "error_file.py", "hooks.py"}
WORDS_WITHIN = {" or ", "none", "The file is larger than 1 GB. Split it into smaller files."}


def said_by_the_readers() -> set[str]:
    found = set()
    for path in SOURCE.glob("*.py"):
        if path.name in TOLD_AT_ONCE | {"wording.py"}:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("_", "gettext", "gettext_noop"):
                found.add(ast.literal_eval(node.args[0]))
    return found - WORDS_WITHIN


def test_every_problem_an_import_may_store_can_be_reworded():
    assert said_by_the_readers() == set(STORED)


@pytest.mark.parametrize("template", STORED)
def test_each_comes_back_as_if_it_had_been_said_in_the_readers_language(template):
    values = dict.fromkeys(("has", "wants", "first", "last"), 7)
    values |= {
        name: f"“{name}: 07%”" for name in ("decimal", "other", "one", "two", "chosen", "known", "header", "found")
    }
    values["field"] = "Balance or Principal"
    filling = 7 if "%d" in template else "0912: %s" if "%s" in template else values
    with override("zh-hans"):
        wanted = _(template) % (filling if isinstance(filling, int | str) else values | {"field": "余额或本金"})
        told = reworded(template % filling)
    if "%(field)s" not in template:
        assert told == wanted
    assert told != template % filling


def test_the_header_of_the_file_stays_before_the_reason():
    with override("zh-hans"):
        assert reworded("Sum: total: this is not an amount. Write it like 1234.50.") == "Sum: total: " + _(
            "this is not an amount. Write it like 1234.50."
        )


def test_a_reason_of_two_sentences_is_reworded_whole():
    text = (
        "The row has 3 cells, the header has 6. Check its separators and quotation marks."
        " It runs from line 4 to line 9: a quotation mark may not be closed."
    )
    with override("zh-hans"):
        told = reworded(text)
    assert "quotation" not in told and "4" in told and "9" in told


@pytest.mark.parametrize("text", ["", "Something else.", "Balance: odd"])
def test_what_nobody_knows_stays(text):
    with override("zh-hans"):
        assert reworded(text) == text


def test_english_stays_as_it_was_written():
    assert reworded("this is not a whole number.") == "this is not a whole number."


def test_the_error_file_speaks_the_language_of_whoever_downloads_it(imported):
    job = imported(table(row(1), row(2, balance="x", email="y")))
    english = b"".join(error_file_parts(job)).decode("utf-8-sig")
    with override("zh-hans"):
        parts = error_file_parts(job)
    chinese = b"".join(parts).decode("utf-8-sig")
    assert "this is not an amount" in english and "A-2" in english
    assert "this is not" not in chinese and "A-2" in chinese
    assert chinese.splitlines()[0] == english.splitlines()[0]


def test_a_corrected_error_file_comes_back_in_any_language(imported):
    job = imported(table(row(1), row(2, balance="x")))
    with override("zh-hans"):
        content = b"".join(error_file_parts(job))
    assert imported(content.replace(b",x,", b",77.00,")).rows_created == 1
