"""How people say "stop" when they do not use the keyword. It may only widen what counts as a refusal."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from compliance.gate import EVERY_CHANNEL

_EVERYTHING = (
    r"stop ?all",
    r"stop everything",
    r"leave me alone",
    r"(do not|don'?t|never|stop|quit) (ever )?(contact|contacting|bother|bothering|harass|harassing)",
    r"no (more|further) contact",
    r"cease and desist",
    r"(不要|别|別|停止|请勿|請勿|勿)再?(来|來)?(联系|聯絡|聯繫|骚扰|騷擾|打扰|打擾)",
    r"no me contact",
    r"ne me contactez plus",
    r"n[aã]o me contact",
    r"kontaktieren sie mich nicht",
    r"jangan hubungi",
    r"msinitumie tena",
)
_CHANNEL = (
    r"\bopt(ing)?[ -]?out\b",
    r"\bunsubscribe\b",
    r"(please|pls|just) (stop|quit)\b",
    r"\b(stop|quit|end) (texting|messaging|sending|these|this|the|your|it|now|sms|text|texts|messages|messaging)\b",
    r"\bno more (texts|messages|sms)\b",
    r"\b(do not|don'?t) (text|message|send|sms)\b",
    r"\b(remove|delete|take) (me|my number)\b",
    r"\bstop\W*$",
    r"^\W*stop\b",
    r"(不要|别|別|停止|请勿|請勿|勿)再?(给我|給我)?(发|發|寄|传|傳)",
    r"退(订|訂)",
    r"取消(订阅|訂閱)",
    r"\bdejen? de (enviar|escribir|mandar)",
    r"\bno (quiero|mandar|enviar) m[aá]s",
    r"\b(arr[eê]tez?|cessez) (de|d'|les|ces)",
    r"\bpare(m)? de (enviar|mandar)",
    r"\bkeine (sms|nachrichten) mehr\b",
    r"\bberhenti (kirim|mengirim)",
    r"\bacha(ni)? kutuma",
)
_MEANINGS: Mapping[str, re.Pattern[str]] = {
    EVERY_CHANNEL: re.compile("|".join(_EVERYTHING)),
    "": re.compile("|".join(_CHANNEL)),
}


def refusal_in(text: str) -> str | None:
    """What the person refuses: "*" everything, "" the channel they wrote on, None: nothing that we recognise."""
    plain = " ".join(unicodedata.normalize("NFKC", text).replace("’", "'").casefold().split())
    return next((scope for scope, pattern in _MEANINGS.items() if pattern.search(plain)), None)
