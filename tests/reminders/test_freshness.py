"""What was looked at before a message leaves is looked at again when its turn comes late."""

from __future__ import annotations

from common.http import done
from compliance.models import ContactCount, ContactEntry
from reminders.channels.transport import run_all
from reminders.dispatch import run
from reminders.models import Message
from reminders.services import dispatch_due, withdraw_consent
from tests import factories
from tests.reminders.conftest import queue_reminder


def test_a_refusal_counts_while_a_batch_waits_for_a_slow_provider(outbox, monkeypatch):
    liu, wang = (queue_reminder(factories.account(), left=()) for _ in range(2))
    with monkeypatch.context() as late:
        late.setattr(run, "FRESH_SECONDS", -1)
        assert dispatch_due().handed_over == 0
    rows = Message.objects.order_by("pk").values_list("state", "attempts", "reason")
    assert set(rows) == {("due", 0, "It waited too long for its turn and is looked at again.")}
    assert not ContactCount.objects.filter(count__gt=0).exists()
    assert set(ContactEntry.objects.values_list("state", flat=True)) == {"released"}

    withdraw_consent(liu.debtor, channel=liu.channel, source="debtor", evidence={})
    assert dispatch_due().handed_over == 1
    liu.refresh_from_db(), wang.refresh_from_db()
    assert (liu.state, wang.state) == ("cancelled", "sent") or (liu.state, wang.state) == ("blocked", "sent")


def test_no_more_messages_are_written_than_can_soon_be_sent():
    written: list[int] = []

    def operations():
        for number in range(100):
            written.append(number)
            yield number, done("sent")

    results = run_all(operations(), at_once=3)
    for taken in range(1, 101):
        next(results)
        assert len(written) <= taken + 2 * 3
    assert len(written) == 100
