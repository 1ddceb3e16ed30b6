"""One step's text sent to the person who edits, with made-up figures: never to a debtor, never about one."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.events import record_event
from accounts.models import User
from common.company import company_name
from common.errors import Conflict, InvalidInput
from common.once import new_form_token
from reminders.channels.base import OutboundMessage, Outcome
from reminders.channels.registry import channel as channel_of
from reminders.dispatch.content import text_for
from reminders.models import Step
from reminders.rendering.content import Content, Sender, render
from reminders.rendering.variables import VARIABLES, example_facts

OURS = ("company", "phone", "opt_out")  # filled by the layout


def try_out(step: Step, *, channel: str, language: str, by: User) -> None:
    """E-mail the words of `step` on `channel` to `by`, marked as a test. A text for a phone comes as its plain words.

    Raises InvalidInput for a way the step does not use, Conflict when the mail server refuses.
    """
    if channel not in step.channels:
        raise InvalidInput(_("This step does not use that way."), field="channel")
    marked = _("Test")
    content = example_content(step.template_key, channel=channel, language=language)
    result = channel_of("email").send(
        OutboundMessage(
            message_id=f"test-{new_form_token()}",
            to=by.email,
            subject=f"[{marked}] {content.subject or step.template_key}",
            text=content.text,
            html=content.html,
            language=language,
        )
    )
    if result.outcome is not Outcome.ACCEPTED:
        raise Conflict(_("The mail server did not take it (%(why)s). Try again later.") % {"why": result.reason})
    record_event(
        "schedule.tried", creditor=step.schedule.creditor, actor=by, source="staff", step=str(step), channel=channel
    )


def example_content(key: str, *, channel: str, language: str) -> Content:
    """The finished words as a debtor would read them, with example figures."""
    facts = {name: fact for name, fact in example_facts().items() if name not in OURS}
    sender = Sender(company=company_name(), phone=str(VARIABLES["phone"].example), verify_url=settings.PUBLIC_URL)
    return render(
        text_for(key, channel=channel, language=language),
        channel=channel,
        language=language,
        facts=facts,
        sender=sender,
    )
