"""Message texts and the question “may we?” in a real browser: accessible, and no wider than the screen."""

from __future__ import annotations

import pytest
from django.urls import reverse

from common.clock import today
from reminders.message_texts.places import Place
from reminders.message_texts.services import write_text
from reminders.models import Template
from reminders.rendering.texts import TemplateText
from tests import factories
from tests.pages.looking import complaints_about
from tests.pages.test_browser import SCREENS, open_page
from tests.pages.test_browser import pytestmark as in_a_browser

pytestmark = in_a_browser
__all__ = ["open_page"]


@pytest.fixture
def addresses(installed, admin):
    account = factories.account()
    factories.contact_point(account.debtor, kind="phone")
    first = Template.objects.get(key="overdue_friendly", channel="sms", language="en")
    changed = TemplateText(body=first.body.replace("It is easy to miss.", "That happens."))
    row = write_text(Place.of(first), changed, why="warmer", by=admin)
    place = [first.key, first.channel, first.language]
    asked = f"?account={account.reference}&channel=voice&purpose=overdue_friendly&day={today()}&hour=23:30"
    return {
        "texts": reverse("template_list"),
        "text": reverse("template_page", args=place) + f"?version={row.version}",
        "text-edit": reverse("template_edit", args=place),
        "text-mail": reverse("template_page", args=["overdue_friendly", "email", "en"]),
        "text-push": reverse("template_edit", args=["push_notice", "push", "en"]),
        "text-call": reverse("template_page", args=["call_voicemail", "voice", "en"]),
        "text-compare": reverse("template_compare", args=[first.pk, row.pk]),
        "may-we": reverse("may_we") + asked,
    }


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_pages_of_texts_are_accessible_and_fit(addresses, open_page, live_server, monkeypatch, language):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    root = factories.user(role="compliance", language=language)
    assert complaints_about(addresses, user=root, open_page=open_page, url=live_server.url, screens=SCREENS) == []


def test_a_text_is_written_looked_at_and_approved_by_keys_alone(
    addresses, admin, compliance_officer, open_page, live_server, monkeypatch
):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    page = open_page(admin)
    page.goto(live_server.url + addresses["text-edit"], wait_until="networkidle")
    body = page.get_by_label("Text", exact=True)
    body.focus()
    page.keyboard.press("Control+End")
    page.keyboard.type(" {{ zodiac }}")
    page.get_by_role("button", name="Look at it").press("Enter")
    page.get_by_text("There is no variable zodiac here").first.wait_for()
    body.fill(body.input_value().replace(" {{ zodiac }}", " Thank you."))
    page.get_by_label("Why this change").fill("friendlier")
    page.get_by_role("button", name="Keep for a second person").press("Enter")
    page.wait_for_url("**?version=3")
    officer = open_page(compliance_officer)
    officer.goto(page.url, wait_until="networkidle")
    officer.get_by_role("button", name="Approve").press("Enter")
    officer.get_by_text("Approved. Messages say this from now on.").wait_for()
    assert Template.objects.get(key="overdue_friendly", channel="sms", language="en", version=3).approved_at


def test_the_mail_is_shown_in_a_frame_that_may_do_nothing(addresses, admin, open_page, live_server, monkeypatch):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    page = open_page(admin)
    page.goto(live_server.url + addresses["text-mail"], wait_until="networkidle")
    frame = page.frame_locator("iframe.mail-frame").first
    frame.locator("h1.title").wait_for()
    drawn = frame.locator("h1.title").evaluate("node => getComputedStyle(node).fontWeight")
    assert int(drawn) >= 600  # its own styles are at work
    assert page.locator("iframe.mail-frame").first.get_attribute("sandbox") == ""
