"""Adam writes other words for a message, Cora of compliance approves them; what would stop a message is refused."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.models import Event
from common.errors import Conflict
from reminders.dispatch.content import _about_debt, text_for
from reminders.message_texts.difference import difference
from reminders.message_texts.lint import lint, reading_of
from reminders.message_texts.places import Place
from reminders.message_texts.services import approve_text, bring_back_text, write_text
from reminders.models import Message, Template
from reminders.rendering.errors import UnknownText
from reminders.rendering.languages import LANGUAGES
from reminders.rendering.texts import ANSWERS, CHANNELS, KINDS, TemplateText, default_text
from reminders.rendering.variables import variables_of

pytestmark = pytest.mark.django_db

SMS = Place("overdue_friendly", "sms", "en")
BODY = (
    "Hi {{ first_name }}, {{ amount }} is open. Pay or split it: {{ link }} We can help. {{ company }}. {{ opt_out }}"
)


def address(name="template_page", place=SMS):
    return reverse(name, args=[place.key, place.channel, place.language])


def sent(body=BODY, token="w1", **more):
    return {"token": token, "body": body, "why": "shorter", **more}


def written(by, body=BODY, place=SMS):
    return write_text(place, TemplateText(body=body), why="shorter", by=by)


def said():
    return text_for(SMS.key, channel="sms", language="en").body


def test_a_version_waits_for_a_second_person_and_nothing_changes_until_then(
    installed, admin, compliance_officer, sign_in
):
    before, author = said(), sign_in(admin)
    for _ in range(2):
        author.post(address("template_edit"), sent())
    row = Template.objects.get(key=SMS.key, channel="sms", language="en", version=2)
    assert said() == before
    page = author.get(address(), {"version": 2}).content.decode()
    assert "You wrote this version, so somebody else has to approve it." in page
    decide = reverse("template_decide", args=[row.pk])
    assert author.post(decide, {"token": "a1", "answer": "approve"}).status_code == 409
    sign_in(compliance_officer).post(decide, {"token": "a2", "answer": "approve"})
    assert said() == BODY
    assert Event.objects.filter(kind="template.approved").count() == 1


def test_the_database_itself_wants_two_people(installed, admin):
    row = written(admin)
    row.approved_by = admin
    with pytest.raises(IntegrityError, match="template_approved_by_another"), transaction.atomic():
        row.save()


def test_a_version_is_turned_down_with_a_reason(installed, admin, compliance_officer, sign_in):
    row, client = written(admin), sign_in(compliance_officer)
    url = reverse("template_decide", args=[row.pk])
    assert (
        "Say why" in client.post(url, {"token": "r1", "answer": "refuse", "reason": " "}, follow=True).content.decode()
    )
    client.post(url, {"token": "r2", "answer": "refuse", "reason": "too short"})
    row.refresh_from_db()
    assert (row.refused_at is not None, row.refused_why) == (True, "too short")
    assert "too short" in client.get(address(), {"version": row.version}).content.decode()
    with pytest.raises(Conflict):
        approve_text(row, by=compliance_officer)


def test_older_words_are_brought_back_as_a_new_version(installed, admin, compliance_officer, sign_in):
    first = Template.objects.get(key=SMS.key, channel="sms", language="en")
    approve_text(written(admin), by=compliance_officer)
    url = reverse("template_decide", args=[first.pk])
    sign_in(admin).post(url, {"token": "b1", "answer": "bring_back", "reason": "it was clearer"})
    newest = Template.objects.filter(key=SMS.key, channel="sms", language="en").latest("version")
    assert (newest.version, newest.body, said()) == (3, first.body, first.body)
    assert "it was clearer" in newest.why
    with pytest.raises(Conflict):
        bring_back_text(newest, reason="again", by=admin)


def test_what_was_never_approved_is_not_brought_back(installed, admin):
    with pytest.raises(Conflict):
        bring_back_text(written(admin), reason="please", by=admin)


def test_an_older_proposal_does_not_replace_a_newer_one(installed, admin, compliance_officer):
    older, newer = written(admin), written(admin, BODY + " Thank you.")
    approve_text(newer, by=compliance_officer)
    with pytest.raises(Conflict, match="newer version"):
        approve_text(older, by=compliance_officer)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (BODY + " {{ frist_name }}", ("frist_name", "Did you mean first_name?", "amount", "opt_out")),
        (BODY + " {{ zodiac }}", ("no variable zodiac here", "Known are: amount")),
        (BODY + " {{ wallet }}", ("no variable wallet here", "Known are: amount")),
        (BODY + " { amount }", ("This brace belongs to none",)),
        (BODY.replace("{{ opt_out }}", ""), ("must contain {{ opt_out }}",)),
        (BODY + " Otherwise the police come.", ("threatens or shames",)),
        (BODY + " \u202edlog", ("invisible control character",)),
        (BODY + " x" * 1500, ("Shorten the text",)),
        ("", ("This field is required",)),
    ],
)
def test_a_text_that_cannot_be_sent_is_refused_with_words(installed, admin, sign_in, body, words):
    answer = sign_in(admin).post(address("template_edit"), sent(body))
    html = answer.content.decode().replace("&#x27;", "'")
    assert answer.status_code == 422
    assert [text for text in words if text not in html] == []
    assert Template.objects.filter(version=2).count() == 0


def test_a_subject_may_not_hold_what_the_body_may_not(installed, admin, sign_in):
    mail = Place("overdue_friendly", "email", "en")
    body = "Hello {{ first_name }},\n\n{{ link }}\n\nWe can help."
    answer = sign_in(admin).post(
        address("template_edit", mail), sent(body, subject="{{ zodiac }} final warning", button="Pay")
    )
    html = answer.content.decode()
    assert "zodiac" in html and "threatens or shames" in html


def test_looking_keeps_nothing_and_shows_a_real_account(installed, admin, sign_in, account):
    answer = sign_in(admin).post(address("template_edit"), sent(act="look", why="", account=account.reference))
    html = answer.content.decode()
    (shown,) = answer.context["previews"]
    assert "Wang Fang" in shown.content.text or "Hi " in shown.content.text
    assert account.balance.format("en") in shown.content.text
    assert "1 text message" in html or "2 text messages" in html
    assert (Template.objects.filter(version=2).count(), Message.objects.count()) == (0, 0)


def test_what_only_a_payment_knows_is_marked_as_made_up(installed, admin, sign_in, account):
    page = sign_in(admin).get(address(place=Place("receipt", "sms", "en")), {"account": account.reference})
    (shown,) = page.context["previews"]
    assert "amount" in shown.made_up and "balance" not in shown.made_up


def test_every_shipped_text_passes_its_own_checks_and_is_easy_to_read():
    problems = []
    for key in (*KINDS, *ANSWERS):
        for channel in CHANNELS:
            for language in LANGUAGES:
                try:
                    text = default_text(key, channel=channel, language=language)
                except UnknownText:  # not every message goes every way
                    continue
                found = lint(text, key=key, channel=channel, language=language)
                problems += [(key, channel, language, problem.message) for problem in found.blocking]
                problems += [(key, channel, language, "hard") for _ in [0] if found.reading.is_hard]
    assert problems == []


def test_the_known_variables_of_a_reminder_are_those_it_is_filled_with(account):
    message = Message(account=account, purpose="overdue_friendly")
    assert set(_about_debt(message, account)) <= variables_of("overdue_friendly")


def test_the_list_shows_the_readers_language_and_what_waits(installed, admin, compliance_officer, sign_in):
    written(admin)
    client = sign_in(compliance_officer)
    shown = client.get(reverse("template_list")).context
    assert {row["place"].language for row in shown["rows"]} == {"en"}
    only = client.get(reverse("template_list"), {"waiting": "on"}).context["rows"]
    assert [row["place"] for row in only] == [SMS]
    assert client.get(address(place=Place("nonsense", "sms", "en"))).status_code == 404
    assert client.get(address(place=Place("receipt", "pigeon", "en"))).status_code == 404


def test_two_versions_are_compared_word_by_word(installed, admin, sign_in):
    first = Template.objects.get(key=SMS.key, channel="sms", language="en")
    row = written(admin, first.body.replace("We can help.", "We help."))
    html = sign_in(admin).get(reverse("template_compare", args=[row.pk, first.pk])).content.decode()
    assert "<del>can </del>" in html
    assert [piece.kind for piece in difference("您好，请付款。", "您好，可付款。")] == [
        "same",
        "removed",
        "added",
        "same",
    ]


def test_a_text_is_graded_by_its_sentences_and_words():
    easy = reading_of("You can pay now. You can split it. We can help.")
    hard = reading_of(
        "Notwithstanding the aforementioned contractual obligations, immediate remuneration remains necessary, "
        "considering the considerable accumulation of outstanding financial responsibilities."
    )
    assert easy.grade <= 3 and not easy.is_hard
    assert hard.grade > 15 and hard.is_hard
    assert reading_of("您可以现在付款。也可以分期。").characters == 6


def test_words_of_a_template_are_never_markup(installed, admin, sign_in):
    row = written(admin, BODY + " <script>alert(1)</script>")
    html = sign_in(admin).get(address(), {"version": row.version}).content.decode()
    assert "<script>alert" not in html


def test_a_lead_reads_and_does_not_write(installed, lead, sign_in):
    client = sign_in(lead)
    assert client.get(address()).status_code == 200
    assert client.get(address("template_edit")).status_code == 403


def test_an_email_is_previewed_as_html_by_an_address_of_its_own_under_the_strictest_policy(
    installed, admin, lead, sign_in, account
):
    client, mail = sign_in(admin), Place("overdue_friendly", "email", "en")
    (shown,) = client.get(address(place=mail), {"account": account.reference}).context["previews"]
    where = reverse("template_framed", args=[shown.framed])
    answer = client.get(where)
    html, policy = answer.content.decode(), answer["Content-Security-Policy"]
    assert "<table" in html and account.balance.format("en") in html and "<script" not in html
    assert policy.startswith("default-src 'none'") and "sandbox" in policy and "script-src" not in policy
    assert answer["X-Frame-Options"] == "SAMEORIGIN" and "no-store" in answer["Cache-Control"]
    assert sign_in(lead).get(where).status_code == 404  # somebody else's look
    assert client.get(reverse("template_framed", args=["made-up"])).status_code == 404


def test_what_is_being_written_is_previewed_as_html_too_and_not_kept_in_the_clear(installed, admin, sign_in, account):
    client, mail = sign_in(admin), Place("overdue_friendly", "email", "en")
    body = "Hello {{ first_name }},\n\nthis is <b>new</b>.\n\n{{ link }}"
    answer = client.post(
        address("template_edit", mail), sent(body, subject="News", button="Pay", act="look", account=account.reference)
    )
    (shown,) = answer.context["previews"]
    html = client.get(reverse("template_framed", args=[shown.framed])).content.decode()
    assert "this is &lt;b&gt;new&lt;/b&gt;." in html
    kept = cache.get(f"mail-preview.{admin.pk}.{shown.framed}")
    assert kept and "new" not in kept
