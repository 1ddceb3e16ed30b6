"""One plain form of what people type: full-width, fancy, invisible, accented and oversized text all read the same."""

from __future__ import annotations

import re
import unicodedata

# A person's wish stands at one end of what they write; a hundred pages in between are read by a person, if at all.
HEAD, TAIL = 8_000, 2_000

_QUOTES = str.maketrans({"’": "'", "‘": "'", "`": "'", "´": "'", "“": '"', "”": '"'})
_ACCENTS = re.compile("[\u0300-\u036f]")
# Cyrillic and Greek letters that look like Latin ones: a phone set to another script, or somebody testing us.
LOOKALIKES = str.maketrans("аеорсухікѕјтпвмнαορτυικνε", "aeopcyxiksjtnbmhaoptuikve")


def shortened(text: str) -> str:
    return text if len(text) <= HEAD + TAIL else f"{text[:HEAD]} {text[-TAIL:]}"


def plain(text: str) -> str:
    """Lower case, single spaces, straight quotes; without invisible, control and direction characters."""
    folded = unicodedata.normalize("NFKC", shortened(text))
    kept = "".join(_seen(char) for char in shortened(folded))
    return " ".join(kept.translate(_QUOTES).casefold().split())


def _seen(char: str) -> str:
    kind = unicodedata.category(char)
    if kind == "Cf" or "\ufe00" <= char <= "\ufe0f":
        return ""
    return " " if kind in ("Cc", "Cs", "Co", "Cn", "Zl", "Zp") else char


def without_accents(text: str) -> str:
    """`arrêt` -> `arret`. Marks of scripts that spell with them (Hindi, Thai, Arabic) stay."""
    return unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFD", text)))


def words(text: str) -> list[str]:
    """The runs of letters and digits of a plain text, without accents."""
    spaced = "".join(char if unicodedata.category(char)[0] in "LMN" else " " for char in without_accents(text))
    return spaced.split()
