"""A debtor who saved a wallet while paying, at a simulated Stripe or PayPal, and what they do with it later."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.test import Client

from payments.services import create_link
from tests import factories
from tests.pages_debtor.helpers import Debtor
from wallets.models import PaymentMethod, Provider

# The simulators' names of the call that takes the money.
CHARGING = {"stripe": "payment_intents", "paypal": "orders.create"}
SAVED_BUTTON = re.compile(r'name="method" value="([0-9a-f-]{36})"')


@dataclass
class Cardholder:
    key: str
    debtor: Debtor
    control: Any

    def save(self, amount: str = "100.00", choice: str = "visa") -> PaymentMethod:
        """Pay a part on the wallet's page with the box ticked, and come back."""
        key = self.debtor.form_key()
        fields = {"choice": "other", "other": amount, "provider": self.key, "request_key": key}
        url = self.debtor.send("pay_start", **fields, remember="on")["Location"]
        self.pay_on_page(url, choice)
        assert "has arrived" in self.debtor.read("pay_return", key)
        return PaymentMethod.objects.latest("created_at")

    def pay_on_page(self, url: str, choice: str = "visa") -> None:
        if self.key == "stripe":
            self.control.press(f"{self.control.open(url)}/pay", choice=choice)
            return
        self.control.open(url)
        self.control.press(f"/paypal/checkoutnow/{url.rpartition('=')[2]}/pay")

    def tap(self, method: PaymentMethod, *, key: str = "", client: Client | None = None, **fields: str) -> Any:
        """Press the button of a saved wallet."""
        content = {"choice": "full", "method": str(method.pk), "request_key": key or self.debtor.form_key(), **fields}
        return (client or self.debtor.client).post(self.debtor.url("pay_saved"), content)

    def says(self, key: str) -> str:
        return self.debtor.read("pay_return", key)

    def taken(self) -> int:
        return self.control.debits()


def cardholder(running_wallet: Any, settings: Any, key: str) -> Cardholder:
    running_wallet.control.post("reset")
    settings.SANDBOX, settings.WALLET_SANDBOX_URL = True, running_wallet.base_url
    settings.PUBLIC_URL = "http://testserver"
    Provider.objects.create(key=key, name=key.title(), status="vetted", currencies=["USD"])
    person = factories.debtor(birth_year="1985", country="US")
    account = factories.account(person=person, placement=factories.portfolio(person.creditor), currency="USD")
    link, url = create_link(account)
    made = Cardholder(
        key, Debtor(account, link, url.rstrip("/").rpartition("/")[2], Client()), running_wallet.control.of(key)
    )
    made.debtor.identify()
    return made
