"""Alice and Lena at the desk: the queue, masked numbers that leave a trace when opened, the decision."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.models import Event, HardshipCase, HardshipStatement, Hold
from common.clock import today
from tests.accounts.hardship.cast import told
from tests.pages.conftest import signed_in
from tests.pages_debtor.test_hardship import TOLD

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("installed")]


@pytest.fixture
def case(account) -> HardshipCase:
    return told(account, note="my sister helps with the rent")


def page(user, case) -> str:
    return signed_in(user).get(reverse("hardship_page", args=[case.pk])).content.decode()


def opened(user, case) -> str:
    desk = signed_in(user)
    desk.post(reverse("hardship_reveal", args=[case.pk]), {"token": "t1"})
    return desk.get(reverse("hardship_page", args=[case.pk])).content.decode()


def test_who_waits_stands_in_the_queue_with_age_and_owner(case, agent):
    html = signed_in(agent).get(reverse("hardship_list")).content.decode()
    assert case.account.reference in html
    assert "nobody yet" in html
    signed_in(agent).post(reverse("hardship_take", args=[case.pk]))
    assert case.account.reference in signed_in(agent).get(reverse("hardship_list") + "?show=mine").content.decode()


def test_numbers_are_masked_until_opened_and_the_look_is_on_the_record(case, agent):
    assert "633.33" not in page(agent, case)
    assert "633.33" in opened(agent, case)
    event = Event.objects.get(kind="personal_data.seen", account=case.account, actor=agent)
    assert event.data["fields"] == ["household"]


def test_the_note_is_read_by_those_who_decide_and_by_nobody_else(case, agent, lead, admin):
    assert "my sister helps" not in opened(agent, case)
    assert "my sister helps" in opened(lead, case)
    html = opened(admin, case)
    assert "633.33" not in html
    assert "Your role does not include these numbers" in html


def test_a_review_that_is_due_has_a_list_of_its_own(case, agent):
    HardshipCase.objects.filter(pk=case.pk).update(state="granted", review_on=today() - timedelta(days=1))
    html = signed_in(agent).get(reverse("hardship_list") + "?show=review").content.decode()
    assert case.account.reference in html
    assert "review due" in html


def decide(user, case, decision: str, reason: str = ""):
    fields = {"decision": decision, "reason": reason, "token": f"{decision}-{user.pk}"}
    return signed_in(user).post(reverse("hardship_page", args=[case.pk]), fields)


def test_an_agent_grants_a_month_and_is_not_offered_more(case, agent):
    assert 'type="radio" name="decision" value="pause_90"' not in page(agent, case)
    assert decide(agent, case, "pause_90").status_code == 422
    assert decide(agent, case, "pause_30").status_code == 302
    case.refresh_from_db()
    assert (case.state, case.decided_by) == ("granted", agent)


def test_a_refusal_without_a_reason_is_refused(case, lead):
    answer = decide(lead, case, "refused")
    assert answer.status_code == 422
    assert "the person reads it" in answer.content.decode()
    assert decide(lead, case, "refused", "Paid last week").status_code == 302


def test_an_agent_writes_down_what_they_hear_on_the_phone(account, agent):
    desk = signed_in(agent)
    for _ in range(2):
        assert desk.post(reverse("hardship_new", args=[account.reference]), TOLD).status_code == 302
    statement = HardshipStatement.objects.get()
    assert (statement.source, statement.given_by, statement.version) == ("phone", agent, 1)
    assert "they said yes" in statement.consent
    assert Hold.objects.filter(debtor=account.debtor, kind="hardship").count() == 1
    case = HardshipCase.objects.get()
    desk.post(reverse("hardship_wish", args=[case.pk]), {"wish": "plan", "token": "w"})
    case.refresh_from_db()
    assert case.wish == "plan"
    assert 0 < case.wish_minor <= 12_916


def test_the_account_page_leads_there(case, agent, bank_user):
    url = reverse("account_page", args=[case.account.reference])
    assert reverse("hardship_page", args=[case.pk]) in signed_in(agent).get(url).content.decode()
    assert reverse("hardship_page", args=[case.pk]) not in signed_in(bank_user).get(url).content.decode()
