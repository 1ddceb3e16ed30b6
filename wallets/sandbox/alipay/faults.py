"""Faults a tester orders: each strikes the next matching call or notify, as often as ordered."""

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
    "garbage",
)
NOTIFY_FAULTS = ("duplicate", "delay", "reorder", "forge", "tamper", "drop")


def order(store: Store, kind: str, *, method: str = "", code: str = "", seconds: int = 0, times: int = 1) -> Document:
    """`method` limits a call fault to one API method; `code` is the sub_code of a decline."""
    if kind not in CALL_FAULTS + NOTIFY_FAULTS:
        raise ValueError(f"unknown fault {kind}")
    number = store.next_number("fault")
    fault = {"id": number, "kind": kind, "method": method, "code": code, "seconds": seconds, "left": times}
    return store.put("alipay.fault", str(number), fault)


def strike_call(store: Store, method: str) -> Document | None:
    return _strike(store, CALL_FAULTS, method)


def strike_notify(store: Store) -> Document | None:
    return _strike(store, NOTIFY_FAULTS, "")


def clear(store: Store) -> None:
    for fault in store.all("alipay.fault"):
        store.drop("alipay.fault", str(fault["id"]))


def _strike(store: Store, kinds: tuple[str, ...], method: str) -> Document | None:
    with store.lock:
        for fault in store.all("alipay.fault"):
            if fault["kind"] in kinds and fault["method"] in ("", method):
                _use_up(store, fault)
                return fault
    return None


def _use_up(store: Store, fault: Document) -> None:
    left = fault["left"] - 1
    if left:
        store.put("alipay.fault", str(fault["id"]), {**fault, "left": left})
    else:
        store.drop("alipay.fault", str(fault["id"]))
