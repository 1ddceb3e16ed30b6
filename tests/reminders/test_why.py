"""From every message to the decision that let it go or kept it back: on the timeline, in the lists, on its own page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from common.clock import now
from compliance.models import Decision
from reminders.models import Message
from reminders.opt_out import withdraw_consent
from reminders.services import dispatch_due
from tests import factories
from tests.pages.conftest import signed_in
from tests.reminders.test_packs_decide import DENY, enact

pytestmark = pytest.mark.usefixtures("plain_static_files")


def decision_about(message) -> str:
    return reverse("decision_page", args=[Decision.objects.filter(source=f"message:{message.pk}").latest("pk").pk])


def page(user, name, *args) -> str:
    return signed_in(user).get(reverse(name, args=args)).content.decode()


@pytest.fixture
def sent(outbox, queued):
    dispatch_due()
    queued.refresh_from_db()
    assert queued.state == "sent"
    return queued


@pytest.fixture
def kept_back(outbox, queued):
    enact(DENY)
    dispatch_due()
    queued.refresh_from_db()
    assert queued.state == "blocked"
    return queued


@pytest.mark.parametrize("which", ["sent", "kept_back"])
def test_the_timeline_the_lists_and_its_page_lead_to_its_decision(which, request, account, lead):
    message = request.getfixturevalue(which)
    why, own = decision_about(message), reverse("message_page", args=[message.pk])
    of_account = page(lead, "account_page", account.reference)
    assert of_account.count(f'href="{why}"') >= 3  # on the timeline, beside the message, among the decisions
    assert of_account.count(f'href="{own}"') >= 2
    listed = page(lead, "message_list")
    assert f'href="{why}"' in listed and f'href="{own}"' in listed
    assert f'href="{why}"' in page(lead, "message_page", message.pk)


def test_a_message_that_waited_and_was_then_cancelled_keeps_the_decision_that_made_it_wait(outbox, account, queued):
    account.quiet_until = now() + timedelta(hours=5)
    account.save()
    dispatch_due()
    withdraw_consent(account.debtor, channel="*", source="link")
    queued.refresh_from_db()
    assert queued.state == "cancelled"
    assert Decision.objects.get(source=f"message:{queued.pk}").verdict == "defer"


def test_words_that_were_refused_are_the_newest_decision(outbox, account, queued, lead):
    enact({"id": "NO-NAMES", "type": "content", "params": {"must_include": ["a_word_nobody_says"]}})
    dispatch_due()
    queued.refresh_from_db()
    rows = Decision.objects.filter(source=f"message:{queued.pk}").order_by("pk")
    assert [row.verdict for row in rows][-1] == "block" and rows.last().rules == ["NO-NAMES"]
    assert decision_about(queued) in page(lead, "message_page", queued.pk)


def test_one_that_ended_before_its_moment_says_that_nothing_was_decided(ready, account, queued, lead):
    Message.objects.filter(pk=queued.pk).update(state="cancelled", reason="A payment arrived.")
    html = page(lead, "message_page", queued.pk)
    assert "A payment arrived." in html and "No rule was asked" in html


def test_messages_of_before_are_found_by_the_number_they_kept(sent, account, lead):
    decision = Decision.objects.get(source=f"message:{sent.pk}")
    Decision.objects.filter(pk=decision.pk).update(source="")
    why = reverse("decision_page", args=[decision.pk])
    assert f'href="{why}"' in page(lead, "message_list")
    assert f'href="{why}"' in page(lead, "message_page", sent.pk)


def test_a_creditor_reads_no_reasons(kept_back, account):
    bank = factories.user(role="creditor", creditor=account.creditor)
    html = page(bank, "account_page", account.reference)
    assert decision_about(kept_back) not in html and reverse("message_page", args=[kept_back.pk]) not in html
    assert signed_in(bank).get(reverse("message_page", args=[kept_back.pk])).status_code == 403
