"""Recall, hand-over to an agency and closing: what stops, what is awaited, and what never comes back by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import Event
from common.clock import now
from common.errors import Conflict, Forbidden, InvalidInput
from payments.models import AccountMove, Attempt, Payment
from payments.moves.asking import ask_move
from payments.moves.doing import settle_moves
from payments.plans import create_plan
from payments.services import settling
from reminders.models import CallTask
from reminders.queue import queue_message
from reminders.services import dispatch_due, plan_reminders
from tests import factories
from tests.moves.helpers import WHY, bank_takes_back, books_are_right, kinds, line, move, north, pays, undo
from tests.payments.debit_rows import due_plan, paypal
from tests.promises.cast import in_days, promised
from tests.reminders.conftest import queue_reminder
from wallets.models import Mandate, Provider

pytestmark = pytest.mark.django_db


def waiting_call(account) -> CallTask:
    expires = now() + timedelta(days=5)
    return CallTask.objects.create(
        account=account, debtor=account.debtor, purpose="due", not_before=now(), expires_at=expires
    )


@pytest.mark.parametrize("kind", ["recall", "agency", "write_off"])
@pytest.mark.usefixtures("ready")
def test_everything_queued_stops_at_once(outbox, account, agent, lead, kind):
    reminder, call, promise = queue_reminder(account), waiting_call(account), promised(account, (2, 50_000), by=agent)
    reminder.refresh_from_db()
    plan = create_plan(account, parts=[(in_days(10), 50_000)])
    move(account, kind, by=agent, second=lead)
    for row in (reminder, call, promise, plan):
        row.refresh_from_db()
    assert promise.state == "withdrawn"
    assert {row.state for row in (reminder, call, plan)} == {"cancelled"}
    dispatch_due()
    assert not outbox.messages() and plan_reminders(in_days(0)).planned == 0


@pytest.mark.usefixtures("ready")
def test_opened_again_nothing_of_before_comes_back_and_the_schedule_begins_after_a_day(outbox, account, agent, lead):
    reminder, call = queue_reminder(account), waiting_call(account)
    row = move(account, "recall", by=agent, second=lead)
    undo(account, row, by=agent, second=lead)
    reminder.refresh_from_db(), call.refresh_from_db()
    assert (account.status, account.balance_minor) == ("open", 125_000)
    assert (reminder.state, call.state) == ("cancelled", "cancelled")
    assert account.quiet_until > now() + timedelta(hours=23)
    assert plan_reminders(in_days(0)).planned == 0
    dispatch_due()
    assert not outbox.messages()


@pytest.mark.usefixtures("ready")
def test_word_of_their_own_payment_still_goes_out(account, agent, lead):
    word = queue_message(account, purpose="payment_reversed", occasion="entry:1", facts={})
    move(account, "recall", by=agent, second=lead)
    word.refresh_from_db()
    assert word.state == "due"


def test_an_unsent_debit_is_dropped_and_the_agreement_ends(lead, admin):
    plan = due_plan(paypal())
    account = plan.account
    row = plan.instalments.get(number=1)
    payment = Payment.objects.create(
        account=account, instalment=row, amount_minor=1_000, currency="USD", source="debit", state="open"
    )
    attempt = Attempt.objects.create(
        payment=payment, provider=plan.mandate.provider, mandate=plan.mandate, merchant_reference="A1",
        amount_minor=1_000, currency="USD", state="created",
    )  # fmt: skip
    moved = move(account, "recall", by=lead, second=admin)
    attempt.refresh_from_db()
    assert (attempt.state, attempt.reason) == ("closed", "account_not_open")
    assert Mandate.objects.get().state in ("revoking", "revoked") and moved.settled_at is not None


def test_a_payment_on_its_way_is_awaited_and_goes_to_the_creditor(account, alipay_row, agent, lead):
    payment = Payment.objects.create(account=account, amount_minor=25_000, currency="CNY", source="link", state="open")
    attempt = Attempt.objects.create(
        payment=payment, provider=alipay_row, merchant_reference="A1", amount_minor=25_000, currency="CNY",
        state="pending",
    )  # fmt: skip
    row = move(account, "recall", by=agent, second=lead)
    assert (account.status, account.balance_minor, row.settled_at) == ("recalled", 0, None)
    assert settle_moves() == 0
    settling.post_money(account, attempt.amount, key=f"attempt:{attempt.pk}", provider_key="alipay", effective_at=now())
    Attempt.objects.update(state="succeeded")
    assert settle_moves() == 1 and settle_moves() == 0
    assert kinds(account)[-1] == "account.move_settled"
    assert line(account, "payable") == -25_000 and line(account, "suspense") == 0
    assert line(account, "placed") == -0 and books_are_right()


@pytest.fixture
def alipay_row(db):
    return Provider.objects.create(key="alipay", name="Alipay", status="vetted", currencies=["CNY"])


def test_recalled_nothing_of_it_is_in_our_books(account, agent, lead):
    pays(account, 25_000)
    move(account, "recall", by=agent, second=lead)
    assert (account.status, account.balance_minor) == ("recalled", 0)
    assert line(account, "placed") == 0 and line(account, "payable") == -25_000 and books_are_right()


def test_the_creditor_recalls_alone_and_over_what_we_were_about_to_do(account, agent):
    asked = ask_move(account, "write_off", reason=WHY, by=agent)
    row = ask_move(account, "recall", reason="We sell it.", by=None, source="api", request_key="r1")
    again = ask_move(account, "recall", reason="We sell it.", by=None, source="api", request_key="r1")
    asked.refresh_from_db(), account.refresh_from_db()
    assert (row.state, asked.state, account.status, again.pk) == ("done", "refused", "recalled", row.pk)


def test_the_creditors_people_may_recall_and_nothing_else(account):
    theirs = factories.user(role="creditor", creditor=account.creditor)
    with pytest.raises(Forbidden):
        ask_move(account, "write_off", reason=WHY, by=theirs)
    assert ask_move(account, "recall", reason=WHY, by=theirs, source="creditor").state == "done"


def test_with_an_agency_it_is_still_owed_and_money_counts(account, agent, lead):
    row = move(account, "agency", by=agent, second=lead)
    assert (account.status, account.balance_minor, row.agency.name) == ("agency", 125_000, "North Agency")
    payment = pays(account, 125_000)
    assert account.status == "paid"
    bank_takes_back(payment, by=lead)
    account.refresh_from_db()
    assert (account.status, account.balance_minor) == ("agency", 125_000)
    undo(account, row, by=agent, second=lead)
    assert account.status == "open" and books_are_right()


def test_an_agency_that_takes_nothing_gets_nothing(account, lead):
    agency = north()
    agency.active = False
    agency.save()
    with pytest.raises(InvalidInput):
        ask_move(account, "agency", reason=WHY, by=lead, agency=agency)


@pytest.mark.parametrize(
    ("why", "book"),
    [
        ("uncollectable", "write_off"),
        ("no_estate", "write_off"),
        ("statute_barred", "write_off"),
        ("not_theirs", "placed"),
    ],
)
def test_closed_what_is_owed_leaves_the_books_as_the_reason_says(account, agent, lead, why, book):
    row = move(account, "close", by=agent, second=lead, why=why)
    assert (account.status, account.balance_minor) == ("closed", 0)
    assert line(account, book) == {"write_off": 125_000, "placed": 0}[book]
    undo(account, row, by=agent, second=lead)
    assert (account.status, account.balance_minor) == ("open", 125_000) and books_are_right()


def test_money_for_a_debt_that_was_not_theirs_waits_to_be_given_back(account, agent, lead):
    move(account, "close", by=agent, second=lead, why="not_theirs")
    pays(account, 30_000)
    assert account.balance_minor == 0 and line(account, "suspense") == -30_000 and line(account, "payable") == 0


def test_a_paid_account_is_closed_by_one_person_and_a_payment_taken_back_opens_it_with_it(account, agent, lead):
    payment = pays(account, 125_000)
    row = move(account, "close", by=agent, why="paid")
    assert (row.state, account.status) == ("done", "closed")
    bank_takes_back(payment, by=lead)
    account.refresh_from_db()
    assert account.status == "closed"
    undo(account, row, by=agent, second=lead)
    assert (account.status, account.balance_minor) == ("open", 125_000)


def test_what_is_owed_is_not_closed_as_paid(account, lead):
    with pytest.raises(Conflict):
        ask_move(account, "close", reason=WHY, by=lead, why="paid")
    with pytest.raises(InvalidInput):
        ask_move(account, "close", reason=WHY, by=lead, why="bored")
    with pytest.raises(InvalidInput):
        ask_move(account, "vanish", reason=WHY, by=lead)


def test_every_move_is_on_the_timeline_with_who_and_why(account, agent, lead):
    move(account, "close", by=agent, second=lead, why="statute_barred")
    event = Event.objects.filter(account=account, kind="account.closed").get()
    assert event.actor == lead and event.data["why"] == WHY and event.data["closed_as"] == "statute_barred"
    assert AccountMove.objects.get().asked_by == agent
