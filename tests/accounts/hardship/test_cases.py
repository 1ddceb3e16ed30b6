"""Wang Fang tells us; Alice reads it; Lena decides what is above an agent. Nothing ends in silence."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from accounts import work_list
from accounts.hardship.cases import choose, end_case, give_statement, grant_pause, refuse, running_case, take
from accounts.hardship.household import household_of
from accounts.hardship.retention import forget_statements
from accounts.models import Account, Event, HardshipCase, HardshipStatement, Hold
from accounts.services import place_hold
from common.clock import today
from common.errors import Conflict, Forbidden, InvalidInput
from tests.accounts.hardship.cast import CONSENT, household, told

pytestmark = pytest.mark.django_db


def holds(account) -> list[Hold]:
    return list(Hold.objects.filter(debtor=account.debtor, kind="hardship", ends_at=None))


def events(account) -> list[str]:
    rows = Event.objects.filter(account=account, kind__startswith="hardship.").order_by("pk")
    return list(rows.values_list("kind", flat=True))


def test_telling_us_protects_at_once_and_waits_for_a_person(account):
    case = told(account)
    (hold,) = holds(account)
    assert (case.state, case.hold) == ("waiting", hold)
    assert hold.review_on == today() + timedelta(days=7)
    assert events(account) == ["hardship.told"]


def test_a_hold_from_her_message_is_used_and_not_doubled(account):
    before = place_hold(account, kind="hardship", reason="wrote that she lost her job", by=None, source="debtor")
    assert told(account).hold == before
    assert len(holds(account)) == 1


def test_what_she_told_cannot_be_read_in_the_database(account):
    told(account, note="my mother is ill", wages=123_457)
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(s)::text FROM accounts_hardshipstatement s")
        kept = cursor.fetchone()[0]
    assert "123457" not in kept
    assert "mother" not in kept
    statement = HardshipStatement.objects.get()
    assert household_of(statement.figures).rows["wages"].minor == 123_457
    assert statement.note == "my mother is ill"
    assert "123457" not in str(list(Event.objects.values_list("data", flat=True)))


def test_telling_again_is_a_new_version_and_the_old_one_stays(account):
    first = told(account, wages=100)
    second = told(account, wages=200)
    assert first.pk == second.pk
    versions = HardshipStatement.objects.order_by("version")
    assert [household_of(row.figures).rows["wages"].minor for row in versions] == [100, 200]
    assert running_case(account).statement == versions[1]
    assert len(holds(account)) == 1


def test_the_same_form_twice_tells_once(account):
    for expected in (False, True):
        case = give_statement(account, household(wages=1), consent=CONSENT, once=("link:1", "t" * 32))
        assert (case is None) is expected
    assert HardshipStatement.objects.count() == 1


def test_without_consent_nothing_is_kept(account):
    with pytest.raises(InvalidInput):
        give_statement(account, household(wages=1), consent=" ", once=None)
    assert not HardshipStatement.objects.exists()
    assert holds(account) == []


def test_an_agent_grants_a_month_and_the_day_of_review_is_on_the_hold(account, agent):
    case = grant_pause(told(account), days=30, reason="Lost her job", by=agent)
    assert (case.state, case.review_on) == ("granted", today() + timedelta(days=30))
    (hold,) = holds(account)
    assert (hold.review_on, hold.ends_at) == (case.review_on, None)


def test_more_than_a_month_and_a_refusal_need_a_team_lead(account, agent, lead):
    case = told(account)
    with pytest.raises(Forbidden, match="team lead"):
        grant_pause(case, days=90, reason="", by=agent)
    with pytest.raises(Forbidden, match="team lead"):
        refuse(case, reason="no", by=agent)
    assert grant_pause(case, days=90, reason="", by=lead).review_on == today() + timedelta(days=90)


def test_a_pause_never_ends_in_silence_and_its_day_brings_the_account_to_the_work_list(account, agent):
    case = grant_pause(told(account), days=30, reason="", by=agent)
    HardshipCase.objects.filter(pk=case.pk).update(review_on=today())
    Hold.objects.filter(pk=case.hold_id).update(review_on=today())
    assert len(holds(account)) == 1, "the hold outlives its day until somebody looked"
    row = Account.objects.get(pk=account.pk)
    work_list.explain([row])
    assert "look again at their hard times" in [said.words for said in row.reasons]
    assert row in work_list.shown(work_list.overdue_accounts(agent), "work")


def test_a_waiting_request_says_so_on_the_work_list(account):
    told(account)
    row = Account.objects.get(pk=account.pk)
    work_list.explain([row])
    assert "told us today that paying is hard" in [said.words for said in row.reasons]


def test_a_review_goes_on_with_another_pause_or_ends_with_a_reason(account, agent):
    case = grant_pause(told(account), days=30, reason="", by=agent, token="a")
    grant_pause(case, days=30, reason="still looking for work", by=agent, token="b")
    with pytest.raises(InvalidInput):
        end_case(case, reason=" ", by=agent)
    end_case(case, reason="works again since May", by=agent, token="c")
    assert holds(account) == []
    assert events(account) == ["hardship.told", "hardship.granted", "hardship.granted", "hardship.ended"]


def test_a_refusal_has_a_reason_ends_the_hold_and_the_next_request_is_read_by_somebody_else(account, lead, admin):
    case = told(account)
    with pytest.raises(InvalidInput):
        refuse(case, reason="", by=lead)
    refuse(case, reason="The numbers leave enough for the plan you have.", by=lead)
    assert holds(account) == []
    again = told(account)
    assert again.pk != case.pk
    assert len(holds(account)) == 1
    with pytest.raises(Forbidden, match="Somebody else"):
        refuse(again, reason="again no", by=lead)
    assert grant_pause(again, days=60, reason="", by=admin).state == "granted"


def test_a_wish_is_hers_to_change_until_somebody_decided(account, agent):
    case = told(account)
    choose(case, wish="pause", days=30)
    choose(case, wish="person")
    for wrong in ({"wish": "pause", "days": 31}, {"wish": "plan", "minor": 10**12}, {"wish": "gift"}):
        with pytest.raises(InvalidInput):
            choose(case, **wrong)
    grant_pause(case, days=30, reason="", by=agent)
    with pytest.raises(Conflict):
        choose(case, wish="person")


def test_a_decision_on_a_page_that_has_gone_stale_changes_nothing(account, agent, lead):
    case = told(account)
    refuse(case, reason="no", by=lead)
    with pytest.raises(Conflict):
        grant_pause(case, days=30, reason="", by=agent)
    assert holds(account) == []


def test_the_same_decision_twice_is_one(account, agent):
    case = told(account)
    for _ in range(2):
        grant_pause(case, days=30, reason="", by=agent, token="same")
    assert events(account).count("hardship.granted") == 1


def test_an_owner_takes_it_once(account, agent):
    case = told(account)
    for _ in range(2):
        take(case, owner=agent, by=agent)
    assert events(account).count("hardship.assigned") == 1


def test_old_figures_go_and_the_decision_stays(account, agent):
    case = told(account, wages=1)
    told(account, wages=2)
    HardshipStatement.objects.update(keep_until=today() - timedelta(days=1))
    assert forget_statements() == 1, "the one a running case rests on is kept"
    end_case(case, reason="over", by=agent)
    assert forget_statements() == 1
    assert not HardshipStatement.objects.exists()
    case.refresh_from_db()
    assert (case.state, case.statement) == ("ended", None)
    assert events(account).count("hardship.forgotten") == 2
