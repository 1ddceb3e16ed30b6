"""Which of the languages we write in a person's language tag means."""

from collections.abc import Mapping

LANGUAGES = ("en", "zh-hans", "zh-hant")
_BABEL: Mapping[str, str] = {"en": "en", "zh-hans": "zh_Hans", "zh-hant": "zh_Hant"}
_TRADITIONAL = ("zh-hant", "zh-tw", "zh-hk", "zh-mo")


def written_language(tag: str) -> str:
    """The language we have texts in that is nearest to `tag`; English when none is."""
    wanted = tag.strip().lower().replace("_", "-")
    if wanted.startswith(_TRADITIONAL):
        return "zh-hant"
    return "zh-hans" if wanted == "zh" or wanted.startswith("zh-") else "en"


def babel_locale(tag: str) -> str:
    return _BABEL[written_language(tag)]
