"""Paying in parts: exact plans, terms kept as shown, signed in the wallet, ended with one button."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import Account, Debtor, Event
from common.client_address import parse_networks
from common.clock import today
from common.money import Money
from payments.debtor_plans import (
    COUNTS,
    PERIOD_DAYS,
    first_days,
    plan_to_cover,
    ready_plans,
    smallest_instalment,
    terms_of_plan,
)
from payments.models import Plan
from payments.plans import create_plan
from tests.pages_debtor.helpers import path_of
from wallets.models import Mandate

pytestmark = pytest.mark.django_db(transaction=True)
HIDDEN = re.compile(r'<input type="hidden" name="(request_key|shown|count|first)" value="([^"]*)"')


def agree(debtor, *, count: int = 3, agreed: bool = True, **changes: str):
    debtor.identify()
    first = first_days("Asia/Shanghai")[0].isoformat()
    page = debtor.read("mandate_terms", count=str(count), first=first)
    fields = dict(HIDDEN.findall(page)) | {"provider": "alipay"} | ({"agreed": "on"} if agreed else {})
    return debtor.send("mandate_start", **fields | changes), page, fields


@settings(deadline=None)  # each asks the database for guard-rails
@given(minor=st.integers(1, 10**9), currency=st.sampled_from(["CNY", "JPY", "KWD", "EUR"]))
def test_every_ready_plan_sums_to_the_balance_and_has_no_tiny_instalment(minor, currency):
    account = Account(balance_minor=minor, currency=currency, debtor=Debtor())
    first = today() + timedelta(days=10)
    for plan in ready_plans(account, first):
        assert sum(part for _day, part in plan.parts) == minor
        assert min(part for _day, part in plan.parts) >= smallest_instalment(currency)
        assert plan.cap == Money(max(part for _day, part in plan.parts), currency)
        gaps = {(later - earlier).days for (earlier, _a), (later, _b) in zip(plan.parts, plan.parts[1:], strict=False)}
        assert gaps == {PERIOD_DAYS} and plan.first_on == first


def test_the_offer_shows_two_to_four_plans_with_dates_and_totals(wallet, debtor):
    debtor.identify()
    page = debtor.read("mandate_offer")
    for count in COUNTS:
        assert f"Choose {count} payments" in page
    assert page.count("CN¥1,250.00") >= 3


def test_the_first_day_is_far_enough_for_the_notice():
    assert all(7 <= (day - today()).days <= 46 for day in first_days())
    assert len(first_days()) >= 4


def test_signing_in_the_wallet_sets_everything_up(wallet, debtor):
    started, page, _fields = agree(debtor)
    assert started.status_code == 303
    mandate = Mandate.objects.get()
    assert mandate.state == "pending" and mandate.terms_text.splitlines()[0] in page
    assert mandate.evidence["ip"] and mandate.cap_minor == 41_667
    back = wallet.press(f"{wallet.open(started['Location'])}/sign")
    shown = debtor.client.get(path_of(back)).content.decode()
    mandate.refresh_from_db()
    assert mandate.state == "active" and "All set" in shown
    plan = Plan.objects.get()
    assert plan.mandate == mandate and plan.total_minor == debtor.account.balance_minor


def test_without_the_tick_nothing_is_set_up(wallet, debtor):
    refused, _page, _fields = agree(debtor, agreed=False)
    assert refused.status_code == 422 and "Tick the box if you agree" in refused.content.decode()
    assert not Mandate.objects.exists()


def test_terms_that_changed_since_are_shown_again(wallet, debtor):
    again, _page, _fields = agree(debtor, shown="0" * 64)
    assert again.status_code == 422 and "have changed since" in again.content.decode()
    assert not Mandate.objects.exists()


def test_a_plan_we_never_offered_is_refused(wallet, debtor):
    debtor.identify()
    far = (today() + timedelta(days=400)).isoformat()
    assert debtor.open("mandate_terms", count="3", first=far).status_code == 422
    assert debtor.open("mandate_terms", count="77", first=first_days("Asia/Shanghai")[0].isoformat()).status_code == 422


def test_the_same_form_twice_is_one_agreement(wallet, debtor):
    _started, _page, fields = agree(debtor)
    debtor.send("mandate_start", **fields)
    assert Mandate.objects.count() == Plan.objects.count() == 1


def test_refusing_in_the_wallet_leaves_it_unsigned_and_it_can_be_let_go(wallet, debtor):
    started, _page, _fields = agree(debtor)
    mandate = Mandate.objects.get()
    wallet.press(f"{wallet.open(started['Location'])}/refuse")
    assert "Not signed yet" in debtor.read("mandate_return", mandate.reference)
    debtor.send("mandate_end", mandate.reference)
    mandate.refresh_from_db()
    assert mandate.state == "revoked" and Plan.objects.get().state == "cancelled"
    assert debtor.open("mandate_offer").status_code == 200


def test_coming_back_before_signing_starts_anew_with_a_plan_that_lives(wallet, debtor):
    agree(debtor)
    assert "Choose 3 payments" in debtor.read("mandate_offer")
    started, _page, _fields = agree(debtor)
    wallet.press(f"{wallet.open(started['Location'])}/sign")
    mandate = Mandate.objects.order_by("-pk").first()
    debtor.read("mandate_return", mandate.reference)
    mandate.refresh_from_db()
    assert mandate.state == "active" and Plan.objects.get(state="active").mandate == mandate


def test_one_button_ends_it_and_a_get_does_not(wallet, debtor):
    started, _page, _fields = agree(debtor)
    debtor.client.get(path_of(wallet.press(f"{wallet.open(started['Location'])}/sign")))
    mandate = Mandate.objects.get()
    debtor.open("mandate_end", mandate.reference)
    mandate.refresh_from_db()
    assert mandate.state == "active"
    debtor.send("mandate_end", mandate.reference)
    mandate.refresh_from_db()
    assert mandate.state == "revoked"
    assert Event.objects.filter(kind="mandate.revoked", source="debtor").count() == 1
    assert "Automatic payments have ended" in debtor.read("mandate_page", mandate.reference)


def test_details_of_an_agreement_need_the_question_and_the_right_account(wallet, debtor):
    agree(debtor)
    mandate = Mandate.objects.get()
    debtor.client.cookies.clear()
    assert debtor.open("mandate_page", mandate.reference).status_code == 303
    debtor.identify()
    assert debtor.open("mandate_page", "MND-23456789").status_code == 404


def test_a_plan_made_by_hand_gets_its_wallet_without_a_second_plan(wallet, debtor):
    days = [today() + timedelta(days=20 + 30 * number) for number in range(3)]
    plan = create_plan(debtor.account, parts=[(day, 40_000) for day in days])
    debtor.identify()
    page = debtor.read("mandate_offer")
    assert "the dates still to come of the plan you have" in page and "CN¥1,200.00" in page
    fields = dict(HIDDEN.findall(page)) | {"provider": "alipay", "agreed": "on", "cover": "1"}
    started = debtor.send("mandate_start", **fields)
    assert started.status_code == 303 and Plan.objects.get().mandate is None
    debtor.client.get(path_of(wallet.press(f"{wallet.open(started['Location'])}/sign")))
    plan.refresh_from_db()
    assert plan.mandate is not None and plan.mandate.state == "active" and Plan.objects.count() == 1
    assert (plan.mandate.period, plan.mandate.period_unit) == (30, "day")


def test_a_plan_without_a_rhythm_cannot_be_debited_and_is_not_offered(wallet, debtor):
    days = [today() + timedelta(days=ahead) for ahead in (10, 24, 90)]
    create_plan(debtor.account, parts=[(day, 40_000) for day in days])
    debtor.identify()
    assert "There is a plan for this account already" in debtor.read("mandate_offer")


def test_a_wallet_of_whole_amounts_gets_a_plan_of_whole_amounts_or_none(debtor):
    """1,250.00 in whole units: 416 or 417, never 416.67. A debt with cents cannot be split for such a wallet."""
    first = first_days("Asia/Shanghai")[0]
    plans = ready_plans(debtor.account, first, step=100)
    assert plans and all(minor % 100 == 0 for plan in plans for _day, minor in plan.parts)
    assert all(sum(minor for _day, minor in plan.parts) == debtor.account.balance_minor for plan in plans)
    debtor.account.balance_minor += 1
    assert ready_plans(debtor.account, first, step=100) == []


def test_a_wallet_that_counts_months_gets_the_same_day_of_each(debtor):
    first = first_days("Asia/Shanghai")[0]
    for plan in ready_plans(debtor.account, first, "month"):
        assert {day.day for day, _minor in plan.parts} == {first.day}
        assert (plan.period, plan.period_unit) == (1, "month")
        assert sum(minor for _day, minor in plan.parts) == debtor.account.balance_minor
    terms = terms_of_plan(debtor.account, plan, agency="Fairway")
    assert "at most one in one calendar month" in terms.text


def test_the_evidence_names_the_visitor_and_not_our_proxy(wallet, debtor, settings):
    settings.TRUSTED_PROXIES = parse_networks(["10.0.0.0/8"])
    debtor.client.defaults |= {"REMOTE_ADDR": "10.1.2.3", "HTTP_X_FORWARDED_FOR": "198.51.100.9, 203.0.113.7"}
    agree(debtor)
    assert Mandate.objects.get().evidence["ip"] == "203.0.113.7"


@pytest.mark.parametrize(
    ("owed", "counts"), [(660_000, [3, 6, 12]), (1_000_000, [2, 4, 5, 8]), (1_000_700, []), (50, [])]
)
def test_a_standing_order_takes_the_same_amount_each_time_and_never_more_than_is_owed(debtor, owed, counts):
    debtor.account.balance_minor = owed
    first = first_days("Asia/Shanghai")[0]
    plans = ready_plans(debtor.account, first, "month", 100, standing=True)
    assert [plan.count for plan in plans] == counts
    for plan in plans:
        assert {minor for _day, minor in plan.parts} == {plan.cap.minor}
        assert plan.cap.minor * plan.count == owed and plan.standing


def test_a_standing_order_covers_no_plan_of_uneven_parts(debtor):
    days = [today() + timedelta(days=10), today() + timedelta(days=40)]
    create_plan(debtor.account, parts=[(days[0], 40_000), (days[1], 41_000)])
    assert plan_to_cover(debtor.account, "day") is not None
    assert plan_to_cover(debtor.account, "day", standing=True) is None


def test_a_number_of_ones_own_is_shown_and_can_be_agreed_to(wallet, debtor):
    debtor.identify()
    page = debtor.read("mandate_offer", count="5")
    assert "Choose 5 payments" in page
    started, _page, _fields = agree(debtor, count=5)
    assert started.status_code == 303 and Plan.objects.get().instalments.count() == 5


@pytest.mark.parametrize(("count", "says"), [("40", "At most 12 payments"), ("lots", "such as 8"), ("1", "Choose one")])
def test_a_number_that_does_not_fit_is_answered_at_the_field(wallet, debtor, count, says):
    debtor.identify()
    page = debtor.read("mandate_offer", count=count)
    assert says in page and 'aria-invalid="true"' in page and "Choose 3 payments" in page
