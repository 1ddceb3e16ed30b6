"""The simulators' own clock: real time plus an offset that the control API moves."""

from datetime import UTC, datetime, timedelta

from wallets.sandbox.store import Store


class SandboxClock:
    def __init__(self, store: Store) -> None:
        self._store = store

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset()

    def offset(self) -> timedelta:
        return timedelta(seconds=(self._store.get("clock", "offset") or {"seconds": 0})["seconds"])

    def set_offset(self, seconds: int) -> None:
        self._store.put("clock", "offset", {"seconds": seconds})

    def set_instant(self, moment: datetime) -> None:
        self.set_offset(round((moment - datetime.now(UTC)).total_seconds()))
