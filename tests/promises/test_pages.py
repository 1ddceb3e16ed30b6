"""Alice takes, changes and withdraws Wang Fang's promise on the account's pages."""

from __future__ import annotations

import pytest
from django.urls import reverse

from payments.models import Promise
from tests.pages.conftest import plain_ground, signed_in
from tests.promises.cast import in_days, promised, quiet_of, state_of

__all__ = ["plain_ground"]


@pytest.fixture
def desk(agent):
    return signed_in(agent)


def said(**more):
    return {"amount": "500.00", "when": "other", "day": in_days(3).isoformat(), "token": "t-1", **more}


def send(desk, account, **more):
    return desk.post(reverse("account_promise", args=[account.reference]), said(**more))


def test_she_takes_one_and_the_same_form_again_is_harmless(desk, account, agent):
    for _time in range(2):
        assert send(desk, account).status_code == 302
    row = Promise.objects.get()
    assert (row.total_minor, row.taken_by, row.last_on, row.source) == (50_000, agent, in_days(3), "staff")
    page = desk.get(reverse("account_page", args=[account.reference])).content.decode()
    assert "Change or withdraw" in page and row.reference in page


def test_the_form_is_preset_with_what_is_owed_and_offers_quick_days(desk, account):
    page = desk.get(reverse("account_promise", args=[account.reference])).content.decode()
    assert 'value="1250.00"' in page and "tomorrow" in page and "next Friday" in page


def test_two_parts(desk, account):
    send(desk, account, second_amount="750.00", second_day=in_days(9).isoformat())
    assert [part.amount_minor for part in Promise.objects.get().parts.all()] == [50_000, 75_000]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"amount": "9999"}, "no more than is owed"),
        ({"day": ""}, "Choose the day"),
        ({"day": "2199-01-01"}, "repayment plan"),
        ({"second_amount": "5"}, "an amount and a day"),
    ],
)
def test_a_refusal_stands_at_its_field_and_says_what_to_do(desk, account, given, says):
    answer = send(desk, account, **given)
    assert answer.status_code == 422 and says in answer.content.decode()
    assert not Promise.objects.exists()


def test_somebody_was_faster_and_the_page_says_who(desk, account, lead):
    promised(account, (3, 50_000), by=lead)
    answer = send(desk, account)
    assert answer.status_code == 422 and "Lena Lead" in answer.content.decode()


def test_she_changes_it_and_withdraws_it_with_a_reason(desk, account, agent):
    old = promised(account, (3, 50_000), by=agent)
    send(desk, account, promise=old.reference, amount="400.00", reason="wages come later")
    new = Promise.objects.get(state="open")
    assert state_of(old) == "amended" and new.total_minor == 40_000
    url = reverse("promise_withdraw", args=[new.reference])
    desk.post(url, {"reason": ""})
    assert state_of(new) == "open"
    desk.post(url, {"reason": "a misunderstanding"})
    assert state_of(new) == "withdrawn" and quiet_of(account) is None


@pytest.mark.parametrize("show", ["open", "broken", "kept", "all", "nonsense"])
def test_the_list_has_what_its_tab_says(desk, account, agent, show):
    row = promised(account, (0, 50_000), by=agent)
    page = desk.get(reverse("promise_list"), {"show": show}).content.decode()
    assert (row.reference in page) is (show not in ("broken", "kept"))
