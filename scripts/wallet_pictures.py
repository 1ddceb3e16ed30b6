"""Make the pictures of the how-to pages: our pages and the simulated wallets, as a person with a phone sees them.

    python scripts/wallet_pictures.py        # starts a platform of its own; needs Chromium and Pillow

Writes static/img/wallets/<name>.<en|zh>.webp, small enough for a slow line.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from PIL import Image  # noqa: E402
from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402

from tests.journeys.agency import Agency, Owed  # noqa: E402
from tests.journeys.conftest import BROWSERS, FLAGS  # noqa: E402
from tests.journeys.payer import ANDROID, HANDSET, TYPED_PHONE  # noqa: E402
from tests.journeys.stack import Stack  # noqa: E402

FOLDER = ROOT / "static" / "img" / "wallets"
WIDE, HIGH, QUALITY = 360, 640, 60
LANGUAGES = {"en": ("en", "en-GB"), "zh": ("zh-hans", "zh-CN")}


def owed(language: str) -> dict[str, Owed]:
    """One account for each picture of a wallet; nobody is charged twice for a picture."""
    kinds = [
        ("alipay", "CNY", "CN", "1250.00"),
        ("wechat", "CNY", "CN", "1250.00"),
        ("bank_gateway", "CNY", "CN", "1250.00"),
        ("stripe", "EUR", "DE", "125.00"),
        ("paypal", "USD", "US", "125.00"),
        ("mpesa", "KES", "KE", "12500.00"),
        ("usdt_eth", "USD", "HK", "125.00"),
    ]
    return {
        wallet: Owed(
            reference=f"P-{language}-{wallet}", wallet=wallet, currency=currency, country=country, balance=sum_
        )
        for wallet, currency, country, sum_ in kinds
    }


class Camera:
    def __init__(self, agency: Agency, browser: Browser, language: str) -> None:
        self.agency, self.language = agency, language
        code, locale = LANGUAGES[language]
        self.context = browser.new_context(
            viewport={"width": WIDE, "height": HIGH}, is_mobile=True, has_touch=True, locale=locale, user_agent=ANDROID,
            color_scheme="light",
        )  # fmt: skip
        cookie = {"name": "django_language", "value": code, "url": agency.stack.url}
        self.context.add_cookies([cookie])
        self.page = self.context.new_page()
        self.page.set_default_timeout(180_000)

    def shoot(self, name: str, page: Page | None = None, *, at: str = "") -> None:
        page = page or self.page
        page.wait_for_load_state()
        if at:
            page.locator(at).first.scroll_into_view_if_needed()
        picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        file = FOLDER / f"{name}.{self.language}.webp"
        picture.save(file, "WEBP", quality=QUALITY, method=6)
        sys.stdout.write(f"{file.relative_to(ROOT)} {file.stat().st_size} bytes\n")

    def opens(self, account: Owed) -> None:
        self.page.goto(self.agency.link(account))

    def presses(self, wallet: str) -> None:
        self.page.click(f"button[name=provider][value={wallet}]")


def on_the_wallets_page(camera: Camera, account: Owed) -> None:
    camera.presses(account.wallet)
    camera.page.wait_for_selector("form[action$='/pay'] button.primary")
    camera.shoot(account.wallet)


def alipay(camera: Camera, account: Owed) -> None:
    camera.shoot("choose")
    on_the_wallets_page(camera, account)
    camera.page.click("form[action$='/pay'] button.primary")
    camera.page.wait_for_selector(".done-mark")
    camera.shoot("done")


def mpesa(camera: Camera, account: Owed) -> None:
    camera.presses(account.wallet)
    camera.page.fill("input[name=phone]", TYPED_PHONE)
    camera.page.click("main form .btn-primary")
    camera.page.wait_for_url("**/payment/**")
    handset = camera.context.new_page()
    handset.goto(camera.agency.stack.wallet + HANDSET)
    handset.wait_for_selector("input[name=pin]")
    camera.shoot("mpesa", handset)
    handset.close()


def bank(camera: Camera, account: Owed) -> None:
    camera.presses(account.wallet)
    camera.page.wait_for_url("**/payment/**")
    app = camera.context.new_page()
    app.goto(f"{camera.agency.stack.wallet}/bank/")
    app.click("ul.list a >> nth=0")
    app.wait_for_url("**/bank/pay/**")
    camera.shoot("bank", app)
    app.close()


def chain(camera: Camera, account: Owed) -> None:
    camera.presses(account.wallet)
    camera.page.click("a.btn-primary")
    camera.page.wait_for_selector("form[action*='/chain/'] button.primary")
    camera.shoot("chain")


STORIES: dict[str, Callable[[Camera, Owed], None]] = {
    "alipay": alipay,
    "wechat": on_the_wallets_page,
    "stripe": on_the_wallets_page,
    "paypal": on_the_wallets_page,
    "mpesa": mpesa,
    "bank_gateway": bank,
    "usdt_eth": chain,
}


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    folder = Path(tempfile.mkdtemp())
    stack = Stack(folder / "data")
    try:
        agency = Agency(stack)
        accounts = {language: owed(language) for language in LANGUAGES}
        agency.places([one for row in accounts.values() for one in row.values()], folder)
        path = os.environ.get("BROWSER_PATH") or next(one for one in BROWSERS if Path(one).exists())
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
            for language, row in accounts.items():
                for wallet, account in row.items():
                    camera = Camera(agency, browser, language)
                    camera.opens(account)
                    try:
                        STORIES[wallet](camera, account)
                    except Exception as error:
                        sys.stderr.write(f"{wallet}.{language}: {error}\n")
                    camera.context.close()
            browser.close()
    finally:
        stack.stop()


if __name__ == "__main__":
    main()
