"""Guard-rails of plans: every plan that is offered keeps them, every other one is refused with what would fit."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Event
from common.clock import today
from common.errors import Forbidden, InvalidInput
from payments.debtor_plans import chosen_plan, first_days, ready_plans
from payments.guard_rail_changes import ask_for_rail, decide_rail, in_force
from payments.guard_rails import rail_for
from payments.models import PlanRail
from payments.plans import create_plan
from tests import factories

pytestmark = pytest.mark.django_db
ZONE = "Asia/Shanghai"
BOUNDS = {"least_units": 50, "most_parts": 10, "longest_days": 300, "down_basis_points": 0, "beyond": "supervisor"}


@pytest.fixture
def admin(db):
    return factories.user(role="admin", email="ada@agency.example", name="Ada Admin")


@pytest.fixture
def put(lead, admin):
    """A guard-rail that Lena asked for and Ada agreed to."""

    def rail(creditor=None, *, currency="", from_units=0, days=0, ends=False, **bounds):
        scope = {"creditor": creditor, "currency": currency, "from_units": from_units}
        asked = ask_for_rail(
            scope, BOUNDS | bounds, first_day=today() + timedelta(days=days), reason="agreed with the bank", by=lead,
            ends=ends, token=f"t-{PlanRail.objects.count()}",
        )  # fmt: skip
        return decide_rail(asked, by=admin, agree=True)

    return rail


def in_days(days: int):
    return today(ZONE) + timedelta(days=days)


rails = st.fixed_dictionaries(
    {
        "least_units": st.integers(0, 400),
        "most_parts": st.integers(1, 40),
        "longest_days": st.integers(1, 900),
        "down_basis_points": st.sampled_from([0, 0, 1_000, 2_500, 3_333, 9_000]),
    }
)
many = settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@many
@given(
    bounds=rails,
    minor=st.integers(1, 3_000_000),
    first=st.integers(0, 5),
    unit=st.sampled_from(["day", "month"]),
    step=st.sampled_from([1, 100]),
    standing=st.booleans(),
)
def test_every_plan_that_is_offered_keeps_every_guard_rail_and_sums_to_the_cent(
    account, lead, admin, bounds, minor, first, unit, step, standing
):
    PlanRail.objects.all().delete()
    PlanRail.objects.create(
        **bounds, effective_from=today(), state="approved", reason="x", requested_by=lead, decided_by=admin
    )
    account.balance_minor = minor * step
    first_on = first_days(ZONE)[first]
    plans = ready_plans(account, first_on, unit, step, standing=standing)
    assert len(plans) <= 4
    for plan in plans:
        amounts = [part for _day, part in plan.parts]
        days = [day for day, _part in plan.parts]
        assert sum(amounts) == account.balance_minor and all(part > 0 and part % step == 0 for part in amounts)
        assert days[0] == first_on and days == sorted(set(days))
        assert len(amounts) <= bounds["most_parts"]
        assert min(amounts) >= min(bounds["least_units"] * 100, account.balance_minor)
        assert days[-1] <= today(ZONE) + timedelta(days=bounds["longest_days"])
        assert amounts[0] * 10_000 >= account.balance_minor * bounds["down_basis_points"]
        assert not standing or len(set(amounts)) == 1


@many
@given(bounds=rails, minor=st.integers(2, 3_000_000), count=st.integers(2, 45), first=st.integers(0, 5))
def test_a_number_of_ones_own_is_taken_inside_and_refused_outside(account, lead, admin, bounds, minor, count, first):
    """The oracle works the smallest part and the last day out by itself."""
    PlanRail.objects.all().delete()
    PlanRail.objects.create(
        **bounds, effective_from=today(), state="approved", reason="x", requested_by=lead, decided_by=admin
    )
    account.balance_minor = minor
    first_on = first_days(ZONE)[first]
    down = -(-minor * bounds["down_basis_points"] // 10_000)
    highest_equal = -(-minor // count)
    smallest = minor // count if down <= highest_equal else (minor - down) // (count - 1)
    fits = (
        count <= bounds["most_parts"]
        and smallest >= max(1, min(bounds["least_units"] * 100, minor))
        and first_on + timedelta(days=30 * (count - 1)) <= today(ZONE) + timedelta(days=bounds["longest_days"])
    )
    try:
        plan = chosen_plan(account, count=count, first_on=first_on)
    except InvalidInput as error:
        assert not fits and error.message
    else:
        assert fits and plan.count == count and sum(part for _day, part in plan.parts) == minor


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ([(30, 4_000), (60, 60_000)], "at least"),
        ([(30 + number, 6_000) for number in range(11)], "At most 10 payments"),
        ([(30, 60_000), (301, 60_000)], "latest"),
    ],
)
def test_what_people_write_down_is_refused_with_what_would_fit(account, agent, lead, put, parts, says):
    put()
    said = [(in_days(day), minor) for day, minor in parts]
    for by in (None, agent):
        with pytest.raises(InvalidInput) as refused:
            create_plan(account, parts=said, created_by=by)
        assert says in refused.value.message
        assert ("A supervisor may agree" in refused.value.message) is (by is agent)
    create_plan(account, parts=said, created_by=lead)
    assert Event.objects.get(kind="plan.activated").data["beyond"]


def test_the_first_payment_is_as_large_as_is_asked(account, agent, put):
    put(down_basis_points=2_000)
    for minor, allowed in ((24_999, False), (25_000, True)):
        parts = [(in_days(10), minor), (in_days(40), 125_000 - minor)]
        if allowed:
            create_plan(account, parts=parts, created_by=agent)
        else:
            with pytest.raises(InvalidInput, match="at least"):
                create_plan(account, parts=parts, created_by=agent)


def test_where_nobody_may_agree_to_more_a_supervisor_may_not_either(account, lead, put):
    put(beyond="nobody")
    with pytest.raises(InvalidInput):
        create_plan(account, parts=[(in_days(30), 100)], created_by=lead)


def test_without_any_what_is_agreed_by_hand_is_not_bounded(account, agent):
    assert rail_for(account) is None
    create_plan(account, parts=[(in_days(3_000), 100)], created_by=agent)


def test_the_narrowest_counts_and_a_band_reaches_up_to_the_next(account, put):
    house, large = put(), put(from_units=1_000)
    assert rail_for(account) == large
    own = put(account.creditor)
    assert rail_for(account) == own
    other = factories.account()
    assert rail_for(other) == large
    other.balance_minor = 99_999
    assert rail_for(other) == house
    yuan = put(account.creditor, currency="CNY")
    put(account.creditor, currency="USD")
    assert rail_for(account) == yuan


def test_a_later_version_follows_on_its_day_and_an_end_leaves_it_to_the_wider(account, put):
    house = put()
    own = put(account.creditor, most_parts=6)
    put(account.creditor, most_parts=3, days=2)
    assert rail_for(account) == own and len(in_force()) == 2
    newer = put(account.creditor, most_parts=4)
    assert rail_for(account) == newer
    put(account.creditor, ends=True)
    assert rail_for(account) == house and in_force() == [house]


def test_nothing_counts_before_a_second_person_agrees(account, agent, lead, admin):
    scope = {"creditor": None, "currency": "", "from_units": 0}
    asked = ask_for_rail(scope, BOUNDS, first_day=today(), reason="agreed", by=lead, token="t-1")
    assert ask_for_rail(scope, BOUNDS, first_day=today(), reason="agreed", by=lead, token="t-1") is None
    assert rail_for(account) is None
    for by in (lead, agent):
        with pytest.raises(Forbidden):
            decide_rail(asked, by=by, agree=True)
    decide_rail(asked, by=admin, agree=True)
    assert rail_for(account) == asked
    kinds = Event.objects.filter(kind__startswith="plan_rail.").order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["plan_rail.requested", "plan_rail.approved"]


def test_who_asked_may_take_it_back_with_a_reason(lead):
    scope = {"creditor": None, "currency": "", "from_units": 0}
    asked = ask_for_rail(scope, BOUNDS, first_day=today(), reason="agreed", by=lead, token="t-1")
    with pytest.raises(InvalidInput):
        decide_rail(asked, by=lead, agree=False)
    assert decide_rail(asked, by=lead, agree=False, note="a mistake").state == "rejected"


def test_an_earlier_day_and_bounds_without_sense_are_refused(lead):
    scope = {"creditor": None, "currency": "", "from_units": 0}
    with pytest.raises(InvalidInput):
        ask_for_rail(scope, BOUNDS, first_day=today() - timedelta(days=1), reason="x", by=lead, token="t-1")
