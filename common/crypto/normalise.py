"""One spelling per value before it is indexed: what a person types to search must meet what the creditor delivered."""

from __future__ import annotations

import re
import unicodedata

SHORTEST_PREFIX = 3
LONGEST_PREFIX = 6
LONGEST_CJK_PREFIX = 4
MOST_TOKENS = 24

_NOT_DIGITS = re.compile(r"\D+", re.ASCII)
_PHONE_SHAPE = re.compile(r"\s*\+?[\d\s().-]{5,}")
_SPACES = re.compile(r"\s+")
_CJK = "\u3400-\u9fff\uf900-\ufaff\u3040-\u30ff\uac00-\ud7af\U00020000-\U000323af"
_WORDS = re.compile(rf"[{_CJK}]+|[^\W_{_CJK}]+")
_ASCII_WORDS = re.compile(r"[a-z0-9]+")
_IS_CJK = re.compile(f"[{_CJK}]")


def normalise_phone(value: str) -> str:
    """Digits of a number already parsed to E.164: `+886 912 345 678` -> `886912345678`."""
    if value.isascii() and value[1:].isdigit() and value[0] == "+":
        return value[1:]
    return _NOT_DIGITS.sub("", unicodedata.normalize("NFKC", value))


def phone_last4(value: str) -> str:
    """The last four digits, what an agent hears first; empty when there are fewer."""
    digits = normalise_phone(value)
    return digits[-4:] if len(digits) >= 4 else ""


def normalise_email(value: str) -> str:
    return value.strip().casefold()


def normalise_name(value: str) -> str:
    """`  Ａda   LOVELACE ` -> `ada lovelace`."""
    if value.isascii():
        return " ".join(value.lower().split())
    return _SPACES.sub(" ", unicodedata.normalize("NFKC", value).casefold()).strip()


def normalise_contact(value: str) -> str:
    """A phone, an e-mail or an address in one column: each by its own rule, told apart by its shape."""
    if "@" in value:
        return normalise_email(value)
    return normalise_phone(value) if _PHONE_SHAPE.fullmatch(value) else normalise_name(value)


def normalise_reference(value: str) -> str:
    """A creditor's or public body's reference: no spaces or dashes, one case."""
    return re.sub(r"[\s-]+", "", unicodedata.normalize("NFKC", value)).casefold()


def name_tokens(value: str) -> list[str]:
    """What a name can be found by, at most 24, in a stable order.

    Other scripts: each word's prefixes of 3 to 6 letters (a shorter word whole). Chinese, Japanese, Korean: prefixes
    of 1 to 4 characters, and of the part after the family name (the first character).
    """
    tokens: dict[str, None] = {}
    for word in words_of(value):
        tokens.update(dict.fromkeys(word_tokens(word)))
    return list(tokens)[:MOST_TOKENS]


def word_tokens(word: str) -> list[str]:
    if _IS_CJK.match(word):
        given = word[1:]
        return [part[:size] for part in (word, given) for size in range(1, min(len(part), LONGEST_CJK_PREFIX) + 1)]
    if len(word) < SHORTEST_PREFIX:
        return [word]
    return [word[:size] for size in range(SHORTEST_PREFIX, min(len(word), LONGEST_PREFIX) + 1)]


def _without_accents(word: str) -> str:
    """`josé` -> `jose`: agents type what they hear."""
    return "".join(letter for letter in unicodedata.normalize("NFKD", word) if not unicodedata.combining(letter))


def words_of(value: str) -> list[str]:
    """The searchable words of a name, in one spelling, without accents."""
    if value.isascii():
        return _ASCII_WORDS.findall(value.lower())
    words = _WORDS.findall(normalise_name(value))
    return [word if _IS_CJK.match(word) else _without_accents(word) for word in words]


def name_query_tokens(query: str) -> list[str]:
    """One token per word typed; a row must carry all of them. Longer words are cut: see `name_matches`."""
    words = words_of(query)
    return [word[: LONGEST_CJK_PREFIX if _IS_CJK.match(word) else LONGEST_PREFIX] for word in words]


def name_matches(query: str, name: str) -> bool:
    """Whether every word typed starts a word of the opened name: drops what the cut tokens let through."""
    words = words_of(name)
    starts = [*words, *(word[1:] for word in words if _IS_CJK.match(word))]
    return all(any(word.startswith(typed) for word in starts) for typed in words_of(query))
