"""Status callbacks after a message was taken: signed, in order, and disturbed on request."""

import heapq
import ipaddress
import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

import httpx

from reminders.sandbox.faults import Faults
from reminders.sandbox.store import Store
from reminders.sandbox.twilio_answers import failure_of_number
from reminders.sandbox.twilio_signing import sign

STEP = 0.05  # seconds between one status and the next
TIMEOUT = 15.0


@dataclass(order=True)
class Due:
    at: float
    number: int
    ref: str = field(compare=False)
    status: str = field(compare=False)
    code: str = field(compare=False, default="")


class Receipts:
    """One thread works off a heap of callbacks that are due."""

    def __init__(
        self, store: Store, *, account_sid: str, auth_token: str, now: Callable[[], datetime], step: float = STEP
    ) -> None:
        self.store = store
        self.account_sid = account_sid
        self.auth_token = auth_token
        self.now = now
        self.step = step
        self._heap: list[Due] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._stopping = False
        self._client = httpx.Client(timeout=TIMEOUT, trust_env=False)
        self._thread = threading.Thread(target=self._work, name="receipts", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join(timeout=5)
        self._client.close()

    def plan(self, ref: str, *, to: str, controls: Faults) -> None:
        code = failure_of_number(to) or (controls.receipt_code if controls.receipts == "undelivered" else "")
        steps = [("sent", ""), ("undelivered", code) if code else ("delivered", "")]
        for after, (status, error_code) in _disturbed(steps, controls, self.step):
            self.push(ref, status=status, code=error_code, after=after)

    def push(self, ref: str, *, status: str, code: str = "", after: float = 0) -> None:
        with self._changed:
            heapq.heappush(self._heap, Due(time.monotonic() + after, next(self._numbers), ref, status, code))
            self._changed.notify()

    def _work(self) -> None:
        while (due := self._next()) is not None:
            self._deliver(due)

    def _next(self) -> Due | None:
        with self._changed:
            while not self._stopping:
                wait = self._heap[0].at - time.monotonic() if self._heap else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._heap)
                self._changed.wait(wait)
            return None

    def _deliver(self, due: Due) -> None:
        row = self.store.message(due.ref)
        if row is None:
            return
        at = self.now().isoformat(timespec="seconds")
        if row["status"] not in ("delivered", "undelivered", "failed"):
            self.store.set_status(due.ref, status=due.status, error_code=due.code, sent_at=at)
        if not row["callback_url"]:
            return
        fields = self._fields(due, to=row["recipient"], from_=row["sender"])
        answer = self.post(row["callback_url"], fields)
        self.store.add_receipt(due.ref, status=due.status, answer=answer, at=at)

    def _fields(self, due: Due, *, to: str, from_: str) -> dict[str, str]:
        fields = {
            "AccountSid": self.account_sid,
            "ApiVersion": "2010-04-01",
            "From": from_,
            "To": to,
            "MessageSid": due.ref,
            "SmsSid": due.ref,
            "MessageStatus": due.status,
            "SmsStatus": due.status,
        }
        return {**fields, "ErrorCode": due.code} if due.code else fields

    def post(self, url: str, fields: dict[str, str]) -> str:
        """Posts signed fields; answers the status or why there was none. Only this machine is ever called."""
        if not is_loopback(url):
            return "not called: not an address of this machine"
        headers = {"X-Twilio-Signature": sign(url, fields, auth_token=self.auth_token)}
        try:
            return str(self._client.post(url.split("#", 1)[0], data=fields, headers=headers).status_code)
        except httpx.HTTPError as problem:
            return type(problem).__name__


def _disturbed(steps: list[tuple[str, str]], controls: Faults, step: float) -> list[tuple[float, tuple[str, str]]]:
    """When each status is told: (seconds from now, status)."""
    if controls.receipts == "silent":
        return []
    first = controls.late_seconds if controls.receipts == "late" else step
    ordered = steps[::-1] if controls.receipts == "out_of_order" else steps
    told = [status for status in ordered for _ in range(2 if controls.receipts == "duplicate" else 1)]
    return [(first + index * step, status) for index, status in enumerate(told)]


def is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
