"""A notice that the creditor gives: recorded with its evidence, confirmed by another, seen by the packs, taken back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction

from accounts.models import Event
from common.clock import now, today
from common.errors import Conflict, InvalidInput
from compliance.given_notices import Told, confirm_notice, coverage, record_notice, take_back_notice
from compliance.models import ContactEntry, GivenNotice
from compliance.notice_documents import MAX_BYTES, content_of
from compliance.notices_asked import asked_about, notices_about
from compliance.services import preview
from tests import factories

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def law(db):
    factories.round_the_clock()


def placement(country="HK", role="third_party_collector"):
    return factories.portfolio(factories.creditor(country=country, role=role))


ZONES = {"HK": "Asia/Hong_Kong", "IN": "Asia/Kolkata", "DE": "Europe/Berlin", "US": "America/New_York"}


def owing(country="HK", role="third_party_collector", *, within=None):
    """Somebody there who can be written to, owing something to a creditor of ours."""
    within = within or placement(country, role)
    person = factories.debtor(within.creditor, country=country, time_zone=ZONES[country])
    return factories.account(placement=within, person=person, reachable=False)


def told(kind="agency_referral_notice", **more):
    fields = {"given_by": "Harbour Bank", "given_on": today(), "way": "letter", "reference": "HB-17"}
    return Told(kind=kind, **fields | more)


def rules_in_the_way(account, purpose="overdue_friendly", *, at=None):
    return {one.rule.id for one in preview(account, "in_app", purpose, at).law.findings if one.kind.name != "ALLOW"}


ASKED = [
    ("HK", "third_party_collector", "agency_referral_notice", "HK-HANDOVER"),
    ("IN", "third_party_collector", "agent_notice", "IN-DRAFT"),
    ("DE", "debt_buyer", "transfer_notice", "EU-TRANSFER"),
]


def rule_about(account, kind):
    (asked,) = (one for one in asked_about(account) if one.kind == kind)
    return {rule.id for _pack, rule in asked.rules}


@pytest.mark.parametrize(("country", "role", "kind"), [row[:3] for row in ASKED])
def test_what_the_packs_ask_for_holds_contact_back_until_a_second_person_confirms_it(agent, lead, country, role, kind):
    account = owing(country, role)
    wanted = rule_about(account, kind)
    assert wanted & rules_in_the_way(account)
    notice = record_notice(account, told(kind), by=agent)
    assert wanted & rules_in_the_way(account)
    confirm_notice(notice, by=lead)
    assert not wanted & rules_in_the_way(account)
    take_back_notice(notice, why="That was another customer", by=lead)
    assert wanted & rules_in_the_way(account)


def test_the_validation_notice_opens_the_way_again_five_days_after_the_first_contact(agent, lead):
    account = owing("US")
    wanted = {"US-REGF-VN"}
    ContactEntry.objects.create(
        debtor=account.debtor, accounts=[account.pk], at=now() - timedelta(days=9), channel="letter", state="done"
    )
    assert wanted <= rules_in_the_way(account)
    confirm_notice(record_notice(account, told("validation_notice"), by=agent), by=lead)
    assert not wanted & rules_in_the_way(account)


def test_a_notice_about_one_debt_opens_nothing_for_another(agent, lead):
    account = owing()
    other = factories.account(placement=account.portfolio, person=account.debtor, reachable=False)
    wanted = rule_about(account, "agency_referral_notice")
    confirm_notice(record_notice(account, told(), by=agent), by=lead)
    assert not wanted & rules_in_the_way(account)
    assert wanted & rules_in_the_way(other)


def test_who_recorded_it_does_not_confirm_it(lead):
    notice = record_notice(owing(), told(), by=lead)
    with pytest.raises(Conflict, match="somebody else"):
        confirm_notice(notice, by=lead)
    with pytest.raises(IntegrityError), transaction.atomic():
        GivenNotice.objects.filter(pk=notice.pk).update(confirmed_by=lead)


def test_nothing_is_deleted_and_everything_is_told(agent, lead):
    account = owing()
    notice = confirm_notice(record_notice(account, told(), by=agent), by=lead)
    take_back_notice(notice, why="Sent to an old address", by=lead)
    notice.refresh_from_db()
    assert (notice.confirmed_by, notice.correction.why) == (lead, "Sent to an old address")
    assert [row.state for row in ContactEntry.objects.filter(source=f"given:{notice.pk}")] == ["released"]
    kinds = ["notice.recorded", "notice.confirmed", "notice.taken_back"]
    assert list(Event.objects.filter(kind__in=kinds).order_by("pk").values_list("kind", flat=True)) == kinds
    assert Event.objects.get(kind="notice.taken_back").data["why"] == "Sent to an old address"
    assert not any(one.given for one in asked_about(account))


def test_a_form_that_comes_twice_is_written_once(agent, lead):
    account = owing()
    notice = record_notice(account, told(), by=agent, token="once")
    assert record_notice(account, told(), by=agent, token="once") is None
    for _again in range(2):
        confirm_notice(notice, by=lead, token="yes")
    for _again in range(2):
        take_back_notice(notice, why="wrong", by=lead, token="no")
    assert GivenNotice.objects.count() == ContactEntry.objects.filter(channel="note").count() == 1


def test_a_decision_taken_is_not_taken_again(agent, lead, admin):
    notice = confirm_notice(record_notice(owing(), told(), by=agent), by=lead)
    with pytest.raises(Conflict):
        confirm_notice(notice, by=admin)
    take_back_notice(notice, why="wrong", by=lead)
    with pytest.raises(Conflict):
        take_back_notice(notice, why="wrong again", by=admin)
    with pytest.raises(Conflict):
        confirm_notice(notice, by=admin)


@pytest.mark.parametrize(
    ("field", "more"),
    [
        ("reference", {"reference": "  "}),
        ("given_by", {"given_by": " "}),
        ("given_on", {"given_on": 1}),
        ("given_on", {"given_on": -9000}),
    ],
)
def test_what_is_missing_is_named(agent, field, more):
    if days := more.get("given_on"):
        more = {"given_on": today() + timedelta(days=days)}
    with pytest.raises(InvalidInput) as refused:
        record_notice(owing(), told(**more), by=agent)
    assert refused.value.field == field and not GivenNotice.objects.exists()


def test_a_document_is_kept_sealed_under_a_harmless_name(agent):
    file = SimpleUploadedFile("..\\..\\etc/pass\r\nwd.html", PDF, content_type="text/html")
    document = record_notice(owing(), told(reference="", document=file), by=agent).document
    document.refresh_from_db()
    assert content_of(document) == PDF
    assert (document.media_type, document.size) == ("application/pdf", len(PDF))
    assert document.name.endswith(".pdf") and not set(document.name) & set("/\\\r\n")
    assert PDF.decode() not in str(type(document).objects.values_list("content", flat=True).get())


@pytest.mark.parametrize("content", [b"<html>", b"", b"MZ\x90", b"PK\x03\x04", b"%PDF-" + b"0" * MAX_BYTES])
def test_anything_else_is_refused_and_nothing_is_kept(agent, content):
    file = SimpleUploadedFile("notice.pdf", content, content_type="application/pdf")
    with pytest.raises(InvalidInput) as refused, transaction.atomic():
        record_notice(owing(), told(document=file), by=agent)
    assert refused.value.field == "document"
    assert not GivenNotice.objects.exists()


def test_a_whole_placement_is_counted_first_and_each_account_gets_one_line(agent, lead):
    within = placement()
    accounts = [owing(within=within) for _ in range(4)]
    first = record_notice(accounts[0], told(), by=agent)
    confirm_notice(first, by=lead)
    dry = coverage(within, "agency_referral_notice")
    assert (dry.accounts, dry.had, dry.new, dry.open_ones) == (4, 1, 3, 3)
    assert ContactEntry.objects.filter(channel="note").count() == 1
    notice = confirm_notice(record_notice(within, told(), by=agent), by=lead)
    assert notice.covers == 3 and coverage(within, "agency_referral_notice").new == 0
    wanted = rule_about(accounts[3], "agency_referral_notice")
    assert not any(wanted & rules_in_the_way(account) for account in accounts)
    assert notices_about(accounts[3]) == [notice] and notices_about(accounts[0]) == [first]
    take_back_notice(notice, why="They sent it to nobody", by=lead)
    assert [bool(wanted & rules_in_the_way(account)) for account in accounts] == [False, True, True, True]


def test_accounts_placed_later_are_not_covered(agent, lead):
    within = placement()
    owing(within=within)
    confirm_notice(record_notice(within, told(), by=agent), by=lead)
    late = owing(within=within)
    assert rule_about(late, "agency_referral_notice") & rules_in_the_way(late)
