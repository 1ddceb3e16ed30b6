"""Where somebody may be, from what is on file: all that points somewhere counts, and what nobody knows stays open."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from compliance.pack_facts import About, Word, channel_facts, contact_action, facts_about, kind_of_address
from compliance.places import places_of

TODAY = date(2026, 11, 24)
SAID = datetime(2026, 11, 1, tzinfo=UTC)


def places(country="US", zone="", phones=(), addresses=()):
    return places_of(country=country, time_zone=zone, phones=phones, addresses=addresses)


def test_a_boston_number_puts_somebody_in_massachusetts_and_in_no_town_with_rules_of_its_own():
    found = places(phones=("+16175550123",))
    assert (found.countries, found.subdivisions, found.localities) == (("US",), ("US-MA",), ())
    assert found.zones == ("America/New_York",)


@pytest.mark.parametrize("evidence", [{"phones": ("+17185550123",)}, {"addresses": ("1 Main St\nBronx, NY 10451",)}])
def test_new_york_city_is_known_by_its_area_codes_and_its_post_codes(evidence):
    found = places(zone="America/New_York", **evidence)
    assert (found.subdivisions, found.localities) == (("US-NY",), ("New York City",))


def test_an_address_upstate_is_new_york_but_not_the_city():
    assert places(addresses=("5 Elm St\nAlbany, NY 12207",)).localities == ()


def test_without_a_sign_of_the_state_every_states_rules_stay_in_play():
    found = places(zone="America/Chicago")
    assert found.subdivisions is None and found.localities is None


def test_a_number_of_another_zone_makes_both_zones_candidates():
    assert places(zone="America/Chicago", phones=("+12125550123",)).zones == ("America/Chicago", "America/New_York")
    assert places(zone="America/New_York", phones=("+12125550123",)).zones == ("America/New_York",)


def test_a_number_and_a_zone_abroad_bring_their_countries_law():
    assert places("HK", "Asia/Shanghai", phones=("+6591234567",)).countries == ("HK", "CN", "SG")


def test_a_number_of_sao_paulo_names_its_state():
    assert places("BR", phones=("+5511912345678",)).subdivisions == ("BR-SP",)


def test_a_number_that_lies_in_no_zone_names_none():
    assert places(zone="America/Chicago", phones=("+80012345678",)).zones == ("America/Chicago",)


def about(role="third_party_collector", **fields):
    return About(role=role, places=places(), **fields)


def test_what_somebody_else_must_have_sent_is_unknown_and_a_young_debt_is_surely_not_barred():
    told = facts_about(about(due_date=date(2026, 9, 1)), today=TODAY)
    assert told["agency_referral_notice"] == "unknown" and told["debt.time_barred"] is False
    assert facts_about(about(due_date=date(2020, 9, 1)), today=TODAY)["debt.time_barred"] == "unknown"
    assert facts_about(about(role=""), today=TODAY)["role"] == "unknown"


def test_holds_become_the_packs_own_words_with_the_day_they_began():
    told = facts_about(about(holds=(("bankruptcy", SAID), ("dispute", SAID))), today=TODAY)
    assert told["bankruptcy_petition"] == told["written_dispute"] == told["dispute"] == SAID


def test_what_a_creditor_says_is_consent_to_itself_and_not_to_its_agency():
    word = Word(True, SAID, by_person=False)
    assert "direct_consent_for_number" not in channel_facts(about(), channel="sms", word=word)
    own = channel_facts(about("first_party_creditor"), channel="sms", word=word)
    assert own["direct_consent_for_number"] == own["prior_express_consent"] == SAID


def test_reminders_are_demands_and_answers_are_replies_to_somebody_who_has_just_asked():
    def action(purpose):
        return contact_action(account="1", debtor="d", channel="sms", purpose=purpose)

    assert (action("overdue_firm").purpose, action("debit_failed").purpose) == ("demand", "demand")
    assert action("receipt").purpose == "reply" and "consumer_initiated_now" in action("receipt").tags
    assert "legally_required_notice" in action("pre_debit_notice").tags


def test_a_mailbox_at_somebodys_own_domain_may_be_their_employers():
    assert kind_of_address("email", "fang@qq.com") == "personal"
    assert kind_of_address("email", "fang@harbour-shipping.example") == "unknown"
