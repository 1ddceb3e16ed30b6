"""Packs in the database: loaded once, signed by one person, put in force by another, never changed after that."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction

from accounts.models import Event
from collections_platform.demo.policies import sign_demo_policies
from common.errors import Conflict, Forbidden
from compliance.models import PolicyPack
from compliance.pack_decisions import facts_digest, record_decision
from compliance.pack_register import (
    covered,
    gate_for,
    load_shipped,
    packs_in_force,
    propose,
    put_in_force,
    sign_off,
    supersede,
)
from compliance.packs.actions import Action
from compliance.packs.errors import PackError
from compliance.packs.look import Case
from tests import factories

pytestmark = pytest.mark.django_db
NIGHT = datetime(2026, 11, 24, 23, 0, tzinfo=UTC)


def body(version: str, start: str = "08:00", **head):
    window = {"allow": [{"days": "all", "from": start, "to": "21:00"}]}
    rule = {"id": "R", "type": "window", "scope": {"roles": "all", "channels": ["voice"]}, "params": window}
    return {"schema": "policy-pack/1", "pack": {"id": "p", "version": version, **head}, "rules": [rule]}


@pytest.fixture
def officer(db):
    return factories.user(name="Grace", role="compliance")


@pytest.fixture
def admin(db):
    return factories.user(name="Amina", role="admin")


@pytest.fixture
def other_officer(db):
    return factories.user(name="Olu", role="compliance")


def in_force(version: str, officer, admin, *args, **head) -> PolicyPack:
    return put_in_force(sign_off(propose(body(version, *args, **head), by=admin), by=officer, note="read"), by=admin)


def test_the_shipped_packs_are_loaded_once_and_as_drafts():
    new = load_shipped()
    assert new == PolicyPack.objects.count() > 25
    assert set(PolicyPack.objects.values_list("state", flat=True)) == {"draft"}
    assert load_shipped() == 0
    assert packs_in_force() == ()


def test_the_command_says_how_many_there_are(capsys):
    call_command("load_policy_packs")
    assert re.search(r"(\d+) new of \1 versions", capsys.readouterr().out)


def test_an_unsigned_draft_follows_its_file_and_a_signed_one_does_not(officer):
    load_shipped()
    house = PolicyPack.objects.get(pack_id="house")
    PolicyPack.objects.filter(pk=house.pk).update(digest="old", title="old")
    load_shipped()
    house.refresh_from_db()
    assert house.title == "House rules"
    sign_off(house, by=officer, note="read against the rules of the house")
    PolicyPack.objects.filter(pk=house.pk).update(digest="old", title="old")
    load_shipped()
    house.refresh_from_db()
    assert house.title == "old"


def test_only_compliance_signs_and_says_what_was_checked(officer, admin):
    row = propose(body("1"), by=admin)
    with pytest.raises(Forbidden):
        sign_off(row, by=admin, note="fine")
    with pytest.raises(Conflict, match="what you have checked"):
        sign_off(row, by=officer, note=" ")
    assert sign_off(row, by=officer, note="read").state == "signed_off"
    event = Event.objects.get(kind="policy.signed_off")
    assert (event.actor, event.data["version"], event.data["note"]) == (officer, "1", "read")


def test_nobody_signs_what_they_proposed_or_puts_in_force_what_they_signed(officer, other_officer):
    row = propose(body("1"), by=officer)
    with pytest.raises(Conflict, match="proposed this version"):
        sign_off(row, by=officer, note="read")
    signed = sign_off(row, by=other_officer, note="read")
    with pytest.raises(Conflict, match="signed this version"):
        put_in_force(signed, by=other_officer)
    assert put_in_force(signed, by=officer).state == "in_force"


def test_the_database_itself_wants_two_people(officer):
    row = PolicyPack(pack_id="p", version="1", body=body("1"), digest="x", state="in_force", signed_by=officer)
    row.signed_at, row.put_in_force_by = NIGHT, officer
    with pytest.raises(IntegrityError, match="put_in_force_by_another"), transaction.atomic():
        row.save()


def test_a_draft_cannot_be_put_in_force(admin):
    with pytest.raises(Conflict, match="another state"):
        put_in_force(propose(body("1"), by=admin), by=admin)


def test_a_version_is_proposed_once_and_read_strictly(admin):
    propose(body("1"), by=admin)
    with pytest.raises(Conflict, match="another version"):
        propose(body("1", "09:00"), by=admin)
    with pytest.raises(PackError):
        propose(body("2", "9:00"), by=admin)


def test_a_new_version_replaces_the_old_one_of_the_same_day(officer, admin):
    first = in_force("1", officer, admin)
    in_force("2", officer, admin, "09:00")
    first.refresh_from_db()
    assert first.state == "superseded"
    assert [pack.version for pack in packs_in_force()] == ["2"]


def test_a_later_version_waits_for_its_day(officer, admin):
    in_force("1", officer, admin)
    in_force("2", officer, admin, "10:00", effective={"from": "2026-11-25"})
    assert [pack.version for pack in packs_in_force()] == ["1", "2"]
    verdicts = [
        gate_for({}).decide(Case(Action("contact", channel="voice"), now=at, zones=(ZoneInfo("UTC"),)))
        for at in (NIGHT.replace(hour=6), NIGHT)
    ]
    assert [verdict.until.hour for verdict in verdicts] == [8, 10]


def test_a_pack_taken_back_decides_nothing(officer, admin):
    supersede(in_force("1", officer, admin), by=admin, reason="wrong hours")
    assert packs_in_force() == ()


def test_without_the_law_of_the_country_nothing_is_covered(officer, admin):
    in_force("1", officer, admin)
    assert not covered({"debtor.countries": ["GB"]})
    in_force("2", officer, admin, jurisdiction={"country": "GB"})
    assert covered({"debtor.countries": ["GB"]})
    assert not covered({"debtor.countries": ["GB", "US"]})
    assert not covered({})


def test_the_demo_runs_under_its_own_countries_packs(officer, admin):
    load_shipped()
    sign_demo_policies()
    sign_demo_policies()
    assert [pack.id for pack in packs_in_force()] == ["cn", "demo-tw", "ke", "uk", "schemes", "house"]


def test_a_decision_is_kept_with_its_packs_rules_and_words(officer, admin):
    account = factories.account()
    PolicyPack.objects.all().delete()
    in_force("1", officer, admin)
    case = Case(Action("contact", channel="voice", purpose="overdue"), now=NIGHT, zones=(ZoneInfo("UTC"),))
    row = record_decision(gate_for({}).decide(case), case=case, account=account)
    assert (row.verdict, row.packs, row.rules) == ("defer", ["p 1"], ["R"])
    assert row.reasons[0]["words"] == "Outside the permitted hours (%(zone)s)."
    assert row.facts_digest == facts_digest(case)
    assert row.facts_digest != facts_digest(Case(case.action, now=NIGHT, zones=case.zones, facts={"role": "x"}))
