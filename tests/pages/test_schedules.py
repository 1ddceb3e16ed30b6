"""An administrator drafts, previews, tries out, agrees on and takes back a schedule, and switches contact off."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.models import Event
from common.clock import today
from common.errors import Conflict, IllegalTransition
from reminders.models import ContactSwitch, Message, Schedule, Template
from reminders.schedules.drafts import StepDraft
from reminders.schedules.services import propose_schedule, publish_schedule, save_draft
from reminders.services import plan_reminders
from tests import factories

pytestmark = pytest.mark.django_db


def step_data(*steps):
    data = {"steps-TOTAL_FORMS": len(steps), "steps-INITIAL_FORMS": 0}
    for index, step in enumerate(steps):
        row = {
            "days": "",
            "when": "after",
            "template_key": "overdue_friendly",
            "first": "email",
            "second": "",
            "third": "",
        }
        data |= {f"steps-{index}-{name}": value for name, value in (row | step).items()}
    return data


def draft_by(who, *steps, name="Standard", creditor=None):
    return save_draft(name=name, creditor=creditor, steps=steps or [StepDraft(5, ("email",), "overdue_firm")], by=who)


def in_force(one, other, *steps, name="Standard", creditor=None):
    draft = draft_by(one, *steps, name=name, creditor=creditor)
    propose_schedule(draft, reason="try it", by=one)
    publish_schedule(draft, by=other)
    return draft


def test_a_change_becomes_a_draft_and_nothing_in_force_changes(admin, sign_in, installed):
    steps = step_data({"days": 14}, {"days": 2, "when": "before", "template_key": "due_soon", "second": "sms"}, {})
    url = reverse("schedule_edit", args=[installed.pk])
    for _ in range(2):
        sign_in(admin).post(url, {"token": "e1", "name": "Standard", "creditor": "", **steps})
    draft = Schedule.objects.get(state="draft")
    assert (draft.name, draft.version) == ("Standard", 2)
    assert [(step.offset_days, step.channels) for step in draft.steps.all()] == [
        (-2, ["email", "sms"]),
        (14, ["email"]),
    ]
    installed.refresh_from_db()
    assert installed.state == "published"


def test_conditions_and_followers_survive_the_form_there_and_back(admin, sign_in, installed):
    steps = step_data(
        {
            "days": 3,
            "least": "10.50",
            "most": "900",
            "products": ["loan"],
            "segments": "Early, Returned mail，early",
            "languages": ["en"],
            "reachable_by": "sms",
        },
        {"days": 5, "when": "follows", "first": "sms", "second": "email", "silence_hours": 48},
    )
    client = sign_in(admin)
    client.post(reverse("schedule_new"), {"token": "e7", "name": "Mine", "creditor": "", **steps})
    draft = Schedule.objects.get(name="Mine")
    first, second = draft.steps.all()
    assert (first.minimum_minor, first.maximum_minor, first.products) == (1050, 90_000, ["loan"])
    assert first.segments == ["early", "returned_mail"]
    assert (first.languages, first.reachable_by) == (["en"], "sms")
    assert (second.after_previous, second.offset_days, second.silence_hours) == (5, 3, 48)
    shown = client.get(reverse("schedule_edit", args=[draft.pk])).context["steps"]
    assert [form["when"].value() for form in shown][:2] == ["after", "follows"]
    assert shown[0]["least"].value() == 10.5
    html = client.get(reverse("schedule_detail", args=[draft.pk])).content.decode()
    conditions = "for loan, and in the segment early or returned_mail, and for people who read English"
    assert f"only for balances from 10.50 to 900.00, and {conditions}" in html
    assert "5 days after the reminder before it: friendly reminder by text message" in html
    assert "also after 48 hours without a reaction" in html


def test_two_steps_on_one_day_for_everybody_are_refused_with_words(admin, sign_in, installed):
    answer = sign_in(admin).post(
        reverse("schedule_new"), {"token": "e2", "name": "Mine", "creditor": "", **step_data({"days": 3}, {"days": 3})}
    )
    assert "same day" in answer.content.decode()
    assert Schedule.objects.count() == 1


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ({"days": 3, "first": "sms", "second": "sms"}, "Choose each way once."),
        ({"days": 3, "least": "100", "most": "50"}, "can never be sent"),
        ({"days": 3, "silence_hours": 24}, "choose a second way"),
        ({"days": 3, "when": "follows"}, "no reminder before it"),
        ({"days": 900}, "730"),
    ],
)
def test_a_step_that_cannot_work_is_refused_with_words(admin, sign_in, installed, step, words):
    answer = sign_in(admin).post(
        reverse("schedule_new"), {"token": "e3", "name": "Mine", "creditor": "", **step_data(step)}
    )
    assert words in answer.content.decode()
    assert Schedule.objects.count() == 1


def test_a_follower_that_the_next_day_always_overtakes_is_refused(admin, sign_in, installed):
    follower = {"days": 6, "when": "follows"}
    client, url = sign_in(admin), reverse("schedule_new")
    late = client.post(
        url, {"token": "e8", "name": "Late", "creditor": "", **step_data({"days": 1}, follower, {"days": 7})}
    )
    assert "Step 2 can never be sent: it waits until day 7" in late.content.decode()
    in_time = step_data({"days": 1}, follower, {"days": 8})
    client.post(url, {"token": "e9", "name": "In time", "creditor": "", **in_time})
    assert list(Schedule.objects.exclude(pk=installed.pk).values_list("name", flat=True)) == ["In time"]


def test_two_versions_are_never_in_force_for_the_same_people(admin, compliance_officer, installed):
    one = in_force(admin, compliance_officer)
    other = in_force(admin, compliance_officer, name="Another")
    states = dict(Schedule.objects.values_list("pk", "state"))
    assert states == {installed.pk: "retired", one.pk: "retired", other.pk: "published"}
    with pytest.raises(IntegrityError, match="schedule_one_published_per_creditor"), transaction.atomic():
        Schedule.objects.filter(pk=one.pk).update(state="published")


def test_one_person_asks_another_agrees_and_the_version_before_can_be_taken_back(
    admin, compliance_officer, sign_in, installed
):
    draft = draft_by(admin)
    decide, publish = (reverse(f"schedule_{name}", args=[draft.pk]) for name in ("decide", "publish"))
    asking, agreeing = sign_in(admin), sign_in(compliance_officer)
    asking.post(decide, {"token": "p1", "reason": "fewer letters", "answer": "propose"})
    assert asking.post(publish, {"token": "p2"}).status_code == 409
    agreeing.post(publish, {"token": "p3"})
    draft.refresh_from_db()
    installed.refresh_from_db()
    assert (draft.state, installed.state) == ("published", "retired")
    assert Event.objects.get(kind="schedule.published").data["why"] == "fewer letters"
    back = reverse("schedule_decide", args=[installed.pk])
    asking.post(back, {"token": "p4", "reason": "it was better", "answer": "bring_back"})
    installed.refresh_from_db()
    assert installed.state == "published"
    assert Schedule.objects.filter(state="published").count() == 1


def test_a_proposal_can_be_turned_down_and_proposed_again(admin, compliance_officer, sign_in, installed):
    draft = draft_by(admin)
    propose_schedule(draft, reason="try", by=admin)
    url = reverse("schedule_decide", args=[draft.pk])
    sign_in(compliance_officer).post(url, {"token": "t1", "reason": "too hard", "answer": "turn_down"})
    draft.refresh_from_db()
    assert draft.state == "draft"
    propose_schedule(draft, reason="softer words now", by=admin)


def test_nothing_is_proposed_without_a_reason_or_with_words_not_approved(admin, sign_in, installed):
    Template.objects.create(key="threat", channel="email", language="en", body="Pay.")
    draft = draft_by(admin, StepDraft(1, ("email",), "threat"), name="Hard")
    url = reverse("schedule_decide", args=[draft.pk])
    client = sign_in(admin)
    asked = {"token": "p3", "reason": "", "answer": "propose"}
    assert "Say why" in client.post(url, asked, follow=True).content.decode()
    assert client.post(url, {"token": "p4", "reason": "try", "answer": "propose"}).status_code == 409
    draft.refresh_from_db()
    assert draft.state == "draft"


def test_publishing_what_is_in_force_is_refused(admin, installed):
    with pytest.raises(IllegalTransition):
        publish_schedule(installed, reason="again", by=admin)


def test_a_draft_nobody_proposed_cannot_be_published(admin, compliance_officer, installed):
    with pytest.raises(IllegalTransition):
        publish_schedule(draft_by(admin), by=compliance_officer)


def test_versions_are_compared_step_by_step(admin, sign_in, installed):
    kept = [StepDraft(-3, ("email", "sms", "in_app"), "due_soon"), StepDraft(9, ("sms",), "overdue_firm")]
    draft = draft_by(admin, *kept)
    context = sign_in(admin).get(reverse("schedule_compare", args=[draft.pk, installed.pk])).context
    assert (context["before"], context["after"]) == (installed, draft)
    kinds = [line.kind for line in context["lines"]]
    assert kinds == ["same", "changed", "removed", "removed", "removed"]


def test_tomorrow_is_previewed_by_the_planner_itself_and_every_number_opens_its_list(
    admin, sign_in, installed, portfolio_of
):
    due = factories.account(days_overdue=6)
    paid = factories.account(days_overdue=6, status="paid")
    client = sign_in(admin)
    page = client.get(reverse("schedule_preview"))
    assert page.context["total"] == 1
    assert [(row["text"], row["counts"]["email"]) for row in page.context["rows"]] == [("Friendly reminder", 1)]
    step = page.context["rows"][0]["step"]
    lists = reverse("schedule_preview_accounts")
    chosen = client.get(lists, {"step": step.pk, "channel": "email"})
    assert [row.pk for row in chosen.context["page"].accounts] == [due.pk]
    left = client.get(lists, {"reason": "nothing_owed"})
    assert [row.pk for row in left.context["page"].accounts] == [paid.pk]
    assert client.get(lists, {"reason": "nonsense"}).status_code == 404
    assert Message.objects.count() == 0


def test_a_draft_is_tried_out_on_tomorrow_without_being_in_force(admin, sign_in, installed):
    factories.account(days_overdue=1)
    draft = draft_by(admin, StepDraft(2, ("in_app",), "overdue_firm"))
    context = sign_in(admin).get(reverse("schedule_preview"), {"version": draft.pk}).context
    assert [(row["text"], row["counts"]["in_app"]) for row in context["rows"]] == [("Firm reminder", 1)]
    assert sign_in(admin).get(reverse("schedule_detail", args=[draft.pk])).context["dates"][0]["accounts"] == 1


def test_a_schedule_is_told_in_plain_words(admin, sign_in, installed):
    html = sign_in(admin).get(reverse("schedule_detail", args=[installed.pk])).content.decode()
    assert "3 days before: soon due by e-mail; if that fails, by text message, then in the app." in html


def test_a_step_is_sent_to_me_with_made_up_figures(admin, sign_in, installed, mailoutbox):
    step = installed.steps.get(template_key="overdue_friendly", offset_days=1)
    url = reverse("schedule_test", args=[installed.pk])
    data = {"token": "x", "step": step.pk, "channel": "sms", "language": "en"}
    answer = sign_in(admin).post(url, data, follow=True)
    assert admin.email in answer.content.decode()
    (mail,) = mailoutbox
    assert mail.to == [admin.email]
    assert "Test" in mail.subject
    assert "Maria" in mail.body


def test_a_kill_switch_stops_planning_and_is_ended_with_a_reason(admin, sign_in, installed):
    account = factories.account(days_overdue=6)
    client = sign_in(admin)
    url = reverse("contact_switches")
    creditor = account.creditor
    data = {"scope": "creditor", "creditor": creditor.pk, "channel": "", "schedule_name": ""}
    client.post(url, {"token": "k0", "reason": "", **data})
    assert not ContactSwitch.objects.exists()
    client.post(url, {"token": "k1", "reason": "wrong balances in the file", **data})
    assert plan_reminders(today()).planned == 0
    assert creditor.name in client.get(reverse("schedule_list")).content.decode()
    assert "already" in client.post(url, {"token": "k2", "reason": "again", **data}).content.decode()
    switch = ContactSwitch.objects.get()
    client.post(reverse("contact_switch_end", args=[switch.pk]), {"token": "k3", "reason": "file corrected"})
    assert plan_reminders(today()).planned == 1
    assert {"contact.switched_off", "contact.switched_on"} <= set(Event.objects.values_list("kind", flat=True))


def test_a_switch_needs_to_know_what(admin, sign_in, installed):
    data = {"token": "k4", "scope": "channel", "creditor": "", "channel": "", "schedule_name": "", "reason": "x"}
    assert "Choose which one." in sign_in(admin).post(reverse("contact_switches"), data).content.decode()


def test_two_people_are_needed_even_when_both_ask(admin, compliance_officer, installed):
    draft = draft_by(admin)
    propose_schedule(draft, reason="x", by=compliance_officer)
    with pytest.raises(Conflict):
        publish_schedule(draft, by=compliance_officer)
    publish_schedule(draft, by=admin)
