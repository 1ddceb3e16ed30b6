"""Delivers notifies in the background until the receiver says so, on a schedule squeezed from hours to seconds."""

import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from wallets.sandbox.store import Document, Store

# The real Alipay waits 4m, 10m, 10m, 1h, 2h, 6h, 15h between its eight deliveries.
SECONDS_BETWEEN = (1, 2, 5, 10, 20, 40, 80)
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
TIMEOUT_SECONDS = 5
TICK_SECONDS = 0.05
REORDER_SECONDS = 5

FORM = "application/x-www-form-urlencoded; charset=utf-8"


def any_success(status: int, answer: str) -> bool:
    return 200 <= status < 300


@dataclass(frozen=True)
class Delivery:
    """The bytes of one delivery; `accepted` says whether the receiver's status and answer end the deliveries."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": FORM})
    accepted: Callable[[int, str], bool] = any_success


def form_delivery(fields: Mapping[str, str], accepted: Callable[[int, str], bool] = any_success) -> Delivery:
    return Delivery(urlencode(fields).encode(), accepted=accepted)


Prepare = Callable[[Document], Delivery]


class Notifier:
    """Each wallet's `prepare` makes one signed delivery of a stored notify. Targets outside `hosts` are refused."""

    def __init__(self, store: Store, *, hosts: frozenset[str] = LOOPBACK) -> None:
        self._store = store
        self._hosts = hosts
        self._prepare: dict[str, Prepare] = {}
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect())
        self._thread = threading.Thread(target=self._loop, name="notifier", daemon=True)

    def start(self, prepare: dict[str, Prepare]) -> None:
        self._prepare = prepare
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._wake.set()
        self._thread.join(timeout=TIMEOUT_SECONDS + 1)

    def enqueue(self, name: str, url: str, fields: Document, *, wallet: str, fault: Document | None = None) -> None:
        """`fields` is anything JSON can hold; `fault` is what `Faults.strike_notify` gave."""
        kind, seconds = (fault["kind"], fault["seconds"]) if fault else ("", 0)
        if not url or kind == "drop":
            return
        wait = {"delay": seconds, "reorder": REORDER_SECONDS}.get(kind, 0)
        notify = {"id": name, "wallet": wallet, "url": url, "fields": fields, "fault": kind, "tries": 0}
        self._keep({**notify, "state": "waiting", "due": time.time() + wait, "answers": []})

    def resend(self, name: str) -> bool:
        notify = self._store.get("notify", name)
        if notify is None:
            return False
        self._keep({**notify, "state": "waiting", "due": 0, "tries": 0, "fault": ""})
        return True

    def _keep(self, notify: Document) -> None:
        """Store it; only what waits is in the short list that the loop reads."""
        with self._store.lock:
            self._store.put("notify", notify["id"], notify)
            if notify["state"] == "waiting":
                self._store.put("notify.waiting", notify["id"], {"id": notify["id"]})
            else:
                self._store.drop("notify.waiting", notify["id"])
        self._wake.set()

    def _loop(self) -> None:
        while not self._stop.is_set():
            self._wake.wait(TICK_SECONDS if self._waiting() else None)
            self._wake.clear()
            for notify in sorted(self._waiting(), key=lambda waiting: waiting["due"]):
                if notify["due"] <= time.time() and not self._stop.is_set():
                    self._deliver(notify)

    def _waiting(self) -> list[Document]:
        names = [waiting["id"] for waiting in self._store.all("notify.waiting")]
        return [notify for name in names if (notify := self._store.get("notify", name))]

    def _deliver(self, notify: Document) -> None:
        accepted, answer = self._post(notify)
        notify["tries"] += 1
        notify["answers"].append(answer)
        if notify["fault"] == "duplicate":
            notify["answers"].append(self._post(notify)[1])
        final = accepted or answer.startswith("refused") or notify["tries"] > len(SECONDS_BETWEEN)
        notify["state"] = ("delivered" if accepted else "given up") if final else "waiting"
        if not final:
            notify["due"] = time.time() + SECONDS_BETWEEN[notify["tries"] - 1]
        self._keep(notify)
        self._release_reordered(notify)

    def _release_reordered(self, delivered: Document) -> None:
        """A notify held back for reordering leaves as soon as a younger one has gone before it."""
        for notify in self._waiting():
            if notify["fault"] == "reorder" and notify["id"] != delivered["id"] and notify["tries"] == 0:
                self._keep({**notify, "due": 0})

    def _post(self, notify: Document) -> tuple[bool, str]:
        """Whether the receiver took it, and what it said."""
        if urlsplit(notify["url"]).hostname not in self._hosts or not notify["url"].startswith(("http://", "https://")):
            return False, "refused: not an address of this sandbox"
        if notify["wallet"] not in self._prepare:
            return False, "refused: no such wallet"
        delivery = self._prepare[notify["wallet"]](notify)
        request = urllib.request.Request(  # noqa: S310 - scheme and host checked above
            notify["url"], delivery.body, dict(delivery.headers)
        )
        try:
            with self._opener.open(request, timeout=TIMEOUT_SECONDS) as response:
                answer = response.read(200).decode("utf-8", "replace")
                return delivery.accepted(response.status, answer), answer or f"status {response.status}"
        except urllib.error.HTTPError as error:
            return False, f"status {error.code}"
        except OSError as error:
            return False, f"failed: {type(error).__name__}"


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: object, **kwargs: object) -> None:
        return None
