"""Words that threaten, shame or hurry people. A message that needs them is not sent by machine."""

import re

PRESSING = (
    "arrest",
    "prison",
    "jail",
    "police",
    "criminal",
    "lawsuit",
    "sue you",
    "legal action",
    "court action",
    "garnish",
    "seize",
    "repossess",
    "blacklist",
    "your employer",
    "your family",
    "your neighbours",
    "your neighbors",
    "shame",
    "final warning",
    "last warning",
    "or else",
    "immediately or",
    "逮捕",
    "坐牢",
    "报警",
    "報警",
    "起诉",
    "起訴",
    "法院",
    "强制执行",
    "強制執行",
    "黑名单",
    "黑名單",
    "失信",
    "您的家人",
    "您的单位",
    "您的單位",
    "最后警告",
    "最後警告",
)
_PATTERN = re.compile("|".join(rf"\b{re.escape(w)}" if w.isascii() else re.escape(w) for w in PRESSING), re.IGNORECASE)


def pressing_words(text: str) -> list[tuple[str, int]]:
    """Each such expression as written, with where it starts."""
    return [(match.group(), match.start()) for match in _PATTERN.finditer(text)]
