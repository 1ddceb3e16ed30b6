"""The living page and the sign-in page in a real browser: accessible, no sideways scrolling, nothing refused."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.chromium import CHROMIUM, chromium

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.common.design_urls"),
]


@pytest.fixture
def sandbox(settings):
    settings.SANDBOX = True


def look(url: str, *, width: int, scheme: str, locale: str) -> dict:
    """What a visitor with this screen and language meets: violations, overflow in pixels, console errors."""
    complaints: list[str] = []
    with chromium() as browser:
        view = {"width": width, "height": 800}
        page = browser.new_context(viewport=view, color_scheme=scheme, locale=locale).new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(url, wait_until="networkidle")
        violations = Axe().run(page, options={"runOnly": RULES}).response["violations"]
        overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        theme = page.evaluate("document.documentElement.dataset.bsTheme")
    noise = [text for text in complaints if "404" not in text]
    return {"axe": [rule["id"] for rule in violations], "overflow": max(overflow, 0), "console": noise, "theme": theme}


@pytest.mark.parametrize(
    ("width", "scheme", "locale"), [(360, "light", "en-GB"), (1280, "dark", "zh-CN")], ids=["phone", "desktop"]
)
@pytest.mark.parametrize("path", ["/styleguide/", "/accounts/login/"])
def test_a_page_is_accessible_and_fits(live_server, sandbox, path, width, scheme, locale):
    seen = look(live_server.url + path, width=width, scheme=scheme, locale=locale)
    assert seen == {"axe": [], "overflow": 0, "console": [], "theme": scheme}
