"""A price source for the simulated coin, shaped like the public one the product asks by default."""

from wallets.sandbox.clock import SandboxClock
from wallets.sandbox.faults import Faults
from wallets.sandbox.store import Store
from wallets.sandbox.web import Request, Response

# Text, so that no binary fraction creeps in on the way to the wire.
PRICES = {
    "usd": "1.0004", "eur": "0.8612", "gbp": "0.7538", "hkd": "7.7815", "twd": "31.42", "cny": "7.1049", "kes": "129.3",
}  # fmt: skip
OLD_SECONDS = 86_400


class Rates:
    def __init__(self, store: Store, clock: SandboxClock, faults: Faults) -> None:
        self._store, self._clock, self._faults = store, clock, faults

    def serve(self, request: Request) -> Response:
        kind = (self._faults.strike_call("rates") or {"kind": ""})["kind"]
        if kind in ("http_500", "http_429", "rate_limited", "decline"):
            return Response(b"", 500 if kind == "http_500" else 429)
        if kind == "garbage":
            return Response(b'{"tether": ', 200, "application/json")
        if kind.startswith("timeout"):
            request.hang_up()
        at = int(self._clock.now().timestamp()) - (OLD_SECONDS if kind == "stale_timestamp" else 0)
        fallen = (self._store.get("chain.setting", "peg_lost") or {}).get("on")
        prices = PRICES | ({"usd": "0.91"} if fallen else {})
        wanted = [name for name in request.query.get("vs_currencies", "").split(",") if name in prices]
        fields = "".join(f'"{name}": {prices[name]}, ' for name in wanted)
        return Response(f'{{"tether": {{{fields}"last_updated_at": {at}}}}}'.encode(), 200, "application/json")
