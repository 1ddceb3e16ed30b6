"""Messages leave in batches; what is true of one is true of each of a batch, and none stands in the others' way."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Account, Event, Hold
from common.clock import now
from compliance.models import ContactCount, ContactEntry, ContactPolicy
from payments.models import PaymentLink
from reminders.dispatch import claim, statements
from reminders.dispatch.prepare import prepare
from reminders.models import ContactSwitch, Message
from reminders.services import dispatch_due, withdraw_consent
from tests import factories
from tests.reminders.conftest import email_of, phone_of, queue_reminder


def queue(number: int, **fields) -> list[Message]:
    return [queue_reminder(factories.account(), **fields) for _ in range(number)]


def states(messages) -> list[str]:
    rows = dict(Message.objects.filter(pk__in=[one.pk for one in messages]).values_list("pk", "state"))
    return [rows[one.pk] for one in messages]


def poison(message: Message) -> None:
    """A receipt about no payment: whoever writes it stumbles."""
    Message.objects.filter(pk=message.pk).update(purpose="receipt", facts={}, channels_left=[])


def test_a_batch_takes_the_same_statements_however_many_are_in_it(outbox):
    def statements_for(number: int) -> int:
        queue(number)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert dispatch_due().handed_over == number
        return len(asked)

    statements_for(2)  # bodies of packs and the like are read once in each process
    assert statements_for(25) <= statements_for(5) + 1


def test_one_that_cannot_be_written_holds_up_nobody_and_ends_with_a_reason(outbox):
    messages = queue(3)
    broken = messages[1]
    poison(broken)
    assert dispatch_due().handed_over == 2
    assert states(messages) == ["sent", "due", "sent"]
    for _ in range(4):
        Message.objects.filter(pk=broken.pk).update(due_at=now())
        dispatch_due()
    broken.refresh_from_db()
    assert (broken.state, broken.reason) == ("failed", "never_written")
    assert Event.objects.filter(kind="message.failed", account=broken.account).count() == 1
    assert not ContactCount.objects.filter(debtor=broken.debtor, count__gt=0).exists()
    assert not ContactEntry.objects.filter(debtor=broken.debtor).exists()
    assert not PaymentLink.objects.filter(account=broken.account).exists()


def test_each_of_a_batch_ends_as_its_provider_answered(outbox):
    messages = queue(4, left=())
    outbox.set_faults(api="error_code", api_code="21211", times=1)
    dispatch_due()
    assert sorted(states(messages)) == ["failed", "sent", "sent", "sent"]
    refused = Message.objects.get(state="failed")
    assert refused.debtor.contact_points.get(kind="phone").condition == "invalid"
    assert sum(ContactCount.objects.values_list("count", flat=True)) == 3
    done = ContactEntry.objects.filter(state="done").values_list("source", flat=True)
    assert set(done) == {f"message:{one.pk}" for one in messages if one.pk != refused.pk}
    assert all(row.last_contact_at for row in Account.objects.exclude(pk=refused.account_id))


def test_what_is_said_after_the_claim_silences_the_one_it_is_about(outbox):
    refusing, held, paid, moved, plain = messages = queue(5, left=())
    claims = claim.claim_due(10)
    withdraw_consent(refusing.debtor, channel="*", source="test")
    Hold.objects.create(debtor=held.debtor, kind="bankruptcy", blocks=["contact"], reason="x")
    Account.objects.filter(pk=paid.account_id).update(balance_minor=0, principal_minor=0, status="paid")
    Account.objects.filter(pk=moved.account_id).update(due_date=moved.account.due_date + timedelta(days=9))
    (ready,) = prepare(claims)
    assert ready.outbound.to == phone_of(plain.account)
    assert states(messages) == ["blocked", "blocked", "blocked", "cancelled", "sending"]
    assert ContactCount.objects.get().debtor_id == plain.debtor_id
    assert ContactEntry.objects.get().debtor_id == plain.debtor_id


def test_a_switch_thrown_after_the_claim_stops_the_creditor_it_is_about(outbox):
    stopped, plain = messages = queue(2, left=())
    claims = claim.claim_due(10)
    ContactSwitch.objects.create(scope="creditor", creditor=stopped.account.creditor, reason="x")
    (ready,) = prepare(claims)
    assert ready.outbound.to == phone_of(plain.account)
    assert states(messages) == ["due", "sending"]


def test_several_to_one_person_in_one_batch_keep_the_cap_and_the_first_goes(outbox):
    ContactPolicy.objects.update(daily_cap=2)
    first = queue_reminder(factories.account(), left=())
    others = [
        queue_reminder(
            factories.account(person=first.debtor, placement=first.account.portfolio, reachable=False), left=()
        )
        for _ in range(3)
    ]
    dispatch_due()
    assert states([first, *others]) == ["sent", "sent", "due", "due"]
    assert ContactCount.objects.get().count == 2


def test_the_most_urgent_of_a_batch_is_decided_first(outbox):
    """One contact is left today: the notice of a debit does not count for it, the earlier reminder has it."""
    late = queue_reminder(factories.account(), left=())
    early = queue_reminder(
        factories.account(person=late.debtor, placement=late.account.portfolio, reachable=False), left=()
    )
    Message.objects.filter(pk=early.pk).update(due_at=now() - timedelta(hours=2))
    dispatch_due()
    assert states([late, early]) == ["due", "sent"]


@pytest.mark.django_db(transaction=True)
def test_a_statement_is_drawn_after_the_locks_are_gone(outbox, monkeypatch):
    account, inside = factories.account(), []
    draw = statements.statement_pdf

    def watched(*args, **kept):
        inside.append(connection.in_atomic_block)
        return draw(*args, **kept)

    monkeypatch.setattr(statements, "statement_pdf", watched)
    queue_reminder(account, channel="email", left=(), purpose="overdue_last")
    dispatch_due()
    (mail,) = outbox.messages(to=email_of(account))
    assert len(mail["attachments"]) == 1
    assert inside == [False]


def test_a_statement_that_cannot_be_drawn_stops_its_own_message_only(outbox, monkeypatch):
    def torn(*_args, **_kept):
        raise ValueError("no paper")

    monkeypatch.setattr(statements, "statement_pdf", torn)
    with_one = queue_reminder(factories.account(), channel="email", left=(), purpose="overdue_last")
    without = queue_reminder(factories.account(), channel="email", left=())
    dispatch_due()
    assert states([with_one, without]) == ["due", "sent"]
    with_one.refresh_from_db()
    assert with_one.reason == "statement_not_drawn"
    assert not ContactCount.objects.filter(debtor=with_one.debtor, count__gt=0).exists()


@pytest.mark.django_db(transaction=True)
def test_two_workers_with_the_same_people_the_other_way_round_neither_wait_for_ever_nor_write_twice(outbox):
    """Each person has a message in either batch, in opposite order; the locks are taken in one."""
    firsts = [queue_reminder(factories.account(), left=()) for _ in range(15)]
    for one in reversed(firsts):
        queue_reminder(factories.account(person=one.debtor, placement=one.account.portfolio, reachable=False), left=())
    start = threading.Barrier(2)

    def work(_number):
        try:
            claims = claim.claim_due(15)
            start.wait(timeout=60)
            return len(prepare(claims))
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(work, range(2))) == 15
    assert not ContactCount.objects.exclude(count=1).exists()
    assert sorted(set(ContactEntry.objects.values_list("debtor", flat=True))) == sorted(
        ContactEntry.objects.values_list("debtor", flat=True)
    )
