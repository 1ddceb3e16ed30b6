"""Who owes nothing any more is not debited any more, here and at the wallet, whatever it takes to tell the wallet."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import Account
from common.clock import now
from payments.models import Attempt, Plan
from payments.services.clearing_up import end_needless_agreements
from payments.services.direct import record_direct_payment
from payments.tasks import end_mandates
from tests.pages.conftest import signed_in
from tests.payments.helpers import kinds, open_page, planned_debit, tell_the_people
from wallets.endings import endings_for_a_person
from wallets.models import Mandate
from wallets.services.ending import TRIES_ALONE

pytestmark = pytest.mark.django_db(transaction=True)
UNSIGN = "alipay.user.agreement.unsign"


@pytest.fixture
def plan(account, wallet, alipay) -> Plan:
    return planned_debit(account, wallet)


def mandate_of(account: Account) -> Mandate:
    return Mandate.objects.get(account=account)


def at_the_wallet(wallet) -> str:
    (agreement,) = wallet.control.get("alipay/agreements")["agreements"]
    return agreement["status"]


def paid_directly(account: Account) -> None:
    record_direct_payment(account, account.balance, received_at=now(), external_reference="bank 7")


def test_a_paid_debt_ends_its_agreement_in_the_same_moment_and_then_at_the_wallet(plan, account, wallet):
    paid_directly(account)
    mandate = mandate_of(account)
    assert (mandate.state, mandate.state_reason) == ("revoked", "nothing is owed any more")
    assert at_the_wallet(wallet) == "NORMAL"
    end_mandates()
    assert mandate_of(account).revoke_due_at is None and at_the_wallet(wallet) == "UNSIGN"
    end_mandates()
    assert kinds(account).count("mandate.revoked") == 1


def test_paying_the_rest_by_link_ends_the_agreement_and_what_was_announced(plan, account, wallet):
    wallet.move_clock(hours=10)
    assert tell_the_people() == 1
    started = open_page(account)
    wallet.pay(started.action.url)
    wallet.deliver(2)
    account.refresh_from_db()
    assert (account.status, mandate_of(account).state) == ("paid", "revoked")
    assert set(plan.instalments.values_list("state", flat=True)) <= {"paid", "cancelled"}
    end_mandates()
    assert at_the_wallet(wallet) == "UNSIGN" and wallet.debits() == 1


def test_a_part_payment_leaves_the_agreement_as_it_is(plan, account, wallet):
    started = open_page(account, account.balance_minor - 1)
    wallet.pay(started.action.url)
    wallet.deliver(2)
    end_mandates()
    assert mandate_of(account).state == "active" and at_the_wallet(wallet) == "NORMAL"


def test_a_wallet_that_is_down_is_told_again_and_then_shown_to_a_person(plan, account, wallet):
    wallet.control.fault("http_500", method=UNSIGN, times=4)
    paid_directly(account)
    for _try in range(4):
        end_mandates()
        wallet.move_clock(hours=7)
    assert kinds(account).count("mandate.end_failed") == 1 and at_the_wallet(wallet) == "NORMAL"
    end_mandates()
    assert mandate_of(account).revoke_due_at is None and at_the_wallet(wallet) == "UNSIGN"
    assert kinds(account).count("mandate.end_failed") == 1


def test_an_account_the_creditor_took_back_keeps_neither_plan_nor_agreement(plan, account, wallet):
    Account.objects.filter(pk=account.pk).update(status="recalled")
    end_mandates()
    plan.refresh_from_db()
    assert (mandate_of(account).state, plan.state) == ("revoked", "cancelled")
    assert at_the_wallet(wallet) == "UNSIGN" and not Attempt.objects.exists()
    assert end_needless_agreements() == 0


def test_an_account_that_is_still_owed_is_left_alone(plan, account):
    assert end_needless_agreements() == 0
    assert mandate_of(account).state == "active"


def test_what_the_wallet_does_not_confirm_stands_on_a_list_until_somebody_dealt_with_it(plan, account, wallet, agent):
    paid_directly(account)
    assert not endings_for_a_person(agent).exists()
    Mandate.objects.update(revoke_tries=TRIES_ALONE)
    (waiting,) = endings_for_a_person(agent)
    client = signed_in(agent)
    url = reverse("ending_seen", args=[waiting.reference])
    client.post(url, {"again": "1"})
    assert Mandate.objects.get().revoke_due_at <= now()
    client.post(url, {"reason": "the person showed us their wallet"})
    assert not endings_for_a_person(agent).exists() and "mandate.ending_seen" in kinds(account)
