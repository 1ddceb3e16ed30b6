"""A real browser on the debtor's pages, against a live server and the simulated wallet."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, Response

from tests.chromium import CHROMIUM, chromium

__all__ = ["CHROMIUM", "SCREENS", "Visitor", "visitor"]

# Language, light, width, and whether scripts run.
SCREENS = [
    ("en", "light", 360, True),
    ("zh-hans", "dark", 390, True),
    ("en", "dark", 1280, False),
    ("zh-hans", "light", 1280, True),
]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@dataclass
class Visitor:
    """One person's phone: the page, what the console said, and every answer it loaded."""

    page: Page
    context: BrowserContext
    complaints: list[str] = field(default_factory=list)
    answers: list[Response] = field(default_factory=list)

    def hear(self, words: str, where: str) -> None:
        """What goes wrong on the wallet's own pages is not ours."""
        if not any(elsewhere in where for elsewhere in ("/alipay/", "/wechat/", "favicon")):
            self.complaints.append(f"{words} ({where})")

    def axe(self) -> list[str]:
        return [rule["id"] for rule in Axe().run(self.page, options={"runOnly": RULES}).response["violations"]]

    def picture(self, name: str) -> None:
        """With PAGE_SHOTS set to a folder, pictures go there."""
        if folder := os.environ.get("PAGE_SHOTS"):
            self.page.screenshot(path=f"{folder}/{name}.png", full_page=True)

    def overflow(self) -> int:
        return int(self.page.evaluate("document.documentElement.scrollWidth - innerWidth"))


@contextmanager
def visitor(
    *,
    width: int = 360,
    height: int = 740,
    scheme: str = "light",
    locale: str = "en-GB",
    scripts: bool = True,
    agent: str | None = None,
) -> Iterator[Visitor]:
    """`agent`: what the browser calls itself."""
    with chromium() as browser:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            locale=locale,
            java_script_enabled=scripts,
            has_touch=True,
            user_agent=agent,
        )
        page = context.new_page()
        seen = Visitor(page, context)
        page.on("console", lambda said: seen.hear(said.text, said.location["url"]) if said.type == "error" else None)
        page.on("pageerror", lambda error: seen.complaints.append(str(error)))
        page.on("response", lambda answer: seen.answers.append(answer))
        yield seen
