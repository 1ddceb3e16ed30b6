"""The validation notice on paper, laid out as model form B-1: the debt and its sums on the left, the rights on the
right, and a form below to tear off and send back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from functools import partial
from xml.sax.saxutils import escape

from babel.dates import format_date
from django.utils import translation
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, Table, TableStyle

from common.money import Money
from payments.documents.paper import BRAND, INK, LINE, MUTED, WIDTH, gap, load_font, sheet, style, text
from payments.documents.validation_words import LOCALES, words_of
from payments.models import ValidationNotice

SITE_LANGUAGE = {"en": "en", "es": "en", "zh": "zh-hans"}
SMALL = 8.2
GUTTER = 6 * mm
HALF = (WIDTH - GUTTER) / 2
SHOWN_DIGITS = 4
Say = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Sender:
    """Who collects: name, lines of its postal address, phone, and where disputes are taken electronically."""

    agency: str
    address: Sequence[str]
    phone: str
    dispute_url: str


class Box(Flowable):
    """A box to tick: drawn, as fonts differ in what they have."""

    def __init__(self, size: float = 8) -> None:
        super().__init__()
        self.width, self.height = size, size

    def draw(self) -> None:
        self.canv.setStrokeColor(INK)
        self.canv.rect(0, -1, self.width, self.height, stroke=1, fill=0)


class CutLine(Flowable):
    def __init__(self) -> None:
        super().__init__()
        self.width, self.height = WIDTH, 10

    def draw(self) -> None:
        canvas: Canvas = self.canv
        canvas.setStrokeColor(MUTED)
        canvas.setDash(4, 3)
        canvas.line(0, 5, self.width, 5)
        canvas.setDash()


def validation_pdf(
    notice: ValidationNotice, sender: Sender, *, name: str, address: Sequence[str], language: str = ""
) -> bytes:
    """In the language of the notice, or the same figures in another `language`."""
    load_font()
    notice = copy(notice)
    notice.language = language or notice.language
    with translation.override(SITE_LANGUAGE[notice.language]):
        title = f"{words_of(notice.language)['title']} {notice.reference}"
        return sheet(title, sender.agency, validation_story(notice, sender, name=name, address=address))


def validation_story(notice: ValidationNotice, sender: Sender, *, name: str, address: Sequence[str]) -> list[Flowable]:
    """On sheets of its own in a batch of letters, too."""
    say = partial(_say, notice, sender)
    head = _two(
        [text(sender.agency, 11), *(text(line, 9) for line in sender.address), text(sender.phone, 9)],
        [text(say("to"), 9, color=MUTED), text(name, 10), *(text(line, 10) for line in address), gap(2),
         text(say("reference"), 9)],
    )  # fmt: skip
    return [
        head,
        gap(4),
        Paragraph(_bold(say("who"), sender.agency), style(9.5)),
        gap(4),
        _two(_debt(notice, say), _rights(say)),
        CutLine(),
        *_form(sender, say, name=name, address=address),
    ]


def _say(notice: ValidationNotice, sender: Sender, key: str) -> str:
    account, words = notice.account, words_of(notice.language)
    locale = LOCALES[notice.language]
    products = words["products"]
    return str(words[key]).format(
        agency=sender.agency,
        creditor=account.creditor.name,
        product=products.get(account.product, products["any"]),
        number=account.creditor_reference[-SHOWN_DIGITS:],
        reference=account.reference,
        day=format_date(notice.itemised_on, "long", locale=locale),
        until=format_date(notice.ends_on, "long", locale=locale),
        dispute=sender.dispute_url or words["page"],
        currency=notice.currency,
    )


def _bold(words: str, name: str) -> str:
    """The first sentence of the form stands out; the font has one weight, so it is told by color."""
    return escape(words).replace(escape(name), f'<font color="{BRAND.hexval()}">{escape(name)}</font>', 1)


def _debt(notice: ValidationNotice, say: Say) -> list[Flowable]:
    rows = [("as_of", notice.then_minor, ""), ("between", None, ""), ("interest", notice.interest_minor, "+"),
            ("fees", notice.fees_minor, "+")]  # fmt: skip
    if notice.other_minor:
        rows.append(("other", notice.other_minor, "+"))
    rows += [("credits", notice.credits_minor, "–"), ("total", notice.now_minor, "")]
    lines = [
        [
            text(say(key), SMALL),
            "" if minor is None else text(f"{sign} {_money(notice, minor)}".strip(), SMALL, right=True),
        ]
        for key, minor, sign in rows
    ]
    table = Table(lines, colWidths=[HALF * 0.62, HALF * 0.38], style=_rows())
    return [
        text(say("shows"), 11, color=BRAND), gap(1), text(say("had"), SMALL), text(say("owned"), SMALL), gap(2), table,
    ]  # fmt: skip


def _money(notice: ValidationNotice, minor: int) -> str:
    return Money(minor, notice.currency).format(LOCALES[notice.language].replace("_", "-"))


def _rights(say: Say) -> list[Flowable]:
    story: list[Flowable] = [text(say("how"), 11, color=BRAND), gap(1)]
    story += [_point(say(key)) for key in ("call", "write")]
    story += [gap(2), text(say("else"), 11, color=BRAND), gap(1)]
    return story + [_point(say(key)) for key in ("original", "learn", "options", "spanish")]


def _point(words: str) -> Flowable:
    return Table([[text("•", SMALL), text(words, SMALL)]], colWidths=[8, HALF - 8], style=_bare(bottom=2))


def _form(sender: Sender, say: Say, *, name: str, address: Sequence[str]) -> list[Flowable]:
    left = [
        text(say("mail"), 9, color=MUTED), text(sender.agency, 10), *(text(line, 9) for line in sender.address), gap(4),
        text(name, 9), *(text(line, 9) for line in address), text(say("reference"), 9),
    ]  # fmt: skip
    right: list[Flowable] = [text(say("form"), 11, color=BRAND), text(say("check"), 9)]
    right += [_tick(say(key), deep=key in ("not_mine", "wrong", "other_reason")) for key in (
        "dispute", "not_mine", "wrong", "other_reason", "ask_original", "enclosed",
    )]  # fmt: skip
    right += [text(say("payable"), SMALL, color=MUTED), _tick(say("ask_spanish"), deep=False)]
    return [_two(left, right)]


def _tick(words: str, *, deep: bool) -> Flowable:
    indent = 14 if deep else 0
    row = [["", Box(), text(words, SMALL)]]
    return Table(row, colWidths=[indent or 0.1, 14, HALF - 14 - (indent or 0.1)], style=_bare(bottom=2))


def _two(left: Sequence[Flowable], right: Sequence[Flowable]) -> Table:
    return Table([[list(left), "", list(right)]], colWidths=[HALF, GUTTER, HALF], style=_bare())


def _bare(bottom: float = 0) -> TableStyle:
    return TableStyle(
        [
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("RIGHTPADDING", (0, 0), (-1, -1), 0),
            ("TOPPADDING", (0, 0), (-1, -1), 0),
            ("BOTTOMPADDING", (0, 0), (-1, -1), bottom),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ]
    )


def _rows() -> TableStyle:
    return TableStyle(
        [
            *_bare(bottom=3).getCommands(),
            ("TOPPADDING", (0, 0), (-1, -1), 3),
            ("LINEABOVE", (0, 0), (-1, 0), 0.5, LINE),
            ("LINEBELOW", (0, 0), (-1, -1), 0.5, LINE),
            ("LINEABOVE", (0, -1), (-1, -1), 1, INK),
        ]
    )
