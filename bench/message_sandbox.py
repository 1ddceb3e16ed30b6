"""Twilio's wire-level sandbox in a process of its own, on a core of its own where there are two.

Apart from the job that asks it: a process that is spawned reads this module before Django is set up.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

WAIT_SECONDS = 120


@contextmanager
def message_sandbox() -> Iterator[str]:
    """Its address."""
    from django.db import connection

    connection.close()
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    try:
        if not ours.poll(WAIT_SECONDS):
            raise RuntimeError("The message sandbox did not start; the reason is above.")
        yield ours.recv()
    finally:
        process.terminate()
        process.join()


def _serve(parent: Connection) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "collections_platform.settings")
    import django

    django.setup()
    from bench.wallets import WALLET_CORE, _core
    from common.clock import real_now
    from reminders.sandbox.server import MessageSandbox, SandboxSettings
    from reminders.sandbox.testing import TEST_ACCOUNT, free_port

    with _core(WALLET_CORE):
        sandbox = MessageSandbox(
            SandboxSettings(
                account=TEST_ACCOUNT, inbound_url="http://127.0.0.1:9/", now=real_now, smtp_port=free_port()
            )
        )
        sandbox.start()
        parent.send(sandbox.url)
        while True:
            time.sleep(60)
