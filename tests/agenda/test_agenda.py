"""What happens next: one list, from the rules that will decide, for us and for the person."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.agenda import agenda
from accounts.services import end_hold, place_hold
from common.clock import now
from payments.debits.planning import plan_debits
from payments.models import Instalment, Payment
from payments.plans import create_plan
from payments.promises.taking import peace_of
from payments.services import create_link
from reminders.models import CallTask, Message
from reminders.planning.one import next_reminder
from reminders.services import plan_reminders
from tests import factories
from tests.accounts.hardship.cast import told
from tests.disputes.cast import said
from tests.moves.helpers import move
from tests.pages.conftest import signed_in
from tests.payments.debit_rows import due_plan, paypal
from tests.promises.cast import in_days, promised
from tests.reminders.conftest import queue_reminder
from wallets.services import pause_mandate

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ready")]


def of_kind(account, kind: str, *, staff: bool = True):
    account.refresh_from_db()
    return [step for step in agenda(account, staff=staff) if step.kind == kind]


def the(account, kind: str):
    (step,) = of_kind(account, kind)
    return step


@pytest.fixture
def plan(db):
    return due_plan(paypal())


def test_a_debit_while_on_hold_waits_and_says_why(plan, lead):
    account = plan.account
    assert the_first_debit(account).waits == ()
    hold = place_hold(account, kind="dispute", reason="says it is paid", by=lead)
    assert any("hold" in text for text in the_first_debit(account).waits)
    end_hold(hold, account=account, reason="it was not", by=lead)
    assert the_first_debit(account).waits == ()


def the_first_debit(account):
    return of_kind(account, "debit")[0]


@pytest.mark.parametrize("trouble", ["hold", "paused", "switched_off", "over_cap", ""])
def test_it_says_of_a_debit_what_the_debit_run_then_does(plan, lead, trouble):
    account, row = plan.account, plan.instalments.get(number=1)
    if trouble == "hold":
        place_hold(account, kind="vulnerable", reason="told us", by=lead)
    if trouble == "paused":
        pause_mandate(plan.mandate, reason="moving house", source="debtor")
    if trouble == "switched_off":
        plan.mandate.provider.status = "switched_off"
        plan.mandate.provider.save()
    if trouble == "over_cap":
        plan.mandate.cap_minor = 1
        plan.mandate.save()
    waits = the_first_debit(account).waits
    Instalment.objects.filter(pk=row.pk).update(debit_not_before=now() - timedelta(minutes=1))
    plan_debits(10)
    made = Payment.objects.filter(instalment=row).exists()
    assert bool(waits) == bool(trouble) and made == (not trouble)


def test_a_reminder_before_a_promises_day_waits_for_it(account, agent):
    assert the(account, "reminder").waits == ()
    promise = promised(account, (2, 50_000), by=agent)
    kinds = [step.kind for step in agenda(account, staff=True)]
    assert "promise" in kinds and "check" in kinds
    assert the(account, "reminder").waits
    queued = queue_reminder(account)
    step = the(account, "message")
    assert step.until == peace_of(promise) and any("Promised to pay" in text for text in step.waits)
    assert queued.state == "due"


@pytest.mark.parametrize("days", [1, 3, 7, 10, 21, 22, 40, 90])
@pytest.mark.parametrize("trouble", ["", "hold", "quiet", "nothing", "other"])
def test_it_says_of_the_next_reminder_what_the_planner_then_does(lead, days, trouble):
    account = factories.account(days_overdue=days)
    if trouble == "hold":
        place_hold(account, kind="dispute", reason="says it is paid", by=lead)
    if trouble == "quiet":
        account.quiet_until = now() + timedelta(days=400)
        account.save()
    if trouble == "nothing":
        account.status = "settled"
        account.save()
    if trouble == "other":
        queue_reminder(account, state="sent")
    said = next_reminder(account)
    if trouble == "nothing":
        assert said is None
        return
    if said is None or said.on != in_days(0, "UTC"):
        return
    plan_reminders(said.on)
    planned = Message.objects.filter(account=account, state="due").first()
    assert (planned is not None) == (not said.left_out)
    if planned:
        assert (planned.purpose, planned.channel) == (said.key, said.channel)


def test_calls_reviews_and_clocks_are_on_it(account, lead):
    CallTask.objects.create(
        account=account, debtor=account.debtor, purpose="due", not_before=now(), expires_at=now() + timedelta(days=5)
    )
    place_hold(account, kind="complaint", reason="rude", by=lead)
    assert the(account, "call").waits and the(account, "review").day is not None


def test_a_disputes_clock_is_on_it_and_the_reminder_waits(account):
    dispute = said(account)
    assert the(account, "dispute").at == dispute.answer_by
    assert the(account, "reminder").waits
    assert "dispute" in [step.kind for step in agenda(account, staff=False)]


def test_a_plan_by_hand_has_its_days_and_no_debit(account):
    create_plan(account, parts=[(in_days(5), 60_000), (in_days(35), 65_000)])
    assert [step.amount.minor for step in of_kind(account, "instalment")] == [60_000, 65_000]
    assert not of_kind(account, "debit")


def test_the_person_sees_their_own_version(account, agent, lead):
    promised(account, (2, 50_000), by=agent)
    place_hold(account, kind="vulnerable", reason="a carer called", by=lead)
    shown = agenda(account, staff=False)
    assert [step.kind for step in shown] == ["promise"]
    assert all(step.to_debtor for step in shown) and "vulnerable" not in repr(shown).lower()


def test_ended_nothing_is_next_but_what_is_awaited(account, agent, lead):
    queue_reminder(account)
    promised(account, (2, 50_000), by=agent)
    move(account, "recall", by=agent, second=lead)
    assert agenda(account, staff=False) == [] and agenda(account, staff=True) == []


def test_what_waits_for_a_second_person_is_on_it(account, agent):
    move(account, "write_off", by=agent)
    assert "second person" in the(account, "move").waits[0]


def test_it_asks_as_much_for_a_long_story_as_for_a_short_one(account, lead):
    def happen(times: int, tag: str) -> None:
        for number in range(times):
            Message.objects.create(
                account=account, debtor=account.debtor, purpose="overdue_firm", occasion=f"{tag}{number}",
                channel="sms", due_at=now() + timedelta(days=number),
            )  # fmt: skip
            place_hold(account, kind="complaint", reason="rude", by=lead)

    def questions() -> int:
        account.refresh_from_db()
        with CaptureQueriesContext(connection) as seen:
            assert len(agenda(account, staff=True)) > 1
        return sum("common_clockshift" not in query["sql"] for query in seen)

    create_plan(account, parts=[(in_days(number), 5_000) for number in range(1, 13)])
    happen(1, "a")
    questions()
    few = questions()
    happen(9, "b")
    assert questions() == few


def test_the_panel_alone_shows_a_change_at_once(account, agent):
    client, url = signed_in(agent), reverse("panel", args=["account", "agenda", account.reference])
    assert "Promised to pay" not in client.get(url).content.decode()
    promised(account, (2, 50_000), by=agent)
    shown = client.get(url).content.decode()
    assert "Promised to pay" in shown and 'hx-trigger="every 10s"' in shown


def test_the_payment_page_says_what_happens_next(client, plan):
    _link, url = create_link(plan.account)
    shown = client.get("/" + url.split("/", 3)[3]).content.decode()
    assert "What happens next" in shown and "Automatic payment from your wallet" in shown


def test_nothing_about_hard_times_before_the_light_question(client, account, agent):
    account.debtor.birth_year = "1980"
    account.debtor.save()
    told(account)
    _link, url = create_link(account)
    assert "We look at what you told us" not in client.get("/" + url.split("/", 3)[3]).content.decode()
