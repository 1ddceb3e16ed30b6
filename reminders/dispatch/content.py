"""What a message says, from the world as it is at the moment of sending."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from django.conf import settings
from django.urls import reverse

from accounts.models import Account, Consent
from common.clock import today
from common.company import company_name
from common.errors import PlatformError
from common.money import Money
from compliance.gate import EVERY_CHANNEL
from payments.debtor_wallets import usable_wallets
from payments.disputes.validation import FIELDS as VALIDATION_FIELDS
from payments.models import Attempt, DebtDispute, DisputeRemark, Instalment, Payment, Refund, ValidationNotice
from payments.services.links import NewLinks
from reminders.confirmation import CONFIRMATION, confirmation_text
from reminders.conversations.proposing import plan_proposed
from reminders.dispatch.names import form_of_address
from reminders.dispatch.statements import Statement, file_name, fitting, statement_for
from reminders.models import Complaint, Message, Reply, Template
from reminders.plan_words import about_plan
from reminders.promise_reminders import PURPOSE as PROMISE_REMINDER
from reminders.promise_reminders import about_promise
from reminders.rendering.content import Content, Sender, render
from reminders.rendering.languages import babel_locale, written_language
from reminders.rendering.said import disclosure_for
from reminders.rendering.sms_text import plain_for_sms
from reminders.rendering.syntax import fill
from reminders.rendering.texts import ONE_TEXT, WORDS_OF_CHANNEL, TemplateText, default_text, layout_words
from reminders.rendering.variables import Fact, Lines
from reminders.tokens import opt_out_url
from wallets.models import Mandate

# Where the purpose is finer than the text.
TEMPLATE_OF_PURPOSE: Mapping[str, str] = {"pre_debit_notice": "pre_debit", "debit_receipt": "receipt"}
_BANK: Mapping[str, str] = {"en": "bank", "zh-hans": "银行", "zh-hant": "銀行"}
AGENT_REPLY, ASSISTANT_ANSWER = "agent_reply", "assistant_answer"
# Where an answer's `page` leads, behind the payment link.
PAGE_OF_TEXT: Mapping[str, str] = {"answer_hardship": "hardship/", "answer_dispute": "dispute/"}
PAGE_OF_PURPOSE: Mapping[str, str] = {
    "complaint_received": "complaint/",
    "complaint_answer": "complaint/",
    "dispute_received": "dispute/",
    "dispute_question": "dispute/",
    "dispute_response": "dispute/",
    "validation_notice": "dispute/",
}
# What goes with these on a sheet of its own says more than their words.
SAYS_OF_PURPOSE: Mapping[str, frozenset[str]] = {"validation_notice": VALIDATION_FIELDS}
WALLETS_NAMED = 5
OPENS: Mapping[str, str] = {"en": "EEEE, MMMM d, h:mm a", "zh": "M月d日EEEE HH:mm"}


@dataclass(frozen=True, slots=True)
class Composed:
    """`statement` is still to be drawn and attached."""

    content: Content
    statement: Statement | None = None


@dataclass
class Desk:
    """Where the messages of one transaction are written: their links are stored together by `write`, and a text is
    looked up once."""

    links: NewLinks = field(default_factory=NewLinks)
    _texts: dict[tuple[str, str, str], TemplateText] = field(default_factory=dict)

    def compose(self, message: Message, account: Account, *, countries: frozenset[str] = frozenset()) -> Composed:
        """The finished words, with a fresh payment link. Raises MissingFact, UnusableTemplate or UnknownText, and then
        leaves no link behind.

        `countries`: whose law may want a sentence of its own in it.
        """
        before = len(self.links)
        try:
            return self._composed(message, account, countries)
        except PlatformError:
            self.links.forget_after(before)
            raise

    def _composed(self, message: Message, account: Account, countries: frozenset[str]) -> Composed:
        language = written_language(account.debtor.language)
        if message.purpose == CONFIRMATION:
            return Composed(_confirmation(message, account, language))
        if message.purpose == AGENT_REPLY:
            return Composed(self._written_by_us(message, account, language))
        link = self.links.add(account, language=language)
        facts: dict[str, Fact] = {
            "first_name": form_of_address(account.debtor, language),
            "creditor": account.creditor.name,
            "reference": account.reference,
            "statement": file_name(account),
            "link": link + PAGE_OF_PURPOSE.get(message.purpose, ""),
            "page": link + (message.facts.get("page") or PAGE_OF_TEXT.get(message.facts.get("text", ""), "")),
            "required_notice": disclosure_for(account.creditor.role, countries=countries, language=language),
            **_FACTS.get(message.purpose, _about_debt)(message, account),
        }
        found = self.text_for(message.facts.get("text") or message.purpose, message.channel, language)
        text = fitting(found, message.channel)
        sender = sender_of(account)
        content = render(
            text,
            channel=message.channel,
            language=language,
            facts=facts,
            sender=sender,
            unsubscribe_url=opt_out_url(message) if message.channel == "email" else "",
        )
        content = replace(content, says=SAYS_OF_PURPOSE.get(message.purpose, frozenset()))
        statement = statement_for(text, account, channel=message.channel, language=language, agency=sender.company)
        return Composed(content, statement)

    def _written_by_us(self, message: Message, account: Account, language: str) -> Content:
        """What one of us wrote, word for word, with its variables filled and the way out added."""
        link = self.links.add(account, language=language)
        facts: dict[str, Fact] = {
            "link": link,
            "page": link,
            "phone": sender_of(account).phone,
            **_about_debt(message, account),
        }
        said = fill(Reply.objects.get(pk=message.facts["reply"]).text, facts, language=language)
        if message.channel == "in_app":
            return Content(said)
        if message.channel == "email":
            return self._mailed(message, account, language, Lines(said), link)
        return Content(plain_for_sms(f"{said} {layout_words(language)[f'opt_out_{message.channel}']}"))

    def _mailed(self, message: Message, account: Account, language: str, said: Lines, link: str) -> Content:
        facts: dict[str, Fact] = {
            "terms": said,
            "link": link,
            "creditor": account.creditor.name,
            "reference": account.reference,
        }
        return render(
            self.text_for(message.purpose, "email", language),
            channel="email",
            language=language,
            facts=facts,
            sender=sender_of(account),
            unsubscribe_url=opt_out_url(message),
        )

    def text_for(self, purpose: str, channel: str, language: str) -> TemplateText:
        key = (purpose, channel, language)
        if key not in self._texts:
            self._texts[key] = text_for(purpose, channel=channel, language=language)
        return self._texts[key]


def compose(message: Message, account: Account, *, countries: frozenset[str] = frozenset()) -> Content:
    """One message with everything that belongs to it. Its link lives or dies with the transaction this is called in."""
    desk = Desk()
    composed = desk.compose(message, account, countries=countries)
    desk.links.write()
    return (
        replace(composed.content, attachments=(composed.statement.drawn(),)) if composed.statement else composed.content
    )


def _confirmation(message: Message, account: Account, language: str) -> Content:
    refused = Consent.objects.filter(debtor_id=account.debtor_id, granted=False).order_by("-recorded_at", "-id").first()
    everything = refused is not None and refused.channel == EVERY_CHANNEL
    company = sender_of(account).company
    text = confirmation_text(company, language=language, everything=everything, channel=message.channel)
    return Content(text, subject=company) if message.channel == "email" else Content(plain_for_sms(text))


def text_for(purpose: str, *, channel: str, language: str) -> TemplateText:
    """The newest approved version in the language, else in English, else the text the product ships."""
    key = ONE_TEXT.get(channel) or TEMPLATE_OF_PURPOSE.get(purpose, purpose)
    worded = WORDS_OF_CHANNEL.get(channel, channel)
    approved = Template.objects.filter(key=key, channel__in=(channel, worded), approved_at__isnull=False)
    for tongue in (language, "en"):
        row = approved.filter(language=tongue).order_by("-channel", "-version").first()  # its own first
        if row is not None:
            return TemplateText(body=row.body, subject=row.subject, button=row.button)
    return default_text(key, channel=channel, language=language)


@cache
def _is_this_real() -> str:
    return reverse("reminders_real")


def sender_of(account: Account) -> Sender:
    creditor = account.creditor
    own = creditor.role == "first_party_creditor"
    return Sender(
        company=creditor.name if own else company_name(),
        phone=creditor.support_phone or creditor.support_email or settings.DEFAULT_FROM_EMAIL,
        licence=creditor.licence_note,
        verify_url=settings.PUBLIC_URL + _is_this_real(),
        help_url=f"{settings.PUBLIC_URL}{_is_this_real()}#help",
    )


def _about_debt(message: Message, account: Account) -> dict[str, Fact]:
    return {
        "amount": account.balance,
        "balance": account.balance,
        "due_date": account.due_date,
        "days_overdue": account.days_past_due(today()),
    }


def _about_payment(message: Message, account: Account) -> dict[str, Fact]:
    payment = Payment.objects.get(pk=message.facts["payment"])
    return {"amount": payment.amount, "balance": account.balance, "due_date": today()}


def _about_debit(message: Message, account: Account) -> dict[str, Fact]:
    row = Instalment.objects.select_related("plan__mandate__provider").get(pk=message.facts["instalment"])
    mandate: Any = row.plan.mandate
    return {
        "amount": Money(row.announced_minor or row.amount_minor - row.paid_minor, row.plan.currency),
        "balance": account.balance,
        "due_date": row.debit_on,
        "wallet": mandate.provider.name,
        "limit": mandate.cap,
    }


def _about_agreement(message: Message, account: Account) -> dict[str, Fact]:
    mandate = Mandate.objects.select_related("provider").get(pk=message.facts["mandate"])
    return {
        "wallet": mandate.provider.name,
        "limit": mandate.cap,
        "due_date": mandate.first_debit_on,
        "terms": Lines(mandate.terms_text),
    }


def _about_taking_back(message: Message, account: Account) -> dict[str, Fact]:
    payment = Payment.objects.get(pk=message.facts["payment"])
    provider = payment.attempts.select_related("provider").order_by("-pk").values_list("provider__name", flat=True)
    amount = Money(message.facts["amount_minor"], payment.currency)
    wallet = provider.first() or _bank(account)
    return {"amount": amount, "balance": account.balance, "wallet": wallet, "due_date": today()}


def _bank(account: Account) -> str:
    """What stands where a wallet's name does, for money that no wallet carried."""
    return _BANK[written_language(account.debtor.language)]


