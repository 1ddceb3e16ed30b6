from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.journeys.stack import Stack

BROWSERS = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
# Root cannot have Chromium's own sandbox, and its background requests have nowhere to go.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    # The embedded servers give up root; a folder of pytest's is open to root alone.
    made = Stack(tmp_path_factory.mktemp("journey") / "data")
    yield made
    assert made.stop() == 0


@pytest.fixture(scope="module")
def browser():
    path = os.environ.get("BROWSER_PATH") or next((one for one in BROWSERS if Path(one).exists()), "")
    if not path:
        pytest.skip("no Chromium on this machine: install it, or name one in BROWSER_PATH")
    from playwright.sync_api import sync_playwright

    # Playwright's loop makes Django believe it is asynchronous; these tests touch no database themselves.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield opened
        opened.close()
