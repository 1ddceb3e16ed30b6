"""Planning asks the packs in force and the house: about places, holds, caps, and what stands behind a way."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from accounts.models import Consent, ContactPoint, Hold
from common.clock import now, today
from compliance.models import ContactCount, ContactEntry, ContactPolicy, PolicyPack
from reminders.models import Message, Step
from reminders.schedules.audience import left_out, who_gets_what
from reminders.services import plan_reminders
from tests import factories

pytestmark = pytest.mark.usefixtures("ready")
SHANGHAI = ZoneInfo("Asia/Shanghai")


def plan() -> int:
    return plan_reminders(today()).planned


def why_not() -> dict[str, int]:
    return dict(who_gets_what(today()).left_out)


def pack(rule, *, pack_id="trial", **jurisdiction):
    factories.in_force({
        "schema": "policy-pack/1",
        "pack": {"id": pack_id, "version": "1", "jurisdiction": {"country": "CN", **jurisdiction}},
        "rules": [{"strength": "law", "scope": {"roles": "all", "channels": "all"}, **rule}],
    })  # fmt: skip


def hours(begin: time, end: str = "24:00"):
    return {"id": "T-TIME", "type": "window",
            "params": {"allow": [{"days": "all", "from": begin.strftime("%H:%M"), "to": end}]}}  # fmt: skip


def cap(most: int, channels="all"):
    return {"id": "T-CAP", "type": "cap",
            "params": {"count": "attempts", "channels_counted": channels, "max": most, "per": ["person", "debt"],
                       "window": {"kind": "rolling_days", "n": 7}}}  # fmt: skip


def by(channels: list[str], **conditions) -> None:
    Step.objects.update(channels=channels, **conditions)


def in_hours(hours: int) -> time:
    """A whole hour of today there; None where it would be tomorrow."""
    moment = (now() + timedelta(hours=hours)).astimezone(SHANGHAI)
    if moment.date() != now().astimezone(SHANGHAI).date():
        pytest.skip("the hours would begin on the next day")
    return time(moment.hour)


def test_where_no_signed_off_pack_is_in_force_nothing_is_planned_and_the_plan_says_so(account):
    PolicyPack.objects.filter(pack_id="cn").delete()
    counts = plan_reminders(today())
    assert (counts.planned, counts.not_covered) == (0, 1)
    assert why_not() == {"not_covered": 1}
    assert [row.pk for row in left_out(today(), reason="not_covered").accounts] == [account.pk]


def test_of_the_packs_hours_and_the_houses_the_later_bind(account):
    law, house = in_hours(2), in_hours(4)
    pack(hours(law))
    plan()
    assert Message.objects.get().due_at.astimezone(SHANGHAI).time() == law
    Message.objects.all().delete()
    ContactPolicy.objects.update(window_start=house)
    plan()
    assert Message.objects.get().due_at.astimezone(SHANGHAI).time() == house


def test_hours_of_a_part_of_the_country_are_kept_where_nobody_knows_the_part(account):
    opens = in_hours(3)
    pack(hours(opens), subdivision="SH")
    plan()
    assert Message.objects.get().due_at.astimezone(SHANGHAI).time() == opens


def test_what_only_a_part_of_the_country_forbids_does_not_close_a_way(account):
    pack({"id": "T-DENY", "type": "consent", "params": {"any_of": ["direct_consent_for_address"]}}, subdivision="SH")
    plan()
    assert Message.objects.get().channel == "email"


def test_a_way_the_law_closes_gives_way_to_the_next_and_a_yes_opens_it(account):
    scope = {"roles": "all", "channels": ["email"]}
    pack({"id": "T-YES", "type": "consent", "scope": scope, "params": {"any_of": ["direct_consent_for_address"]}})
    plan()
    row = Message.objects.get()
    assert (row.channel, row.channels_left) == ("sms", ["in_app"])
    Message.objects.all().delete()
    Consent.objects.create(debtor=account.debtor, channel="email", granted=True, evidence={"source": "portal"})
    plan()
    assert Message.objects.get().channel == "email"


def test_a_law_that_closes_every_way_leaves_nothing_to_plan(account):
    pack({"id": "T-NO", "type": "audience", "params": {"deny_if": "autodialled_or_artificial_voice or role"}})
    assert plan() == 0
    assert why_not() == {"no_way": 1}


def test_a_hold_that_the_law_makes_a_freeze_stops_planning_whatever_it_was_placed_for(account):
    Hold.objects.create(debtor=account.debtor, kind="complaint", blocks=["debit"], reason="x")
    assert plan() == 1
    Message.objects.all().delete()
    Hold.objects.create(debtor=account.debtor, kind="dispute", blocks=["debit"], reason="x")
    assert plan() == 1, "in China a dispute is no freeze"
    Message.objects.all().delete()
    pack({"id": "T-FREEZE", "type": "freeze", "scope": {"roles": "all"},
          "params": {"trigger": "dispute", "over": "debt", "blocks": ["contact"], "until": "answered"}})  # fmt: skip
    assert plan() == 0
    assert why_not() == {"hold": 1}


def contacted(account, *, days: int, **fields) -> ContactEntry:
    values = {"accounts": [account.pk], "channel": "sms", "purpose": "overdue_friendly", "state": "done"}
    return ContactEntry.objects.create(debtor=account.debtor, at=now() - timedelta(days=days), **values | fields)


def test_who_was_contacted_as_often_as_a_pack_permits_waits(account):
    pack(cap(2))
    contacted(account, days=2)
    assert plan() == 1
    Message.objects.all().delete()
    contacted(account, days=3)
    assert plan() == 0
    assert why_not() == {"often_enough": 1}
    ContactEntry.objects.update(at=now() - timedelta(days=8))
    assert plan() == 1


def test_contacts_about_another_debt_or_given_back_do_not_fill_the_cap(account):
    pack(cap(1))
    contacted(account, days=1, accounts=[account.pk + 1])
    contacted(account, days=1, state="released")
    assert plan() == 1


def test_whoever_wrote_to_us_is_left_to_the_gate(account):
    pack(cap(1))
    contacted(account, days=1)
    contacted(account, days=1, inbound=True, purpose="")
    assert plan() == 1


def test_the_houses_own_caps_are_kept_to_as_well(account):
    ContactCount.objects.create(debtor=account.debtor, day=now().astimezone(SHANGHAI).date(), channel="sms", count=1)
    assert plan() == 0
    assert why_not() == {"often_enough": 1}


def test_what_lies_in_the_persons_own_inbox_is_in_nobodys_way(account):
    by(["in_app"])
    ContactCount.objects.create(debtor=account.debtor, day=now().astimezone(SHANGHAI).date(), channel="sms", count=1)
    assert plan() == 1


@pytest.mark.parametrize(
    ("way", "kind"), [("voice", "phone"), ("letter", "address"), ("push", "app"), ("whatsapp", "phone")]
)
def test_a_way_with_nothing_behind_it_gives_way_to_the_next(account, way, kind):
    Consent.objects.create(debtor=account.debtor, channel=way, granted=True, evidence={"source": "portal"})
    ContactPoint.objects.filter(debtor=account.debtor, kind=kind).delete()
    by([way, "email"])
    plan()
    row = Message.objects.get()
    assert (row.channel, row.channels_left) == ("email", [])
    Message.objects.all().delete()
    factories.contact_point(account.debtor, kind=kind, value="+8613800009999" if kind == "phone" else "a place")
    plan()
    assert Message.objects.get().channel == way


def test_who_does_not_want_calls_is_not_called(account):
    by(["voice", "letter", "email"])
    Consent.objects.create(debtor=account.debtor, channel="voice", granted=False)
    plan()
    assert Message.objects.get().channel == "email"


def test_the_planned_moment_is_one_at_which_the_law_and_the_house_agree(account):
    """Late hours of the one, early hours of the other: they meet only for a while each day."""
    begin = in_hours(1)
    end = time((begin.hour + 3) % 24)
    if end < begin:
        pytest.skip("the hours would end on the next day")
    pack(hours(begin))
    ContactPolicy.objects.update(window_end=end)
    plan()
    due = Message.objects.get().due_at.astimezone(SHANGHAI)
    assert begin <= due.time() < end
    assert due - now() < timedelta(hours=24)
    assert isinstance(due, datetime)