def _about_failed_debit(message: Message, account: Account) -> dict[str, Fact]:
    attempt = Attempt.objects.select_related("provider").get(pk=message.facts["attempt"])
    day = message.facts.get("next_on")
    return {
        "amount": attempt.amount,
        "balance": account.balance,
        "wallet": attempt.provider.name,
        "due_date": date.fromisoformat(day) if day else today(),
    }


def _about_refund(message: Message, account: Account) -> dict[str, Fact]:
    refund = Refund.objects.select_related("provider").get(pk=message.facts["refund"])
    return {
        "amount": refund.amount,
        "balance": account.balance,
        "wallet": refund.provider.name if refund.provider else _bank(account),
        "due_date": today(),
    }


def _about_question(message: Message, account: Account) -> dict[str, Fact]:
    """The day is the one the person named; else the day it fell due."""
    named = message.facts.get("day")
    if "count" in message.facts:
        return _about_proposal(message, account)
    return {
        "amount": account.balance,
        "balance": account.balance,
        "due_date": date.fromisoformat(named) if named else account.due_date,
        "wallets": ", ".join(choice.name for choice in usable_wallets(account)[:WALLETS_NAMED]),
        "opens": _opens(message, account),
    }


def _about_proposal(message: Message, account: Account) -> dict[str, Fact]:
    plan = plan_proposed(account, message.facts)
    return {
        "amount": plan.cap,
        "balance": account.balance,
        "due_date": plan.first_on,
        "instalments": plan.count,
    }


