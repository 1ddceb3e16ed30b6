"""The people of the journeys: staff at a desk and a debtor with a phone."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.journeys.stack import Stack, totp


class Staff:
    """Signs in for the first time with a password from the command line and sets up the second factor."""

    email, name, role = "alice@agency.example", "Alice Wanjiru", "agent"

    def __init__(self, stack: Stack, browser: Browser) -> None:
        self.stack = stack
        told = stack.manage("create_user", self.email, "--role", self.role, "--name", self.name)
        self.password = told.strip().rsplit(" ", 1)[-1]
        self.page: Page = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 900}).new_page()
        self.page.set_default_timeout(180_000)

    def goes_to(self, path: str) -> None:
        self.page.goto(self.stack.url + path)

    def signs_in(self) -> None:
        page = self.page
        self.goes_to("/accounts/login/")
        page.fill("input[name=login]", self.email)
        page.fill("input[name=password]", self.password)
        page.press("input[name=password]", "Enter")
        page.wait_for_url("**/2fa/totp/activate/**")
        secret = page.input_value("#authenticator_secret")
        page.fill("input[name=code]", totp(secret))
        page.press("input[name=code]", "Enter")
        page.wait_for_url("**/2fa/recovery-codes/**")

    def looks_at_the_account(self, reference: str) -> str:
        self.goes_to(f"/accounts-of/{reference}/")
        return self.page.inner_text("main")


class Administrator(Staff):
    email, name, role = "amina@agency.example", "Amina Njoroge", "admin"

    def imports(self, file: Path, *, creditor: str) -> None:
        page = self.page
        self.goes_to("/imports/new/")
        page.select_option("select[name=creditor]", label=creditor)
        page.set_input_files("input[name=file]", str(file))
        page.click("main form .btn-primary")
        page.wait_for_url("**/columns/")
        page.click("main form .btn-primary")
        page.wait_for_url("**/check/")
        page.click("form[action$='/start/'] .btn-primary", timeout=600_000)
        page.wait_for_selector("#import-part .notice-good", timeout=600_000)

    def moves_the_clock(self, step: str) -> None:
        self.goes_to("/dashboard/")
        self.page.click(f"button[name=step][value={step}]")
        self.page.wait_for_load_state()

    def looks_up(self, words: str) -> str:
        self.goes_to(f"/search/?q={words}")
        return self.page.inner_text("main")


class Debtor:
    """Opens a link from a message on a small phone; never signs in."""

    def __init__(self, stack: Stack, browser: Browser) -> None:
        self.stack = stack
        context = browser.new_context(locale="en-GB", viewport={"width": 360, "height": 740}, has_touch=True)
        self.page: Page = context.new_page()
        self.page.set_default_timeout(180_000)

    def opens(self, link: str) -> None:
        self.page.goto(link)

    def pays_everything(self) -> None:
        """Two taps here, one in the wallet."""
        self.page.click("button[name=provider][value=alipay]")
        self.page.click("form[action$='/pay'] button")
        self.page.wait_for_selector(".done-mark", timeout=300_000)

    def agrees_to_pay_in_parts(self, link: str, *, born_in: str) -> None:
        page = self.page
        page.goto(link + "plan/?wallet=alipay")
        if "/identity/" in page.url:
            page.fill("input[name=birth_year]", born_in)
            page.click("main form button")
        page.click("a[href*='/plan/terms/'] >> nth=0")
        page.check("input[name=agreed]")
        page.click("button[name=provider][value=alipay]")
        page.click("form[action$='/sign'] button")
        page.wait_for_url("**/agreement/**")
