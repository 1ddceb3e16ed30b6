"""A wallet saved while paying: listed, used for the next debit without another signature, removed here and there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.test import Client

from common import clock
from common.clock import now
from common.models import ClockShift
from payments.debits import debit_due_instalments
from payments.debtor_plans import first_days
from payments.models import Payment, ProviderEvent
from payments.services import apply_waiting_events, create_link
from payments.tasks import end_mandates
from tests import factories
from tests.pages_debtor.helpers import Debtor
from tests.pages_debtor.test_agreements import HIDDEN
from tests.payments.helpers import tell_the_people
from tests.wallets.receiver import webhook_receiver
from wallets.models import Mandate, PaymentMethod, Provider

pytestmark = pytest.mark.django_db(transaction=True)
# The simulators' names of the call that a fault strikes.
DETACHING = {"stripe": "payment_methods", "paypal": "payment_tokens.delete"}


@dataclass
class Saver:
    """One debtor with dollars owed, one wallet, and what that wallet's simulator shows."""

    key: str
    debtor: Debtor
    control: Any
    receiver: Any
    address: str

    def pay_and_save(self, amount: str = "100.00") -> str:
        """Pay a part with the box ticked; returns the page the payer comes back to."""
        fields = {"choice": "other", "other": amount, "provider": self.key, "request_key": self.debtor.form_key()}
        started = self.debtor.send("pay_start", **fields, remember="on")
        self.approve(started["Location"])
        back = self.debtor.url("pay_return", fields["request_key"])
        assert "has arrived" in self.debtor.client.get(back).content.decode()
        return back

    def approve(self, url: str) -> None:
        if self.key == "stripe":
            self.control.press(f"{self.control.open(url)}/pay", choice="visa")
            return
        self.control.open(url)
        self.control.press(f"/paypal/checkoutnow/{url.rpartition('=')[2]}/pay")

    def is_kept_there(self, token: str) -> bool:
        page = {"stripe": "/stripe/", "paypal": "/paypal/"}[self.key]
        return f"{token}/remove" in httpx.get(f"{self.address}{page}", trust_env=False).text

    def agree(self) -> Any:
        """Two instalments by this wallet, agreed to on our page."""
        first = first_days("Asia/Shanghai")[0].isoformat()
        page = self.debtor.read("mandate_terms", count="3", first=first, wallet=self.key)
        assert "there is nothing more to sign" in page
        fields = dict(HIDDEN.findall(page)) | {"provider": self.key, "agreed": "on"}
        return self.debtor.send("mandate_start", **fields)

    def end_at_the_wallet(self, token: str) -> None:
        action = {"stripe": ("remove", {"id": token}), "paypal": ("unsign", {"token_id": token})}[self.key]
        self.control.user(action[0], **action[1])
        kind = {"stripe": b"payment_method.detached", "paypal": b"VAULT.PAYMENT-TOKEN.DELETED"}[self.key]
        self.receiver.wait_until(lambda: [one for one in self.receiver.calls if kind in one.body], str(kind))
        call = [one for one in self.receiver.calls if kind in one.body][-1]
        headers = {f"HTTP_{name.upper().replace('-', '_')}": text for name, text in call.headers.items()}
        address = f"/webhooks/wallets/{self.key}/"
        answer = Client().generic("POST", address, call.body, content_type="application/json", **headers)
        assert answer.status_code == 200
        apply_waiting_events()

    def move_clock(self, **step: float) -> None:
        ahead = ClockShift.advance(timedelta(**step), sandbox=True)
        self.control.post("clock", offset_seconds=int(ahead.total_seconds()))
        clock.forget()


def saved() -> PaymentMethod:
    return PaymentMethod.objects.get()


@pytest.fixture(params=["stripe", "paypal"])
def saver(request, running_wallet, settings, db):
    running_wallet.control.post("reset")
    settings.SANDBOX, settings.WALLET_SANDBOX_URL = True, running_wallet.base_url
    settings.PUBLIC_URL = "http://testserver"
    key = request.param
    Provider.objects.create(key=key, name=key.title(), status="vetted", currencies=["USD"])
    person = factories.debtor(birth_year="1985")
    account = factories.account(person=person, placement=factories.portfolio(person.creditor), currency="USD")
    link, url = create_link(account)
    control = running_wallet.control.of(key)
    with webhook_receiver() as receiver:
        control.user({"stripe": "endpoint", "paypal": "register"}[key], url=receiver.url)
        made = Saver(
            key,
            Debtor(account, link, url.rstrip("/").rpartition("/")[2], Client()),
            control,
            receiver,
            running_wallet.base_url,
        )
        made.debtor.identify()
        yield made


