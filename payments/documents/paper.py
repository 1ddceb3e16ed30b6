"""A4 sheets with our font: the pieces that receipts and statements are built from."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from django.utils.translation import get_language
from django.utils.translation import gettext as _
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.enums import TA_LEFT, TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

FONT = "NotoSansSC"
FONT_FILE = Path(__file__).parent / "fonts" / "NotoSansSC-Regular.ttf"
INK, MUTED, LINE, BRAND = HexColor("#14262b"), HexColor("#50616a"), HexColor("#e2ded3"), HexColor("#0b5c5a")
MARGIN = 20 * mm
# Frames of reportlab keep six points clear on each side.
PADDING = 6
WIDTH = A4[0] - 2 * MARGIN - 2 * PADDING


@cache
def load_font() -> None:
    """Once a process: reading eight thousand glyphs takes a moment."""
    pdfmetrics.registerFont(TTFont(FONT, str(FONT_FILE)))


def style(size: float = 10, *, color: Color = INK, right: bool = False, before: float = 0) -> ParagraphStyle:
    wrap = "CJK" if (get_language() or "").startswith("zh") else None
    return ParagraphStyle(
        f"{size}{color}{right}{before}{wrap}",
        fontName=FONT,
        fontSize=size,
        leading=size * 1.45,
        textColor=color,
        wordWrap=wrap,
        spaceBefore=before,
        alignment=TA_RIGHT if right else TA_LEFT,
    )


def text(words: object, size: float = 10, *, color: Color = INK, right: bool = False) -> Paragraph:
    return Paragraph(escape(str(words)), style(size, color=color, right=right))


def gap(millimetres: float) -> Spacer:
    return Spacer(1, millimetres * mm)


def heading(words: str) -> list[Flowable]:
    return [gap(5), text(words, 12, color=BRAND), gap(1.5)]


def facts(pairs: Sequence[tuple[object, object]]) -> Table:
    """Label left, value right, a hair line between."""
    rows = [[text(label, color=MUTED), text(value, right=True)] for label, value in pairs]
    return Table(rows, colWidths=[WIDTH * 0.45, WIDTH * 0.55], style=lined())


def table(
    header: Sequence[str], rows: Sequence[Sequence[object]], *, widths: Sequence[float], money_from: int
) -> Table:
    """`widths` are shares of the sheet; columns from `money_from` on are amounts."""
    head = [text(cell, 8.5, color=MUTED, right=index >= money_from) for index, cell in enumerate(header)]
    body = [[text(cell, 9, right=index >= money_from) for index, cell in enumerate(row)] for row in rows]
    return Table([head, *body], colWidths=[WIDTH * share for share in widths], style=lined(), repeatRows=1)


def lined() -> TableStyle:
    return TableStyle(
        [
            ("LINEBELOW", (0, 0), (-1, -1), 0.5, LINE),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("RIGHTPADDING", (0, 0), (-1, -1), 0),
            ("TOPPADDING", (0, 0), (-1, -1), 4),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ]
    )


def sheet(title: str, agency: str, story: Sequence[Flowable]) -> bytes:
    """The finished PDF, with the title in its properties and a page number on each page."""

    def foot(canvas: Canvas, document: Any) -> None:
        canvas.setFont(FONT, 8)
        canvas.setFillColor(MUTED)
        canvas.drawString(MARGIN + PADDING, 12 * mm, agency)
        canvas.drawRightString(A4[0] - MARGIN - PADDING, 12 * mm, _("Page %(number)s") % {"number": document.page})

    out = BytesIO()
    document = SimpleDocTemplate(
        out,
        pagesize=A4,
        title=title,
        author=agency,
        lang=get_language() or "en",
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=MARGIN + 4 * mm,
    )
    document.build(list(story), onFirstPage=foot, onLaterPages=foot)
    return out.getvalue()
