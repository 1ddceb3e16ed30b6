"""A template text and the facts of one account become the finished words of one message."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import css_inline
from django.template.loader import render_to_string

from reminders.channels.base import Attachment
from reminders.rendering.errors import UnusableTemplate
from reminders.rendering.languages import written_language
from reminders.rendering.sms_text import SmsLength, measure, plain_for_sms
from reminders.rendering.syntax import fill, names_in
from reminders.rendering.texts import TemplateText, layout_words
from reminders.rendering.validation import Problem, blocking, validate_template
from reminders.rendering.variables import VARIABLES, Fact, format_fact, plain_line

LINK_ALONE = re.compile(r"\{\{\s*link\s*\}\}")
# The dark scheme lives in media rules, which cannot be inlined and must survive.
_INLINER = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


@dataclass(frozen=True, slots=True)
class Sender:
    """Who writes, as the law and the reader want to see it at the end of an e-mail."""

    company: str
    postal_address: str = ""
    phone: str = ""
    hours: str = ""
    licence: str = ""
    verify_url: str = ""
    help_url: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """`says`: what a document that goes with it says, in the packs' own words."""

    text: str
    subject: str = ""
    html: str = ""
    sms_length: SmsLength | None = None
    attachments: tuple[Attachment, ...] = ()
    says: frozenset[str] = frozenset()


def render(
    template: TemplateText,
    *,
    channel: str,
    language: str,
    facts: Mapping[str, Fact],
    sender: Sender,
    unsubscribe_url: str = "",
) -> Content:
    """The finished message. Raises MissingFact when a variable has no value, UnusableTemplate for a broken text."""
    problems = _blocking_problems(template.body, channel)
    if problems:
        raise UnusableTemplate(problems[0].message, field="body", problems=[problem.code for problem in problems])
    written = written_language(language)
    known = {
        "company": sender.company,
        "phone": sender.phone,
        "opt_out": layout_words(written).get(f"opt_out_{channel}", ""),
        **facts,
    }
    return _RENDERERS[channel](_Job(template, written, known, sender, unsubscribe_url))


@lru_cache(maxsize=512)
def _blocking_problems(body: str, channel: str) -> tuple[Problem, ...]:
    """A campaign renders one text a million times; it is checked once."""
    return tuple(blocking(validate_template(body, channel)))


@dataclass(frozen=True, slots=True)
class _Job:
    template: TemplateText
    language: str
    facts: Mapping[str, Fact]
    sender: Sender
    unsubscribe_url: str

    def fill(self, text: str) -> str:
        return fill(text, self.facts, language=self.language)


def _with_notice(job: _Job) -> str:
    """The body, and the wording the law requires even if the template forgot its place."""
    body = job.fill(job.template.body)
    if not job.facts.get("required_notice") or "required_notice" in names_in(job.template.body):
        return body
    return f"{body} {plain_line(str(job.facts['required_notice']))}"


def _sms(job: _Job) -> Content:
    text = plain_for_sms(_with_notice(job))
    return Content(text, sms_length=measure(text))


def _whatsapp(job: _Job) -> Content:
    return Content(_with_notice(job))


def _in_app(job: _Job) -> Content:
    return Content(_with_notice(job), subject=plain_line(job.fill(job.template.subject)))


def _email(job: _Job) -> Content:
    subject = plain_line(job.fill(job.template.subject))
    context = _email_context(job, subject)
    html = render_to_string("messages/email.html", context)
    text = render_to_string("messages/email.txt", context)
    return Content(_tidy(text), subject=subject, html=_INLINER.inline(html))


def _email_context(job: _Job, subject: str) -> dict[str, object]:
    words = {name: job.fill(text) for name, text in layout_words(job.language).items()}
    creditor = plain_line(str(job.facts.get("creditor", "")))
    own = creditor == job.sender.company
    paragraphs = [_paragraph(job, part) for part in re.split(r"\n\s*\n", job.template.body.strip())]
    return {
        "language": job.language,
        "subject": subject,
        "preheader": next((part["text"] for part in paragraphs[1:] if not part["link"]), subject),
        "paragraphs": paragraphs,
        "button": job.template.button or str(job.facts.get("link", "")),
        "figures": _figures(job, words),
        "words": words,
        "sender": job.sender,
        # A creditor who writes in its own name is not named twice.
        "creditor": "" if own else creditor,
        "who": words["who_text_own" if own else "who_text"],
        "required_notice": plain_line(str(job.facts.get("required_notice", ""))),
        "unsubscribe_url": job.unsubscribe_url,
    }


def _paragraph(job: _Job, text: str) -> dict[str, object]:
    return {"text": job.fill(text), "link": bool(LINK_ALONE.fullmatch(text.strip()))}


def _figures(job: _Job, words: Mapping[str, str]) -> list[dict[str, str]]:
    """The facts a reader looks for first, in a fixed order, those that are known."""
    return [
        {"name": name, "label": words[name], "value": format_fact(name, job.facts[name], language=job.language)}
        for name in ("amount", "due_date", "creditor", "reference")
        if name in VARIABLES and job.facts.get(name)
    ]


def _tidy(text: str) -> str:
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


_RENDERERS: Mapping[str, Callable[[_Job], Content]] = {
    "sms": _sms,
    "email": _email,
    "in_app": _in_app,
    "whatsapp": _whatsapp,
    "push": _in_app,
    "letter": _in_app,
    "voice": _whatsapp,
}
