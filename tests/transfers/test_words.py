"""What the person is told about a transfer that no longer counts or goes back: once, truly, in their language."""

from __future__ import annotations

from datetime import timedelta

import pytest

from common.clock import now
from common.money import Money
from payments.refunds import approve_refund, record_transfer, request_refund
from reminders import lost_notices
from reminders.dispatch.content import compose
from reminders.lost_notices import plan_lost_notices
from reminders.models import Message
from tests import factories
from tests.transfers.cast import confirmed, done, recorded

pytestmark = pytest.mark.django_db(transaction=True)
SAID = {
    "recall": {"en": "your bank has taken back CN¥250.00", "zh-hans": "您的银行已撤回", "zh-hant": "您的銀行已撤回"},
    "unplace": {
        "en": "by our mistake we put a payment of CN¥250.00",
        "zh-hans": "我们误将一笔",
        "zh-hant": "我們誤將一筆",
    },
}
PURPOSES = {"recall": "payment_reversed", "unplace": "payment_misplaced"}


@pytest.fixture
def people(agent, lead):
    return agent, lead


def told(account, purpose):
    account.refresh_from_db()
    return [compose(row, account).text for row in Message.objects.filter(account=account, purpose=purpose)]


@pytest.mark.parametrize("language", ["en", "zh-hans", "zh-hant"])
@pytest.mark.parametrize("action", SAID)
def test_who_is_told_is_told_why(action, language, people):
    account = factories.account(person=factories.debtor(language=language))
    done(confirmed(recorded(25_000, people[0], account=account), people[1]), action, people)
    texts = told(account, PURPOSES[action])
    assert len(texts) == 1 and SAID[action][language] in texts[0]


@pytest.mark.parametrize("action", SAID)
def test_words_that_were_lost_are_planned_again_as_what_they_were(action, account, people, monkeypatch):
    done(confirmed(recorded(25_000, people[0], account=account), people[1]), action, people)
    Message.objects.filter(purpose=PURPOSES[action]).delete()
    moment = now() + timedelta(minutes=3)
    monkeypatch.setattr(lost_notices, "now", lambda: moment)
    for _twice in range(2):
        plan_lost_notices()
    found = Message.objects.filter(purpose__in=PURPOSES.values())
    assert [(row.purpose, row.facts["amount_minor"]) for row in found] == [(PURPOSES[action], 25_000)]


def test_a_transfer_is_thanked_for_once_it_is_confirmed_and_not_before(account, people):
    row = recorded(25_000, people[0], account=account)
    assert told(account, "receipt") == []
    confirmed(row, people[1])
    assert len(told(account, "receipt")) == 1


def test_a_refund_of_a_transfer_is_told_as_made_by_bank(account, people):
    payment = confirmed(recorded(25_000, people[0], account=account), people[1]).payment
    asked = request_refund(
        payment, amount=Money(4_000, "CNY"), purpose="owed_again", way="transfer", reason="too much", by=people[0]
    )
    record_transfer(approve_refund(asked, by=people[1]), by=people[0], reference="OUT-1")
    (text,) = told(account, "refund_done")
    assert "CN¥40.00" in text and "by bank" in text
