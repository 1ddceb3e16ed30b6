"""One Chromium for all browser tests of a process: starting one takes longer than most of what is looked at in it."""

from __future__ import annotations

import asyncio
import atexit
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from playwright.sync_api import Browser, Error, Playwright, sync_playwright

CHROMIUM = shutil.which("chromium")
# Root cannot have Chromium's own sandbox, and its background requests have nowhere to go.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

_running: list[tuple[Playwright, Browser, asyncio.AbstractEventLoop]] = []


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser, started when it is first wanted. Whatever was opened in it is closed afterwards."""
    if _running and not _running[0][1].is_connected():
        stop()
    if not _running:
        playwright = sync_playwright().start()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        _running.append((playwright, browser, asyncio.get_running_loop()))
    _playwright, browser, loop = _running[0]
    # Playwright's loop counts as running from its start to its end; to the tests in between there is none.
    asyncio._set_running_loop(loop)
    try:
        yield browser
    finally:
        with suppress(Error):
            for context in browser.contexts:
                context.close()
        asyncio._set_running_loop(None)


@atexit.register
def stop() -> None:
    for playwright, browser, loop in _running:
        asyncio._set_running_loop(loop)
        with suppress(Error):
            browser.close()
        with suppress(Error):
            playwright.stop()
        asyncio._set_running_loop(None)
    _running.clear()
