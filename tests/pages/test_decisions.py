"""Why somebody was contacted or not: found by filter, told in words, linked from the account."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import translation

from common.clock import now
from compliance.models import Decision
from compliance.pack_decisions import record_decision
from compliance.pack_register import gate_for, propose, put_in_force, sign_off
from compliance.packs.actions import Action
from compliance.packs.look import Case
from compliance.services import decide
from tests import factories
from tests.compliance.test_pack_register import body

pytestmark = pytest.mark.django_db


def in_force(version, officer, admin, *args, **head):
    return put_in_force(sign_off(propose(body(version, *args, **head), by=admin), by=officer, note="read"), by=admin)


@pytest.fixture
def night(compliance_officer, admin, account):
    """A call asked for at night, under a pack that opens at eight."""
    in_force("1", compliance_officer, admin)
    at = now().replace(hour=23, minute=0)
    case = Case(Action("contact", channel="voice", purpose="overdue_friendly"), now=at, zones=(ZoneInfo("UTC"),))
    return record_decision(gate_for({}).decide(case), case=case, account=account)


def made(account, **fields):
    defaults = {"action": "overdue_friendly", "channel": "email", "verdict": "allow", "facts_digest": "x"}
    return Decision.objects.create(account=account, debtor=account.debtor, **defaults | fields)


def shown(client, **filters):
    return [row["decision"] for row in client.get(reverse("decision_list"), filters).context["rows"]]


def test_a_decision_is_told_with_its_rule_its_words_its_source_and_its_version(night, agent, lead, sign_in):
    url = reverse("decision_page", args=[night.pk])
    html = sign_in(lead).get(url).content.decode()
    for words in (
        "Friendly reminder · Call", "Later", "Outside the permitted hours (UTC).", "p 1", night.facts_digest,
        "Only every day from 08:00 to 21:00",
    ):  # fmt: skip
        assert words in html
    assert "#rule-R" in html
    assert "#rule-R" not in sign_in(agent).get(url).content.decode()  # policies are not an agent's pages


def test_it_is_told_in_the_readers_language(night, lead, sign_in):
    client = sign_in(lead)
    client.cookies["django_language"] = "zh-hans"
    lead.language = "zh-hans"
    lead.save()
    with translation.override("en"):  # what the request activates ends with it
        html = client.get(reverse("decision_page", args=[night.pk])).content.decode()
    assert "Outside the permitted hours" not in html
    assert "UTC" in html


def test_a_decision_of_the_contact_policies_is_told_too(installed, agent, sign_in):
    account = factories.account(balance_minor=0, status="paid")
    with transaction.atomic():
        decision = decide(account, channel="email", purpose="overdue_friendly", contact_point=None).decision
    html = sign_in(agent).get(reverse("decision_page", args=[decision.pk])).content.decode()
    assert "The account is paid." in html


def test_the_list_is_filtered_by_answer_way_rule_account_and_day(night, agent, account, sign_in):
    other = made(factories.account())
    old = made(account, verdict="block", channel="sms", decided_at=now() - timedelta(days=40))
    client = sign_in(agent)
    assert shown(client) == [old, other, night]
    assert shown(client, verdict="defer") == [night]
    assert shown(client, channel="sms") == [old]
    assert shown(client, rule="R") == [night]
    assert shown(client, account=account.reference) == [old, night]
    day = (now() - timedelta(days=40)).date().isoformat()
    assert shown(client, until=day) == [old]
    assert shown(client, since=day, verdict="block") == [old]
    assert shown(client, account="ACC-NOBODY00") == []


def test_pages_of_the_list_keep_the_filters(agent, account, sign_in):
    rows = [made(account, verdict="allow") for _ in range(30)]
    made(account, verdict="block")
    client = sign_in(agent)
    first = client.get(reverse("decision_list"), {"verdict": "allow"})
    second = client.get(reverse("decision_list"), {"verdict": "allow", "cursor": first.context["page"].next})
    both = [row["decision"] for page in (first, second) for row in page.context["rows"]]
    assert both == rows[::-1]


def test_the_account_page_leads_to_its_decisions_and_a_creditor_sees_none(night, agent, bank_user, account, sign_in):
    page, link = reverse("account_page", args=[account.reference]), reverse("decision_page", args=[night.pk])
    assert link in sign_in(agent).get(page).content.decode()
    assert link not in sign_in(bank_user).get(page).content.decode()


def test_a_version_taken_back_later_still_explains_its_decisions(night, compliance_officer, admin, lead, sign_in):
    in_force("2", compliance_officer, admin, "09:00")
    html = sign_in(lead).get(reverse("decision_page", args=[night.pk])).content.decode()
    assert "from 08:00 to 21:00" in html


def test_words_of_a_version_long_gone_do_not_break_the_page(agent, account, sign_in):
    strange = {"rule": "GONE", "says": "shrug", "words": "It was %(why)s.", "args": {"other": "x"}}
    decision = made(account, verdict="block", reasons=[strange], packs=["gone 0"], rules=["GONE"])
    html = sign_in(agent).get(reverse("decision_page", args=[decision.pk])).content.decode()
    assert "It was %(why)s." in html and "gone 0" in html
