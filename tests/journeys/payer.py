"""A debtor with a small phone, and what their thumb does in each wallet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx
import segno
from playwright.sync_api import Browser, Page

from tests.journeys.agency import BORN_IN
from tests.journeys.stack import Stack

# The pages choose what fits the device by its name; a wallet opens differently on a desk.
ANDROID = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0"
    " Mobile Safari/537.36"
)
HANDHELD: Mapping[str, Any] = {
    "viewport": {"width": 360, "height": 780},
    "is_mobile": True,
    "has_touch": True,
    "user_agent": ANDROID,
}
PATIENCE = 180_000
TYPED_PHONE, PHONE = "0712 345 678", "254712345678"
PIN = "1234"
HANDSET = f"/mpesa/phone/{PHONE}/"


class Payer:
    """Opens one link, never signs in."""

    def __init__(self, stack: Stack, browser: Browser, link: str, *, at_a_desk: bool = False) -> None:
        self.stack, self.link = stack, link
        self._phone = browser.new_context(locale="en-GB", **({} if at_a_desk else HANDHELD))
        self.page = self._new_page()

    def leaves(self) -> None:
        self._phone.close()

    def _new_page(self) -> Page:
        page = self._phone.new_page()
        page.set_default_timeout(PATIENCE)
        return page

    @contextmanager
    def beside(self, address: str) -> Iterator[Page]:
        """Another page at the simulator: the wallet's own app, or a second device that scans."""
        page = self._new_page()
        page.goto(self.stack.wallet + address)
        yield page
        page.close()

    def opens(self, path: str = "") -> None:
        """A page of the link. Personal ones ask for the year of birth, and again after a while."""
        self.page.goto(self.link + path)
        if "/identity/" in self.page.url:
            self.page.fill("input[name=birth_year]", BORN_IN)
            self.page.click("main form button")

    def pays_with(self, wallet: str, way: str = "", *, until: str = ".done-mark") -> None:
        self.opens()
        self.page.click(f"button[name=provider][value={wallet}]")
        if way:
            self._chooses(way)
        PAY[wallet](self)
        self.page.wait_for_selector(until)

    def _chooses(self, way: str) -> None:
        self.page.check(f"input[name=choice][value={way}]")

    def looks_at_the_receipt(self) -> str:
        self.page.click("a[href*='/receipt/']")
        self.page.wait_for_url("**/receipt/**")
        return self.page.inner_text("main")

    def agrees_to_instalments_with(self, wallet: str, *, first: str = "", way: str = "") -> str:
        """From the day `first` when it is told; returns the day of the first one."""
        self.opens(f"plan/?wallet={wallet}&first={first}")
        first = self.page.input_value("select[name=first]")
        self.page.click("a[href*='/plan/terms/'] >> nth=0")
        self.page.check("input[name=agreed]")
        self.page.click(f"button[name=provider][value={wallet}]")
        if way:
            self._chooses(way)
        SIGN.get(wallet, _sign_on_the_wallets_page)(self)
        return first

    def sees_the_agreement(self) -> str:
        """The page of the live agreement, wherever the wallet left the person; "" while there is none."""
        self.opens("plan/")
        return self.page.inner_text("main") if "/agreement/" in self.page.url else ""

    def ends_the_agreement_here(self) -> None:
        self.sees_the_agreement()
        self.page.click("form[action$='/end/'] button")

    def ends_it_in_the_wallet(self, wallet: str, way: str = "") -> None:
        """The newest agreement on the wallet's own page; a direct debit where it was given, at the bank."""
        end = "form[action$='/bank'] button" if way else "form:not([action$='/bank']) button"
        kind = "" if way else ":not(:has(form[action$='/bank']))"
        with self.beside(f"/{wallet}/") as app:
            app.click(f"article.card{kind} {end} >> nth=0")
            app.wait_for_load_state()

    def looks_at_the_phone(self) -> str:
        """What the wallet does by itself on its days has been done by then."""
        with self.beside(HANDSET) as handset:
            return handset.inner_text("main")

    def ends_the_order_on_the_phone(self) -> None:
        with self.beside(HANDSET) as handset:
            handset.click("form[action$='/cancel'] button")
            handset.wait_for_selector("text=cancelled")


def _on_the_wallets_page(payer: Payer) -> None:
    payer.page.click("form[action$='/pay'] button.primary")


def _sign_on_the_wallets_page(payer: Payer) -> None:
    payer.page.click("form[action$='/sign'] button.primary")


def _sign_where_it_leads_back(payer: Payer) -> None:
    """From the page of the agreement, because WeChat leads back to where the payer came from."""
    payer.page.wait_for_url("**/agreement/**")
    payer.page.click("main form[action$='/sign/'] .btn-primary")
    _sign_on_the_wallets_page(payer)
    payer.page.wait_for_url("**/agreement/**")


def _sign_on_the_phone(payer: Payer) -> None:
    assert "Not signed" not in payer.page.inner_text("main"), "nobody has been asked yet"
    _ask_on_the_phone(payer, until="a[href$='/return/']")
    with payer.beside(HANDSET) as handset:
        handset.fill("input[name=pin]", PIN)
        handset.click("form[action$='/pay'] button.primary")
        handset.wait_for_selector("article.card")
    payer.page.click("a[href$='/return/']")


def _ask_on_the_phone(payer: Payer, *, until: str) -> None:
    payer.page.fill("input[name=phone]", TYPED_PHONE)
    payer.page.click("main form .btn-primary")
    payer.page.wait_for_selector(until)


def _by_the_prompt(payer: Payer) -> None:
    _ask_on_the_phone(payer, until="text=Confirm on your phone")
    with payer.beside(HANDSET) as handset:
        handset.fill("input[name=pin]", PIN)
        handset.click("form[action$='/pay'] button.primary")
        handset.wait_for_selector(".done")


def _by_scanning(payer: Payer) -> None:
    drawn = payer.page.get_attribute(".code-picture path:last-of-type", "d")
    with payer.beside("/bank/") as scanner:
        scanner.click("ul.list a >> nth=0")
        scanner.wait_for_url("**/bank/pay/**")
        assert drawn in segno.make(scanner.url, error="m").svg_inline(scale=5, border=3), "the code leads elsewhere"
        scanner.click("form[action$='/pay'] button.primary")
        scanner.wait_for_selector(".done")


def _by_sending_coins(payer: Payer) -> None:
    here = payer.page.url
    payer.page.click("a.btn-primary")
    payer.page.click("form[action*='/chain/'] button.primary")
    payer.page.wait_for_selector(".done")
    # The chain goes on: what is sent counts when nobody can take it back.
    url = f"{payer.stack.wallet}/control/chain/user"
    httpx.post(url, json={"action": "finalise"}, timeout=120).raise_for_status()
    payer.page.goto(here)


PAY: Mapping[str, Callable[[Payer], None]] = {
    "alipay": _on_the_wallets_page,
    "wechat": _on_the_wallets_page,
    "stripe": _on_the_wallets_page,
    "paypal": _on_the_wallets_page,
    "mpesa": _by_the_prompt,
    "bank_gateway": _by_scanning,
    "usdt_eth": _by_sending_coins,
    "usdt_tron": _by_sending_coins,
}
SIGN: Mapping[str, Callable[[Payer], None]] = {
    "mpesa_ratiba": _sign_on_the_phone,
    "wechat": _sign_where_it_leads_back,
}
