"""Faults a tester orders: each strikes the next matching call or notify of its wallet, as often as ordered."""

from wallets.sandbox.store import Document, Store

CALL_FAULTS = (
    "decline",
    "timeout_before_commit",
    "timeout_after_commit",
    "accept_only",
    "wrong_trade",
    "http_429",
    "http_500",
    "rate_limited",
    "bad_signature",
    "stale_timestamp",
    "garbage",
)
NOTIFY_FAULTS = ("duplicate", "delay", "reorder", "forge", "tamper", "stale", "drop")


class Faults:
    def __init__(self, store: Store, wallet: str) -> None:
        self._store = store
        self._kind = f"{wallet}.fault"

    def order(self, kind: str, *, method: str = "", code: str = "", seconds: int = 0, times: int = 1) -> Document:
        """`method` limits a call fault to one API method; `code` is the code of a decline."""
        if kind not in CALL_FAULTS + NOTIFY_FAULTS:
            raise ValueError(f"unknown fault {kind}")
        number = self._store.next_number("fault")
        fault = {"id": number, "kind": kind, "method": method, "code": code, "seconds": seconds, "left": times}
        return self._store.put(self._kind, str(number), fault)

    def waiting(self) -> list[Document]:
        return self._store.all(self._kind)

    def strike_call(self, method: str) -> Document | None:
        """The fault this call meets, used up once; `None` when it goes well."""
        return self._strike(CALL_FAULTS, method)

    def strike_notify(self) -> Document | None:
        return self._strike(NOTIFY_FAULTS, "")

    def clear(self) -> None:
        for fault in self.waiting():
            self._store.drop(self._kind, str(fault["id"]))

    def _strike(self, kinds: tuple[str, ...], method: str) -> Document | None:
        with self._store.lock:
            for fault in self.waiting():
                if fault["kind"] in kinds and fault["method"] in ("", method):
                    self._use_up(fault)
                    return fault
        return None

    def _use_up(self, fault: Document) -> None:
        left = fault["left"] - 1
        if left:
            self._store.put(self._kind, str(fault["id"]), {**fault, "left": left})
        else:
            self._store.drop(self._kind, str(fault["id"]))
