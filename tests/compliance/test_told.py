"""Rules in words: every shipped rule is told, and a number that changes changes the words."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from decimal import Decimal

import pytest
from django.utils.translation import override

from compliance.pack_register import SHIPPED
from compliance.packs.loader import load_packs
from compliance.packs.schema import Rule
from compliance.told.comparison import compare
from compliance.told.names import NAMES, condition_words, named
from compliance.told.packs import told
from compliance.told.rules import sentences

PACKS = load_packs(SHIPPED)
RULES = [rule for pack in PACKS for rule in pack.rules]
# Not numbers that bind: the version of a form, or a share of a name.
LANGUAGES = ("en", "zh-hans")


def paths_of_numbers(value, path=()) -> Iterator[tuple]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield from paths_of_numbers(one, (*path, key))
    elif isinstance(value, list | tuple):
        for place, one in enumerate(value):
            yield from paths_of_numbers(one, (*path, place))
    elif isinstance(value, int | Decimal) and not isinstance(value, bool):
        yield path


def raised(value, path):
    if not path:
        return value + 1
    if isinstance(value, dict):
        return {**value, path[0]: raised(value[path[0]], path[1:])}
    return tuple(raised(one, path[1:]) if place == path[0] else one for place, one in enumerate(value))


def test_every_shipped_rule_is_told_in_both_languages():
    for language in LANGUAGES:
        with override(language):
            for rule in RULES:
                words = told(rule)
                assert words.sentences and words.scope and words.kind, rule.id
                assert not any("_" in text or "%" in text for text in words.sentences), (rule.id, words.sentences)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_number_that_changes_changes_the_words(rule: Rule):
    before = sentences(rule)
    for path in paths_of_numbers(dict(rule.params)):
        changed = replace(rule, params=raised(deepcopy(dict(rule.params)), path))
        assert sentences(changed) != before, path


def test_every_name_a_shipped_rule_uses_has_words():
    strange = {name for rule in RULES for name in names_of(rule) if name not in NAMES}
    assert strange == set()


def names_of(rule: Rule) -> Iterator[str]:
    yield from (one.when for one in rule.exceptions if " " not in one.when)
    for key in (
        "any_of",
        "trigger",
        "fields",
        "must_include",
        "must_not_include",
        "exclude",
        "permits",
        "allow_recipients",
    ):
        yield from rule.params.get(key, ())
    for key in ("until", "notice", "then"):
        yield from [rule.params[key]] if key in rule.params and rule.type != "retry" else []


def test_conditions_are_read_aloud_and_strange_names_as_they_are_written():
    assert condition_words("debt.balance < 1000 and not debt.purchased") == (
        "the balance < 1000 and not: the debt was bought"
    )
    assert named("my_own_fact") == "my own fact"


def test_a_version_compared_with_itself_differs_in_nothing():
    for pack in PACKS:
        found = compare(pack, pack)
        assert (found.lines, found.same) == ((), len(pack.rules))


def test_what_was_added_removed_and_changed_is_named():
    uk = next(pack for pack in PACKS if pack.id == "uk")
    hours, *rest = uk.rules
    later = replace(hours, params={**hours.params, "allow": ((frozenset(range(7)), 540, 1200),)})
    new = replace(hours, id="UK-NEW")
    found = compare(uk, replace(uk, version="2", rules=(later, *rest[1:], new)))
    assert [(line.kind, line.name) for line in found.lines] == [
        ("changed", hours.id), ("removed", rest[0].id), ("added", "UK-NEW"),
    ]  # fmt: skip
    changed = found.lines[0]
    assert "08:00" in changed.before[0] and "09:00" in changed.after[0]
    assert found.same == len(rest) - 1
