"""The pages of compliance in a real browser: accessible, no wider than the screen, and signed by keys alone."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
import yaml
from django.urls import reverse

from common.clock import now
from compliance.models import PolicyPack
from compliance.pack_decisions import record_decision
from compliance.pack_register import gate_for, load_shipped, propose, put_in_force, sign_off
from compliance.packs.actions import Action
from compliance.packs.look import Case
from tests import factories
from tests.pages.looking import complaints_about
from tests.pages.test_browser import open_page
from tests.pages.test_browser import pytestmark as in_a_browser

pytestmark = in_a_browser
__all__ = ["open_page"]


@pytest.fixture
def addresses(installed, admin, compliance_officer):
    """The British rules in force, a stricter version that waits, and a call refused at night."""
    load_shipped()
    uk = PolicyPack.objects.get(pack_id="uk")
    put_in_force(sign_off(uk, by=compliance_officer, note="CONC 7 read on Monday."), by=admin)
    stricter = yaml.safe_load(yaml.safe_dump(uk.body))
    stricter["pack"] |= {"version": "2026.12.1", "effective": {"from": "2026-12-01"}}
    stricter["rules"][0]["params"]["allow"][0]["from"] = "09:00"
    waiting = propose(stricter, by=admin)
    account = factories.account()
    at = now().replace(hour=23, minute=0)
    facts = {"debtor.countries": ["GB"], "role": "third_party_collector"}
    asked = Action("contact", channel="voice", purpose="overdue_friendly")
    case = Case(asked, now=at, zones=(ZoneInfo("Europe/London"),), facts=facts)
    decision = record_decision(gate_for(facts).decide(case), case=case, account=account)
    return {
        "list": reverse("policy_list"),
        "policy": reverse("policy_page", args=[waiting.pk]),
        "propose": reverse("policy_propose"),
        "compare": reverse("policy_compare", args=[waiting.pk, uk.pk]),
        "decisions": reverse("decision_list"),
        "decision": reverse("decision_page", args=[decision.pk]),
        "account": reverse("account_page", args=[account.reference]),
    }


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_pages_of_compliance_are_accessible_and_fit(addresses, open_page, live_server, monkeypatch, language):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    root = factories.user(role="compliance", language=language)
    assert complaints_about(addresses, user=root, open_page=open_page, url=live_server.url) == []


def test_a_version_is_uploaded_signed_and_put_in_force_by_keys_alone(
    addresses, admin, compliance_officer, open_page, live_server, monkeypatch, tmp_path
):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    body = PolicyPack.objects.get(pack_id="uk", state="in_force").body
    file = tmp_path / "uk.yaml"
    file.write_text(yaml.safe_dump(body | {"pack": body["pack"] | {"version": "2027.1"}}))
    page = open_page(admin)
    page.goto(live_server.url + addresses["propose"], wait_until="networkidle")
    page.set_input_files("input[type=file]", str(file))
    page.get_by_role("button", name="Upload").press("Enter")
    page.wait_for_url("**/policies/*/")
    at = page.url
    officer = open_page(compliance_officer)
    officer.goto(at, wait_until="networkidle")
    officer.get_by_label("What you have checked").focus()
    officer.keyboard.type("CONC 7 read again")
    officer.keyboard.press("Tab")
    officer.keyboard.press("Enter")
    officer.get_by_text("Signed off. Somebody else can now put it in force.").wait_for()
    page.goto(at, wait_until="networkidle")
    page.get_by_role("button", name="Put in force").press("Enter")
    page.get_by_text("In force. It decides from now on.").wait_for()
    states = {row.version: row.state for row in PolicyPack.objects.filter(pack_id="uk")}
    assert states["2027.1"] == "in_force" and states["2026.11.1"] == "superseded"
