"""Looking at pages in a real browser: accessible, silent, and no wider than the screen, at every size and light."""

from __future__ import annotations

import os
from collections.abc import Mapping

from axe_playwright_python.sync_playwright import Axe

from tests.pages.test_browser import RULES

SCREENS = [(390, 844, "light"), (390, 844, "dark"), (1280, 800, "light"), (1280, 800, "dark")]


def complaints_about(addresses: Mapping[str, str], *, user, open_page, url: str, screens=SCREENS) -> list[str]:
    """What is wrong with these pages in the user's language. With PAGE_SHOTS set to a folder, pictures go there."""
    complaints: list[str] = []

    def heard(message) -> None:
        complaints.extend([message.text] if message.type == "error" else [])

    for width, height, scheme in screens:
        page = open_page(user, width=width, height=height, scheme=scheme)
        page.on("console", heard)
        page.context.add_cookies([{"name": "django_language", "value": user.language, "url": url}])
        for name, address in addresses.items():
            page.goto(url + address, wait_until="networkidle")
            violations = Axe().run(page, options={"runOnly": RULES}).response["violations"]
            complaints += [f"{name} {width} {scheme}: {rule['id']}" for rule in violations]
            wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            complaints += [f"{name}: {wider} px wider than the screen"] if wider > 0 else []
            if folder := os.environ.get("PAGE_SHOTS"):
                page.screenshot(path=f"{folder}/{name}-{width}-{scheme}-{user.language}.png", full_page=True)
    return complaints
