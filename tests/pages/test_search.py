"""Search: what an agent hears on the phone leads to the account, and only to accounts that are theirs to see."""

from __future__ import annotations

import pytest
from django.urls import reverse

from payments.models import Payment
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def wang():
    person = factories.debtor(name="Wang Xiuying")
    factories.contact_point(person, kind="phone", value="+8613800001234")
    factories.contact_point(person, kind="email", value="xiuying@example.com")
    return factories.account(person=person, reachable=False)


def find(client, text):
    return client.get(reverse("search"), {"q": text})


@pytest.mark.parametrize(
    "typed",
    ["+86 138 0000 1234", "13800001234", "138-0000-1234", "(+86)13800001234", "XIUYING@example.com"],
)
def test_a_number_or_address_in_any_form_goes_straight_to_the_account(wang, agent, sign_in, typed):
    assert find(sign_in(agent), typed)["Location"] == reverse("account_page", args=[wang.reference])


def test_our_reference_and_the_creditors_go_straight_to_the_account(wang, agent, sign_in):
    page = reverse("account_page", args=[wang.reference])
    client = sign_in(agent)
    for typed in (wang.reference, wang.reference.lower(), wang.creditor_reference, wang.debtor.creditor_reference):
        assert find(client, typed)["Location"] == page


def test_a_payments_reference_leads_to_its_account_and_not_to_its_namesake(wang, agent, sign_in):
    payment = Payment.objects.create(account=wang, amount_minor=5, currency="CNY", source="link", state="failed")
    assert find(sign_in(agent), payment.reference)["Location"] == reverse("account_page", args=[wang.reference])
    assert find(sign_in(agent), f"XYZ-{wang.reference[4:]}").status_code == 200
    assert find(sign_in(agent), "PAY-").status_code == 200


def test_a_name_lists_people_and_never_jumps(wang, agent, sign_in):
    factories.account(person=factories.debtor(name="Wang Xiaoming"))
    client = sign_in(agent)
    both = find(client, "wang")
    assert [len(group.accounts) for group in both.context["groups"]] == [2]
    one = find(client, "wang xiuy")
    assert one.status_code == 200
    assert [account.pk for account in one.context["groups"][0].accounts] == [wang.pk]


def test_a_number_shared_by_two_people_shows_both(wang, agent, sign_in):
    sister = factories.debtor(name="Wang Xiulan")
    factories.contact_point(sister, kind="phone", value="+8613800001234")
    factories.account(person=sister, reachable=False)
    answer = find(sign_in(agent), "13800001234")
    assert answer.status_code == 200
    assert len(answer.context["groups"][0].accounts) == 2


def test_a_creditors_people_find_only_their_own(wang, other_bank_user, sign_in):
    client = sign_in(other_bank_user)
    for typed in ("13800001234", "xiuying@example.com", wang.reference, wang.creditor_reference, "wang"):
        answer = find(client, typed)
        assert answer.status_code == 200
        assert answer.context["groups"] == []


def test_nothing_found_says_what_to_try(agent, sign_in):
    assert "Nobody was found" in find(sign_in(agent), "zzz").content.decode()


@pytest.mark.parametrize("typed", ["", "   ", "%", "'; drop table", "\x00x", "ACC-", "١٢٣٤٥٦٧", "a" * 5000])
def test_odd_input_is_searched_for_and_harms_nothing(agent, sign_in, account, typed):
    assert find(sign_in(agent), typed).status_code == 200
