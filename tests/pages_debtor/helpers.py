"""What a debtor does on the pages of a link."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.models import Account
from payments.models import PaymentLink

FORM_KEY = re.compile(r'name="request_key" value="([0-9a-f]{32})"')


@dataclass
class Debtor:
    account: Account
    link: PaymentLink
    token: str
    client: Client

    def url(self, name: str, *args: str) -> str:
        return reverse(name, args=[self.token, *args])

    def open(self, name: str = "pay", *args: str, **query: str) -> HttpResponse:
        return self.client.get(self.url(name, *args), query)

    def send(self, name: str, *args: str, **fields: Any) -> HttpResponse:
        return self.client.post(self.url(name, *args), fields)

    def read(self, name: str = "pay", *args: str, **query: str) -> str:
        return self.open(name, *args, **query).content.decode()

    def form_key(self) -> str:
        found = FORM_KEY.search(self.read())
        assert found, "the page has no form"
        return found.group(1)

    def press_pay(self, *, key: str = "", choice: str = "full", other: str = "", provider: str = "alipay"):
        fields = {"choice": choice, "other": other, "provider": provider, "request_key": key or self.form_key()}
        return self.send("pay_start", **fields)

    def identify(self, year: str = "1985", **fields: str) -> HttpResponse:
        return self.send("debtor_identity", birth_year=year, **fields)


def pay_in_wallet(wallet: Any, page: str) -> str:
    """Open the wallet's page and confirm; returns where it sends the payer."""
    return wallet.press(f"{wallet.open(page)}/pay")


def path_of(url: str) -> str:
    return url.removeprefix("http://testserver")
