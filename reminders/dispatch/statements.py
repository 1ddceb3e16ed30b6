"""The itemised statement as an attachment, for an e-mail whose template asks for it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.utils import translation

from accounts.models import Account
from common.money import Money
from payments.documents.lines import Line, statement_lines
from payments.documents.pdf import statement_pdf
from payments.services.shares import surplus_of
from reminders.channels.base import Attachment
from reminders.rendering.syntax import names_in
from reminders.rendering.texts import TemplateText

PLACE = "statement"


def file_name(account: Account) -> str:
    return f"statement-{account.reference}.pdf"


def fitting(text: TemplateText, channel: str) -> TemplateText:
    """A letter is written in the words of the e-mail, without the paragraph about what is attached."""
    if channel != "letter":
        return text
    kept = [part for part in re.split(r"\n\s*\n", text.body) if PLACE not in names_in(part)]
    return replace(text, body="\n\n".join(kept))


@dataclass(frozen=True, slots=True)
class Statement:
    """Figures as they were in one transaction; drawn after it, for that takes longer than anybody's rows may be kept
    locked."""

    account: Account
    language: str
    agency: str
    name: str
    lines: Sequence[Line]
    surplus: Money

    def drawn(self) -> Attachment:
        with translation.override(self.language):
            content = statement_pdf(self.account, self.lines, agency=self.agency, name=self.name, surplus=self.surplus)
        return Attachment(file_name(self.account), content)


def statement_for(
    text: TemplateText, account: Account, *, channel: str, language: str, agency: str
) -> Statement | None:
    """What the template asks for."""
    if channel != "email" or PLACE not in names_in(text.body):
        return None
    with translation.override(language):
        lines = list(statement_lines(account))
    return Statement(account, language, agency, account.debtor.name, lines, surplus_of(account))
