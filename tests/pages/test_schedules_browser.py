"""An administrator edits, previews, publishes with a second person, and rolls back a schedule; and how it looks."""

from __future__ import annotations

import pytest
from django.urls import reverse

from reminders.models import Schedule
from reminders.schedules.drafts import StepDraft
from reminders.schedules.services import propose_schedule, save_draft
from tests import factories
from tests.pages.looking import complaints_about
from tests.pages.test_browser import SCREENS, open_page
from tests.pages.test_browser import pytestmark as in_a_browser

pytestmark = in_a_browser
__all__ = ["open_page"]


@pytest.fixture
def addresses(installed, admin):
    factories.account(days_overdue=6)
    steps = [
        StepDraft(-3, ("email", "sms"), "due_soon"),
        StepDraft(2, ("email", "sms"), "overdue_friendly", silence_hours=48),
        StepDraft(0, ("sms",), "overdue_friendly", after_previous=4),
        StepDraft(30, ("letter",), "overdue_last", minimum_minor=50_000),
    ]
    draft = save_draft(name="Standard", creditor=None, steps=steps, by=admin)
    propose_schedule(draft, reason="fewer letters", by=admin)
    return {
        "schedules": reverse("schedule_list"),
        "schedule": reverse("schedule_detail", args=[draft.pk]),
        "schedule-edit": reverse("schedule_edit", args=[draft.pk]),
        "schedule-compare": reverse("schedule_compare", args=[draft.pk, installed.pk]),
        "schedule-tomorrow": reverse("schedule_preview") + f"?version={draft.pk}",
        "switches": reverse("contact_switches"),
    }


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_pages_of_schedules_are_accessible_and_fit(addresses, open_page, live_server, monkeypatch, language):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    root = factories.user(role="compliance", language=language)
    assert complaints_about(addresses, user=root, open_page=open_page, url=live_server.url, screens=SCREENS) == []


def test_an_admin_edits_previews_publishes_and_rolls_back_a_schedule(
    installed, admin, compliance_officer, open_page, live_server, monkeypatch
):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    factories.account(days_overdue=9)
    page, officer = open_page(admin), open_page(compliance_officer)
    page.goto(live_server.url + reverse("schedule_detail", args=[installed.pk]), wait_until="networkidle")
    page.get_by_role("link", name="Change").click()
    days = page.get_by_label("Days").nth(2)
    days.fill("10")
    page.get_by_role("button", name="Keep as draft").click()
    page.get_by_text("Kept as a draft.").wait_for()
    draft = page.url
    page.get_by_role("link", name="Who would get what tomorrow").click()
    page.get_by_text("1 reminder, by its first way").wait_for()
    page.goto(draft, wait_until="networkidle")
    page.get_by_label("Why this change").fill("three days more")
    page.get_by_role("button", name="Ask a second person").click()
    page.get_by_text("Somebody else can now put this version in force.").wait_for()
    officer.goto(draft, wait_until="networkidle")
    officer.get_by_role("button", name="I agree: put it in force").click()
    officer.get_by_text("This version is in force from now.").wait_for()
    assert [row.state for row in Schedule.objects.order_by("version")] == ["retired", "published"]
    page.goto(live_server.url + reverse("schedule_detail", args=[installed.pk]), wait_until="networkidle")
    page.get_by_label("Why this change").fill("the old one was better")
    page.get_by_role("button", name="Put in force").click()
    page.get_by_text("This version is in force from now.").wait_for()
    assert [row.state for row in Schedule.objects.order_by("version")] == ["published", "retired"]
