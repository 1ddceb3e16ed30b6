"""What our people say on the phone answers to the packs as what we write does: when it is approved, and when a call is
opened. What is left on a machine stays a limited-content message."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import Creditor
from common.errors import Conflict, InvalidInput
from reminders.calls.script import script_of
from reminders.calls.services import start_call
from reminders.message_texts.lint import lint
from reminders.message_texts.places import Place
from reminders.message_texts.services import approve_text, write_text
from reminders.models import CallTask, Template
from reminders.rendering.languages import LANGUAGES
from reminders.rendering.texts import CALLS, TemplateText, default_text
from reminders.rendering.voicemail import voicemail_tokens
from reminders.services import dispatch_due
from tests import factories
from tests.pages.conftest import signed_in
from tests.reminders.conftest import queue_reminder
from tests.reminders.test_packs_decide import enact

pytestmark = pytest.mark.usefixtures("ready", "plain_static_files")
NO_OBSCENITY = {"id": "TRIAL-WORDS", "type": "content", "params": {"must_not_include": ["time_barred_notice"]}}
OLD = "This is past the limitation period."


def call_to(account) -> CallTask:
    queue_reminder(account, channel="voice", left=())
    dispatch_due()
    return CallTask.objects.get(account=account)


@pytest.fixture
def american(settings):
    """Somebody in New York whose loan an agency with a harmless name collects."""
    settings.COMPANY_NAME = "Fairway"
    within = factories.portfolio(
        factories.creditor(
            country="US", role="third_party_collector", name="Harbour Loans", support_phone="+1 555 010 0123"
        )
    )
    person = factories.debtor(within.creditor, country="US", time_zone="America/New_York", name="Maria Lopez")
    account = factories.account(placement=within, person=person, reachable=False, currency="USD")
    factories.contact_point(person, kind="phone", value="+12125550100")
    return account


def task_of(account) -> CallTask:
    return CallTask(account=account, debtor=account.debtor, purpose="overdue_firm")


def kept(key: str, body: str, *, by, language="en") -> Template:
    return write_text(Place(key, "voice", language), TemplateText(body), why="trial", by=by)


def in_force(key: str, body: str, language="en") -> None:
    """As if it had been approved before the law changed."""
    Template.objects.create(
        key=key, channel="voice", language=language, version=9, body=body, approved_at="2026-01-01T00:00Z"
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", CALLS)
def test_the_shipped_words_break_no_law(key, language):
    text = default_text(key, channel="voice", language=language)
    assert lint(text, key=key, channel="voice", language=language).blocking == []


def test_words_that_a_pack_forbids_are_not_kept_and_not_approved(admin, lead):
    waiting = kept("call_overdue", f"{OLD} You owe {{{{ amount }}}}.", by=admin)
    enact(NO_OBSCENITY)
    with pytest.raises(InvalidInput, match="must not contain"):
        kept("call_last", OLD, by=admin)
    with pytest.raises(Conflict, match="must not contain"):
        approve_text(waiting, by=lead)


def test_a_call_is_not_made_with_words_that_the_law_forbids_by_now(account, agent):
    task = call_to(account)
    in_force("call_overdue", OLD)
    assert script_of(task).refused == []
    enact(NO_OBSCENITY)
    assert "must not contain" in script_of(task).refused[0]
    with pytest.raises(Conflict, match="may not be said"):
        start_call(task, by=agent)
    task.refresh_from_db()
    assert (task.state, task.tries) == ("waiting", 0)
    html = signed_in(agent).get(reverse("call_page", args=[task.pk])).content.decode()
    assert "These words may not be said" in html and OLD not in html
    assert reverse("call_start", args=[task.pk]) not in html


def test_hours_are_no_matter_of_words(account):
    task = call_to(account)
    enact({"id": "SHUT", "type": "audience", "params": {"deny_if": "debt.product"}})
    assert script_of(task).refused == []


def test_in_america_a_collector_says_who_it_is_once_the_person_is_known(american):
    script = script_of(task_of(american))
    assert "attempt to collect a debt" in script.purpose
    assert "debt" not in script.opening.replace("Nothing of the debt before", "")
    assert script.refused == []


def test_in_america_a_machine_hears_names_and_a_number_and_nothing_else(american, agent):
    script = script_of(task_of(american), caller=agent)
    assert "Alice Agent" in script.voicemail and "+1 555 010 0123" in script.voicemail
    assert not {"debt", "Harbour Loans", "1,250"} & set(script.voicemail.split())
    assert script.no_voicemail == []


def test_a_name_that_tells_of_collection_leaves_no_message_there(american, agent, settings):
    settings.COMPANY_NAME = "Fairway Debt Recovery"
    script = script_of(task_of(american), caller=agent)
    assert script.voicemail == "" and script.no_voicemail


def test_at_home_the_machine_hears_no_name_at_all(account, agent):
    script = script_of(call_to(account), caller=agent)
    assert "Harbour Bank" not in script.voicemail and "Alice" not in script.voicemail and script.voicemail


@pytest.mark.parametrize(
    "body",
    [
        "Hello {{ first_name }}, you owe {{ creditor }} money. Call me back on {{ phone }}.",
        "Hello {{ first_name }}, call us back on {{ phone }} about your loan.",
        "Hello {{ first_name }}, call us back on {{ phone }} about your payment.",
        "Hello, call us back on {{ phone }} about {{ reference }}.",
        "您好{{ first_name }}，请就您的贷款回电{{ phone }}。",
    ],
)
def test_a_voicemail_that_says_more_is_not_kept(admin, body):
    with pytest.raises(InvalidInput):
        kept("call_voicemail", body, by=admin)


def test_what_is_heard_is_told_apart():
    said = {"company": "Fairway", "caller": "Ann Lee", "phone": "+1 555 010 0123", "creditor": "Harbour Loans"}
    assert voicemail_tokens("Hello, this is Ann Lee from Fairway. Call me back on +1 555 010 0123.", **said) == {
        "salutation", "natural_person_name", "business_name_not_revealing_collection", "request_to_reply",
        "phone_number",
    }  # fmt: skip
    assert "creditor_name" in voicemail_tokens("It is for Harbour Loans.", **said)
    assert "phone_number" not in voicemail_tokens("Write to a@b.c", **{**said, "phone": "a@b.c"})


def test_roles_of_creditors_are_those_the_packs_know():
    assert set(Creditor.Role.values) == {"first_party_creditor", "third_party_collector", "debt_buyer"}
