"""Messages that consist of one agreed word: stop, start, help. In the languages of the people we write to.

Carriers and rules agree on the English ones (47 CFR 64.1200(a)(10): stop, quit, end, revoke, opt out, cancel,
unsubscribe; carriers add STOPALL). A word more in this list can only silence us.
"""

from __future__ import annotations

from collections.abc import Mapping

from reminders.channels.base import Keyword
from reminders.understanding.normal import LOOKALIKES, plain, without_accents, words

_STOP: Mapping[str, str] = {
    "en": "stop, stopall, stop all, end, quit, cancel, unsubscribe, revoke, opt out, optout, remove, remove me, "
    "no more, unsub",
    "zh": "停, 停止, 停止发送, 停止發送, 退订, 退訂, 取消, 取消订阅, 取消訂閱, 拒收, 退, td, 回t退订, 不要再发, "
    "不要再發, 别发了, 別發了",
    "es": "baja, alto, parar, pare, cancelar, detener, basta, salir, darse de baja, dar de baja, fin",
    "pt": "sair, parar, pare, cancelar, remover, descadastrar, chega",
    "fr": "arret, arreter, arretez, desabonner, desabonnement, desinscription, fin, stopper",
    "de": "stopp, abmelden, abbestellen, ende, beenden, austragen, kuendigen, kundigen",
    "it": "basta, disiscrivimi, annulla, cancellami, ferma",
    "nl": "stoppen, afmelden, uitschrijven, einde",
    "id": "berhenti, hentikan, batal, keluar, unreg, henti",
    "hi": "band karo, bandh karo, band, bandh, roko, ruko, बंद, बंद करो, बंद करें, रोको, रोकें",
    "tl": "itigil, tigil, hinto, tama na, ihinto",
    "sw": "acha, simama, sitisha, ondoa, komesha",
    "vi": "dung, dung lai, huy, tu choi, ngung",
    "ru": "стоп, отписаться, отмена, хватит, прекратите",
    "ja": "停止して, 配信停止, 解除, やめて",
    "ko": "수신거부, 중지, 그만, 해지",
    "ar": "ايقاف, إيقاف, الغاء, إلغاء, توقف, قف",
    "th": "หยุด, ยกเลิก",
}
_START = "start, unstop, yes, resume, subscribe, 恢复, 恢復, 订阅, 訂閱"
_HELP = "help, info, 帮助, 幫助, 說明, 说明, ayuda, ajuda, aide, hilfe, bantuan, madad"
# Said beside the word, they change nothing.
_POLITE_WORDS = (
    "please, pls, plz, thanks, thank, you, thx, now, kindly, immediately, already, ok, okay, hi, hello, hey, msg, por, "
    "favor, gracias, bitte, danke, svp, merci, tolong, ya, 请, 請, 谢谢, 謝謝, 短信, 簡訊"
)
_POLITE = frozenset(_POLITE_WORDS.split(", "))


def _key(text: str) -> str:
    return "".join(words(plain(text)))


KEYWORD_OF_KEY: Mapping[str, Keyword] = {
    _key(word): keyword
    for keyword, listed in (
        (Keyword.HELP, [_HELP]),
        (Keyword.START, [_START]),
        (Keyword.STOP, [*_STOP.values()]),
    )
    for group in listed
    for word in group.split(",")
}
LONGEST_KEYWORD_MESSAGE = 200


def keyword_of(text: str) -> Keyword | None:
    """The keyword a message consists of. "opt out", "S.T.O.P", "stop stop!!" and "please stop" count; a sentence that
    merely contains one is left to the reader."""
    said = plain(text[: 10 * LONGEST_KEYWORD_MESSAGE])
    if len(said) > LONGEST_KEYWORD_MESSAGE:
        return None
    return _one_word(words(said)) or _one_word(words(without_accents(said).translate(LOOKALIKES)))


def _one_word(tokens: list[str]) -> Keyword | None:
    meant = [token for token in tokens if token not in _POLITE] or tokens
    whole = KEYWORD_OF_KEY.get("".join(tokens)) or KEYWORD_OF_KEY.get("".join(meant))
    if whole is not None:
        return whole
    each = {KEYWORD_OF_KEY.get(token) for token in meant}
    return each.pop() if len(each) == 1 else None
