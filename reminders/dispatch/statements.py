"""The itemised statement as an attachment, for an e-mail whose template asks for it."""

from __future__ import annotations

import re
from dataclasses import replace

from django.utils import translation

from accounts.models import Account
from payments.documents.lines import statement_lines
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


def attachments_for(
    text: TemplateText, account: Account, *, channel: str, language: str, agency: str
) -> tuple[Attachment, ...]:
    """What the template asks for; figures as they are in this transaction."""
    if channel != "email" or PLACE not in names_in(text.body):
        return ()
    with translation.override(language):
        content = statement_pdf(
            account, statement_lines(account), agency=agency, name=account.debtor.name, surplus=surplus_of(account)
        )
    return (Attachment(file_name(account), content),)
