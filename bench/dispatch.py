"""Reminders through the real SMS adapter to Twilio's wire-level sandbox, against a bare pooled client.

The sandbox has a process and, where there are two, a core of its own. Each message is claimed, decided under its
person's lock, written, handed over and settled by `dispatch_due`, as a worker does; the bare client is as many threads
of one pooled `httpx` client, posting the same bytes to the same place. Wall-clock time of both, in turn.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import urlencode

import httpx
from django.test.utils import override_settings

from bench.message_sandbox import message_sandbox
from bench.people import accounts_of, queue_reminders, working_day
from bench.result import Result
from bench.wallets import CLIENT_CORE, Times, _core
from reminders.channels.registry import channel
from reminders.models import Message
from reminders.sandbox.testing import TEST_ACCOUNT
from reminders.services import dispatch_due

MESSAGES = 2_000
ROUNDS = 2
SENDER = "+15005550006"
LIMIT = "bare pooled httpx client posting the same bytes with as many threads"
# Callbacks would go to an address of this machine only.
ELSEWHERE = "https://bench.example"


def run(scale: float = 1.0) -> Result:
    number = max(200, int(MESSAGES * scale)) // ROUNDS
    working_day()
    with message_sandbox() as url, _pointed_at(url), _core(CLIENT_CORE):
        at_once = channel("sms").config.at_once
        _send(50)  # warms up both sides
        ours, theirs = Times(), Times()
        for _ in range(ROUNDS):
            accounts = accounts_of(number)
            queue_reminders(accounts)
            with ours.running():
                sent = _until_nothing_is_due()
            _all_went_out(accounts, sent)
            bodies = _same_bytes(accounts)
            with theirs.running():
                _post(url, bodies, at_once)
    total = number * ROUNDS
    notes = {
        "at_once": at_once,
        "cpu_ms_per_message": round(ours.cpu / total * 1e3, 2),
        "cpu_ms_per_message_bare": round(theirs.cpu / total * 1e3, 2),
    }
    return Result("dispatch", total, ours.wall, LIMIT, total / theirs.wall, notes=notes)


def _send(number: int) -> None:
    queue_reminders(accounts_of(number))
    _until_nothing_is_due()


def _until_nothing_is_due() -> int:
    sent = 0
    while (counts := dispatch_due()).claimed:
        sent += counts.handed_over
    return sent


def _all_went_out(accounts: list[int], sent: int) -> None:
    rows = Message.objects.filter(account__in=accounts).order_by("state")
    found = {(row.state, row.reason) for row in rows.only("state", "reason")}
    if found != {("sent", "")} or sent != len(accounts):
        raise RuntimeError(f"Not every message went out: {sent} of {len(accounts)}, {found}")


def _same_bytes(accounts: list[int]) -> list[bytes]:
    rows = Message.objects.filter(account__in=accounts).select_related("contact_point")
    return [
        urlencode({
            "To": row.contact_point.value, "Body": row.body, "From": SENDER,
            "StatusCallback": f"{ELSEWHERE}/webhooks/sms/status/?message={row.pk}#rc=3&rp=all",
        }).encode()
        for row in rows
    ]  # fmt: skip


def _post(url: str, bodies: list[bytes], at_once: int) -> None:
    address = f"{url}/2010-04-01/Accounts/{TEST_ACCOUNT.sid}/Messages.json"
    login = b64encode(f"{TEST_ACCOUNT.sid}:{TEST_ACCOUNT.auth_token}".encode()).decode()
    headers = {"Authorization": f"Basic {login}", "Content-Type": "application/x-www-form-urlencoded"}
    limits = httpx.Limits(max_connections=at_once, max_keepalive_connections=at_once)
    with httpx.Client(trust_env=False, limits=limits, timeout=30) as client, ThreadPoolExecutor(at_once) as pool:
        answers = pool.map(lambda body: client.post(address, content=body, headers=headers).status_code, bodies)
        if set(answers) != {201}:
            raise RuntimeError("The bare client was refused.")


@contextmanager
def _pointed_at(url: str) -> Iterator[None]:
    with override_settings(
        TWILIO_BASE_URL=url,
        TWILIO_ACCOUNT_SID=TEST_ACCOUNT.sid,
        TWILIO_AUTH_TOKEN=TEST_ACCOUNT.auth_token,
        TWILIO_FROM=SENDER,
        PUBLIC_URL=ELSEWHERE,
    ):
        channel.cache_clear()
        try:
            yield
        finally:
            channel.cache_clear()