def _opens(message: Message, account: Account) -> str:
    """By the person's own clock."""
    told = message.facts.get("opens")
    if not told:
        return ""
    locale = babel_locale(written_language(account.debtor.language))
    zone = ZoneInfo(account.debtor.time_zone or "UTC")
    return format_datetime(datetime.fromisoformat(told).astimezone(zone), OPENS[locale[:2]], locale=locale)


def _about_complaint(message: Message, account: Account) -> dict[str, Fact]:
    row = Complaint.objects.get(pk=message.facts["complaint"])
    return {"reference": row.number, "due_date": row.answer_by.date(), "terms": Lines(row.answer)}


def _about_dispute(message: Message, account: Account) -> dict[str, Fact]:
    row = DebtDispute.objects.get(pk=message.facts["dispute"])
    asked = message.facts.get("remark")
    said = DisputeRemark.objects.get(pk=asked).text if asked else row.answer
    own: dict[str, Fact] = {"reference": row.number, "due_date": row.answer_by.date(), "terms": Lines(said)}
    return {**_about_debt(message, account), **own}


def _about_notice(message: Message, account: Account) -> dict[str, Fact]:
    row = ValidationNotice.objects.get(pk=message.facts["notice"])
    return {**_about_debt(message, account), "due_date": row.ends_on}


_FACTS: Mapping[str, Callable[[Message, Account], dict[str, Fact]]] = {
    "assistant_answer": _about_question,
    "receipt": _about_payment,
    "debit_receipt": _about_payment,
    "pre_debit_notice": _about_debit,
    "agreement_copy": _about_agreement,
    "plan_confirmed": about_plan,
    PROMISE_REMINDER: about_promise,
    "end_in_wallet": _about_agreement,
    "payment_reversed": _about_taking_back,
    "payment_misplaced": _about_taking_back,
    "debit_failed": _about_failed_debit,
    "debit_stopped": _about_failed_debit,
    "refund_sent": _about_refund,
    "refund_done": _about_refund,
    "complaint_received": _about_complaint,
    "complaint_answer": _about_complaint,
    "dispute_received": _about_dispute,
    "dispute_question": _about_dispute,
    "dispute_response": _about_dispute,
    "validation_notice": _about_notice,
}
