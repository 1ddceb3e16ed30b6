"""The words a person wrote, without what their mail program quoted of ours.

Our own "stop" link, quoted below an answer, must never be read as the person's wish to stop.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

LONGEST_READ = 200_000  # characters; of longer ones both ends, where people write
_QUOTE_STARTS = re.compile(
    r"^\s*(?:"
    r"-{2,}\s*(?:original message|forwarded message|ursprüngliche nachricht|message d'origine|mensaje original"
    r"|原始邮件|原始郵件|转发的邮件)\s*-*"
    r"|on\b.{4,200}\bwrote:|le\b.{4,200}\ba écrit\s?:|am\b.{4,200}\bschrieb\b.{0,80}:|el\b.{4,200}\bescribió:"
    r"|em\b.{4,200}\bescreveu:|.{4,200}(?:写道|寫道)[:：]|(?:发件人|發件人|寄件者)[:：].{0,200}|_{10,}"
    r")\s*$",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(r"^(?:-- ?|sent from my .{2,40}|发自我的.{1,20}|從我的.{1,20}傳送)$", re.IGNORECASE)
_REPLY = re.compile(r"^\s*((re|aw|sv|antw|rv|res|fw|fwd|回复|回覆|答复|答覆|转发|轉寄)\s*[:：]\s*)+", re.IGNORECASE)
_BREAKS = frozenset({"br", "p", "div", "li", "tr", "h1", "h2", "h3"})
_SILENT = frozenset({"style", "script", "head", "title", "blockquote"})


def own_words(text: str, *, quoted: str = "") -> str:
    """`quoted`: the text of ours it answers; a line of it is not theirs, however it was marked."""
    ours = {_bare(line) for line in quoted.splitlines()} - {""}
    kept: list[str] = []
    for line in _both_ends(text).splitlines():
        if _QUOTE_STARTS.match(line) or _SIGNATURE.match(line.strip()):
            break
        if not line.lstrip().startswith(">") and _bare(line) not in ours:
            kept.append(line.rstrip())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


def own_subject(subject: str, *, ours: str) -> str:
    """What the subject says beyond being an answer: "" for "Re: ..." and for our own subject."""
    said = " ".join(subject.split())[:200]
    return "" if _REPLY.match(said) or said == ours else said


def text_of_html(html: str) -> str:
    reader = _Reader()
    reader.feed(_both_ends(html))
    reader.close()
    return "".join(reader.parts)


def _both_ends(text: str) -> str:
    half = LONGEST_READ // 2
    return text if len(text) <= LONGEST_READ else f"{text[:half]}\n{text[-half:]}"


def _bare(line: str) -> str:
    return "".join(char for char in line.casefold() if char.isalnum())


class _Reader(HTMLParser):
    """Words only: quotes, styles and scripts are left out."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        classes = (dict(attrs).get("class") or "").split()
        if tag in _SILENT or (self._hidden and tag == self._hidden[0]) or (tag == "div" and "gmail_quote" in classes):
            self._hidden.append(tag)
        if tag in _BREAKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if self._hidden and tag == self._hidden[-1]:
            self._hidden.pop()

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data)
