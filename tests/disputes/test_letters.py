"""What Wang Fang hears about her dispute: never past the gate, and the hold ends only when the answer has arrived."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import Event, Hold
from accounts.services import place_hold
from accounts.work_items import refresh_everything
from common.clock import now
from compliance.models import ContactEntry
from payments.disputes.opening import ask_for_more
from payments.models import DebtDispute
from reminders.dispatch.outcome import end, fall_back
from reminders.disputes.letters import release_answered
from reminders.letters.services import make_batch, mark_posted
from reminders.models import CallTask, Message
from tests.disputes.cast import decided, held, said
from tests.pages.conftest import signed_in
from tests.reminders.conftest import email_of
from tests.reminders.test_conversations import dispatch_all, write

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ready")]


def mails(outbox, account, words: str):
    return [mail for mail in outbox.messages(to=email_of(account)) if words in mail["subject"]]


def test_she_hears_that_we_have_it_with_number_and_day(account, outbox):
    row = said(account)
    dispatch_all()
    (mail,) = mails(outbox, account, "We have your dispute")
    assert row.number in mail["text"]
    assert "the account is on hold" in mail["text"]


def test_the_answer_goes_by_mail_with_the_itemised_statement_and_then_the_hold_ends(account, outbox, lead):
    row = decided(said(account), lead, "rejected", answer="The bank shows no payment in May.")
    assert release_answered() == 0
    dispatch_all()
    (mail,) = mails(outbox, account, "Our answer to your dispute")
    assert "The bank shows no payment in May." in mail["text"]
    assert mail["attachments"][0]["filename"].startswith("statement-")
    assert held(account)
    assert release_answered() == 1
    assert not held(account)
    assert release_answered() == 0
    tags = [tag for tags in ContactEntry.objects.filter(source=f"dispute:{row.pk}").values_list("tags", flat=True)
            for tag in tags]  # fmt: skip
    assert tags == ["dispute_answered", "verification_sent"]


def test_a_letter_counts_when_it_is_posted_and_not_before(account, outbox, lead, agent):
    account.debtor.contact_points.filter(kind="email").delete()
    from tests import factories

    factories.contact_point(account.debtor, kind="address", value="1 Road\nShanghai")
    decided(said(account), lead, "rejected")
    dispatch_all()
    message = Message.objects.get(purpose="dispute_response")
    assert (message.channel, message.state) == ("letter", "sent")
    assert release_answered() == 0
    batch = make_batch(by=lead)
    assert release_answered() == 0
    mark_posted(batch, by=lead)
    assert release_answered() == 1


def test_who_has_only_the_page_is_answered_once_she_has_read_it(known, outbox, lead):
    known.account.debtor.contact_points.all().delete()
    decided(said(known.account), lead, "rejected", answer="No such payment.")
    dispatch_all()
    assert Message.objects.get(purpose="dispute_response").channel == "in_app"
    assert release_answered() == 0
    assert "No such payment." in known.read("debtor_messages")
    assert release_answered() == 1


def test_nobody_who_asked_us_to_stop_is_written_to_and_the_hold_stays(account, outbox, lead):
    place_hold(account, kind="cease", reason="in writing", by=None)
    decided(said(account), lead, "rejected")
    dispatch_all()
    assert not outbox.messages(to=email_of(account))
    assert release_answered() == 0
    assert held(account)
    assert Event.objects.filter(kind="dispute.unreached", account=account).count() == 1
    assert release_answered() == 0
    refresh_everything()
    html = signed_in(lead).get(reverse("work_list")).content.decode()
    assert "the answer to their dispute has not arrived" in html
    assert Event.objects.filter(kind="dispute.unreached", account=account).count() == 1


def test_a_mail_that_comes_back_is_followed_by_the_next_way_with_the_same_words(known, outbox, lead):
    row = decided(said(known.account), lead, "rejected", answer="No such payment.")
    dispatch_all()
    mail = Message.objects.get(purpose="dispute_response")
    end(mail, "bounced", "mailbox_unknown")
    fall_back(mail)
    dispatch_all()
    (second,) = Message.objects.filter(purpose="dispute_response").exclude(pk=mail.pk)
    assert (second.channel, second.facts["dispute"]) == ("in_app", str(row.pk)), "she has no postal address"
    assert "No such payment." in second.body
    assert release_answered() == 0
    assert held(known.account)
    known.read("debtor_messages")
    assert release_answered() == 1


def test_a_question_is_sent_and_stands_on_her_page(known, outbox, agent):
    ask_for_more(said(known.account), text="Which bank did you use?", by=agent, token="q")
    dispatch_all()
    (mail,) = mails(outbox, known.account, "A question about your dispute")
    assert "Which bank did you use?" in mail["text"]
    assert "Which bank did you use?" in known.read("debtor_dispute")


def test_in_chinese_she_hears_it_in_chinese(account, outbox, lead):
    account.debtor.language = "zh-hans"
    account.debtor.save()
    decided(said(account), lead, "upheld", answer="您是对的。")
    dispatch_all()
    (mail,) = mails(outbox, account, "的答复")
    assert "您是对的。" in mail["text"]
    assert "我们已经核查" in mail["text"]


def test_reminders_under_way_are_called_off_and_none_is_planned(account, agent):
    from tests.reminders.conftest import queue_reminder

    queued = queue_reminder(account)
    said(account)
    queued.refresh_from_db()
    assert queued.state == "cancelled"


def test_a_message_that_says_it_is_wrong_opens_one_with_her_words(account):
    write(account, "this is not my debt")
    row = DebtDispute.objects.get()
    assert (row.via, row.reason, row.in_writing) == ("message", "other", True)
    assert row.remarks.get().text == "this is not my debt"
    assert Hold.objects.filter(account=account, kind="dispute").count() == 1
    write(account, "I told you, this is not my debt!")
    assert DebtDispute.objects.count() == 1
    assert row.remarks.count() == 2


def test_a_call_that_ends_with_it_opens_one_in_the_agents_hands(account, agent):
    from reminders.calls.services import end_call

    task = CallTask.objects.create(
        account=account, debtor=account.debtor, purpose="overdue_firm", state="calling", agent=agent, called_at=now(),
        expires_at=now(), not_before=now(),
    )  # fmt: skip
    end_call(task, outcome="dispute", by=agent, note="says the fee is wrong", token="c")
    row = DebtDispute.objects.get()
    assert (row.via, row.opened_by, row.in_writing) == ("phone", agent, False)
    assert row.remarks.get().text == "says the fee is wrong"


def test_what_happened_is_told_on_the_timeline(account, lead):
    decided(said(account), lead, "rejected")
    kinds = set(Event.objects.filter(account=account).values_list("kind", flat=True))
    assert {"dispute.raised", "dispute.remark", "dispute.decided", "hold.placed"} <= kinds
    html = signed_in(lead).get(reverse("account_page", args=[account.reference])).content.decode()
    assert "Dispute opened" in html
    assert "Dispute decided" in html
