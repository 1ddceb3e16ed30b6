"""A batch on paper: one PDF with each letter on sheets of its own, and the list the print shop wants beside it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from io import StringIO

from babel.dates import format_date
from django.utils import translation
from reportlab.platypus import Flowable, PageBreak

from common.company import company_name
from common.export import write_csv
from payments.disputes.validation import sender_of as notice_sender
from payments.documents.paper import MUTED, gap, load_font, sheet, text
from payments.documents.validation_notice import validation_story
from payments.models import ValidationNotice
from reminders.channels.letter import address_lines
from reminders.dispatch.content import sender_of
from reminders.models import Letter, LetterBatch
from reminders.rendering.languages import babel_locale, written_language

_DISPUTE_PAGE = re.compile(r"https?://\S+/dispute/")
ADDRESS_FROM_TOP = 20  # millimetres below the margin: inside the window of a DIN long envelope
HEIGHT_OF_ADDRESS = 6


def letters_of(batch: LetterBatch) -> Sequence[Letter]:
    rows = batch.letters.select_related("message__account__creditor", "message__account__debtor")
    return list(rows.select_related("message__contact_point").order_by("number"))


def batch_pdf(batch: LetterBatch) -> bytes:
    load_font()
    story: list[Flowable] = []
    for letter in letters_of(batch):
        if story:
            story.append(PageBreak())
        with translation.override(_site_language(letter)):
            story += _letter(letter)
    return sheet(f"Letters {batch.pk}", company_name(), story)


def _site_language(letter: Letter) -> str:
    return "zh-hans" if written_language(letter.message.account.debtor.language).startswith("zh") else "en"


def _letter(letter: Letter) -> list[Flowable]:
    message = letter.message
    account, sender = message.account, sender_of(message.account)
    lines = [account.debtor.name, *_address(letter)]
    head: list[Flowable] = [
        text(sender.company, 10, color=MUTED),
        text(sender.phone, 8.5, color=MUTED),
        gap(ADDRESS_FROM_TOP - 8),
    ]
    head += [text(line, 10.5) for line in lines] + [gap(max(4, (HEIGHT_OF_ADDRESS - len(lines)) * 5.5))]
    day = format_date(letter.batch.created_at, "long", locale=babel_locale(account.debtor.language))
    head += [text(day, 9, color=MUTED, right=True), gap(4), text(message.subject, 13), gap(4)]
    body: list[Flowable] = []
    for paragraph in message.body.split("\n\n"):
        if paragraph.strip():
            body += [text(" ".join(paragraph.split()), 10), gap(2.5)]
    return [*head, *body, *_enclosed(letter)]


def _enclosed(letter: Letter) -> list[Flowable]:
    """What goes with the letter, on sheets of its own."""
    message = letter.message
    if message.purpose != "validation_notice":
        return []
    notice = ValidationNotice.objects.select_related("account__creditor", "account__debtor").get(
        pk=message.facts["notice"]
    )
    link = _DISPUTE_PAGE.search(message.body)
    sender = notice_sender(notice.account, link.group() if link else "")
    story = validation_story(notice, sender, name=notice.account.debtor.name, address=_address(letter))
    return [PageBreak(), *story]


def _address(letter: Letter) -> list[str]:
    point = letter.message.contact_point
    return address_lines(point.value) if point else []


def print_file(batch: LetterBatch) -> bytes:
    """One row a letter in the order of the PDF: number, reference, name, country and the lines of the address."""
    out = StringIO(newline="")
    rows = [
        [
            letter.number,
            letter.message.account.reference,
            letter.message.account.debtor.name,
            letter.message.account.debtor.country,
            *(_address(letter) + [""] * 6)[:6],
        ]
        for letter in letters_of(batch)
    ]
    header = ["number", "reference", "name", "country", *(f"address_{place}" for place in range(1, 7))]
    write_csv(out, header, rows)
    return out.getvalue().encode()