def test_a_wallet_saved_while_paying_is_listed_and_offered_by_the_persons_own_name(saver):
    saver.pay_and_save()
    method = saved()
    assert method.origin == "payment" and saver.is_kept_there(method.token)
    page = saver.debtor.read("debtor_wallets")
    assert "while paying" in page and method.token not in page
    saver.debtor.send("debtor_wallet_rename", str(method.pk), label="My card")
    assert "Pay with My card" in saver.debtor.read()


def test_a_wallet_is_saved_only_where_the_box_was_ticked(saver):
    key = saver.debtor.form_key()
    saver.approve(saver.debtor.press_pay(provider=saver.key, key=key)["Location"])
    assert "has arrived" in saver.debtor.read("pay_return", key)
    assert not PaymentMethod.objects.exists()


def test_the_next_debit_draws_on_the_saved_wallet_and_nobody_signs_twice(saver):
    saver.pay_and_save()
    started = saver.agree()
    mandate = Mandate.objects.get()
    assert started["Location"] == saver.debtor.url("mandate_page", mandate.reference)
    assert (mandate.state, mandate.payment_method, mandate.provider_reference) == ("active", saved(), saved().token)
    saver.move_clock(days=(mandate.first_debit_on - now().date()).days - 1)
    assert tell_the_people() == 1
    saver.move_clock(days=1, hours=8)
    before = saver.control.debits()
    assert debit_due_instalments().settled == 1
    assert saver.control.debits() == before + 1
    assert Payment.objects.filter(source="debit", state="succeeded").count() == 1
    assert debit_due_instalments().sent == 0


def test_ending_the_agreement_keeps_the_wallet_the_person_saved(saver):
    saver.pay_and_save()
    saver.agree()
    mandate = Mandate.objects.get()
    saver.debtor.send("mandate_end", mandate.reference)
    end_mandates()
    saver.debtor.read("mandate_return", mandate.reference)
    end_mandates()
    mandate.refresh_from_db()
    assert mandate.state == "revoked" and saved().removed_at is None and saver.is_kept_there(saved().token)


def test_removing_a_saved_wallet_ends_what_draws_on_it_and_detaches_it_at_the_provider(saver):
    saver.pay_and_save()
    saver.agree()
    method = saved()
    token = method.token
    saver.debtor.send("debtor_wallet_remove", str(method.pk))
    assert Mandate.objects.get().state == "revoked" and saver.is_kept_there(token)
    end_mandates()
    method = saved()
    assert not saver.is_kept_there(token)
    assert (method.token, method.detach_due_at, method.detach_tries) == ("", None, 1)
    end_mandates()
    assert saved().detach_tries == 1


def test_a_provider_that_is_down_is_told_again_later(saver):
    saver.pay_and_save()
    method = saved()
    token = method.token
    saver.debtor.send("debtor_wallet_remove", str(method.pk))
    fault = DETACHING[saver.key]
    saver.control.fault("http_500", method=fault)
    end_mandates()
    assert saved().token == token and saver.is_kept_there(token)
    end_mandates()
    assert saver.is_kept_there(token)
    saver.move_clock(minutes=2)
    end_mandates()
    assert saved().token == "" and not saver.is_kept_there(token)
    assert "No wallet is linked yet" in saver.debtor.read("debtor_wallets")


def test_a_lost_answer_leaves_no_doubt_for_ever(saver):
    saver.pay_and_save()
    saver.debtor.send("debtor_wallet_remove", str(saved().pk))
    fault = DETACHING[saver.key]
    saver.control.fault("timeout_after_commit", method=fault)
    end_mandates()
    assert saved().token
    saver.move_clock(minutes=2)
    end_mandates()
    assert (saved().token, saved().detach_due_at) == ("", None)


def test_a_wallet_removed_at_the_provider_is_gone_here_with_its_agreement(saver):
    saver.pay_and_save()
    saver.agree()
    saver.end_at_the_wallet(saved().token)
    assert saved().removed_at and saved().token == "" and Mandate.objects.get().state == "revoked"
    assert ProviderEvent.objects.filter(kind="mandate", outcome="applied").exists()


def test_an_agreement_is_signed_by_hand_when_the_saved_wallet_is_gone_unheard(saver):
    saver.pay_and_save()
    token = saved().token
    page = {"stripe": f"/stripe/saved/{token}/remove", "paypal": f"/paypal/merchants/{token}/remove"}[saver.key]
    saver.control.press(page)
    started = saver.agree()
    assert started["Location"].startswith(saver.address)
    assert Mandate.objects.get().state == "pending" and saved().removed_at
