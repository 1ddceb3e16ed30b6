"""“May we contact Wang Fang by text message on Sunday at ten?”, answered in words and without a trace."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from common.clock import today
from compliance.models import ContactCount, Decision, PolicyPack
from tests import factories
from tests.compliance.test_pack_register import in_force as put_in_force

pytestmark = pytest.mark.django_db


@pytest.fixture
def law(compliance_officer, admin):
    """China's hours, from eight to nine in the evening."""
    return put_in_force("1", compliance_officer, admin, jurisdiction={"country": "CN"})


def ask(client, account, **more):
    asked = {"account": account if isinstance(account, str) else account.reference}
    day = today() + timedelta(days=7 - today().weekday())  # a Monday
    defaults = {"channel": "voice", "purpose": "overdue_friendly", "day": day.isoformat(), "hour": "10:00"}
    return client.get(reverse("may_we"), defaults | asked | more)


def reachable():
    account = factories.account()
    factories.contact_point(account.debtor, kind="phone")
    return account


def test_by_day_yes_and_at_night_the_first_lawful_moment(installed, law, agent, sign_in):
    client, account = sign_in(agent), reachable()
    by_day = ask(client, account)
    at_night = ask(client, account, hour="23:30")
    assert by_day.context["kind"] in ("allow", "allow_with")
    assert at_night.context["kind"] == "defer"
    until = at_night.context["until"].astimezone(at_night.context["at"].tzinfo)
    assert (until.hour, until.minute) == (8, 0)
    assert "The first lawful one is" in at_night.content.decode()
    assert "Outside the permitted hours" in at_night.content.decode()


def test_asking_leaves_no_trace(installed, law, agent, sign_in):
    ask(sign_in(agent), reachable())
    assert not Decision.objects.exists() and not ContactCount.objects.exists()


def test_without_the_law_of_the_country_a_person_decides(installed, agent, sign_in):
    account = reachable()
    PolicyPack.objects.all().delete()
    page = ask(sign_in(agent), account)
    assert page.context["kind"] == "review"
    assert "A person has to decide" in page.content.decode()


def test_a_hold_says_no_and_why(installed, law, agent, sign_in):
    account = factories.account(status="paid")
    page = ask(sign_in(agent), account)
    assert page.context["kind"] == "block"
    assert "The account is paid." in page.content.decode()


def test_somebody_is_found_by_name_and_chosen_among_several(installed, law, agent, sign_in):
    one, other = (factories.account() for _ in range(2))
    client = sign_in(agent)
    page = ask(client, "Wang Fang")
    assert {account.pk for account, _query in page.context["found"]} == {one.pk, other.pk}
    chosen = next(query for account, query in page.context["found"] if account.pk == one.pk)
    assert client.get(f"{reverse('may_we')}?{chosen}").context["account"] == one


def test_what_cannot_be_asked_is_refused_with_words(installed, agent, sign_in):
    client = sign_in(agent)
    nobody = ask(client, "ACC-NOBODY00")
    assert nobody.status_code == 422
    assert "Nobody is found by this." in nobody.content.decode()
    for wrong in ({"channel": "pigeon"}, {"hour": "25:00"}, {"day": "2026-13-40"}):
        assert ask(client, factories.account(), **wrong).status_code == 422
    assert client.get(reverse("may_we")).status_code == 200
