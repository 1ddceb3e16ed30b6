"""What somebody with coins can do on either chain, rightly and wrongly; the wallet page and the control API use it."""

import re
from collections.abc import Callable

from wallets.sandbox.chain.evm import FINALITY, Evm
from wallets.sandbox.chain.tokens import COIN, SMALLER_UNITS
from wallets.sandbox.chain.tron import TronGrid
from wallets.sandbox.clock import SandboxClock
from wallets.sandbox.simulator import Refused
from wallets.sandbox.store import Document, Store

# A late payer sends this long after the quote has ended.
LATE_SECONDS = 600
WHOLE = re.compile(r"\d{1,24}", re.ASCII)
ETHEREUM_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}", re.ASCII)


class Payer:
    def __init__(self, store: Store, clock: SandboxClock, *, evm: Evm, tron: TronGrid) -> None:
        self._store, self._clock, self._evm, self._tron = store, clock, evm, tron

    def send(self, fields: Document) -> Document:
        """`network`, `to`, `units`; `token` usdt, other or coin; `poor`: mined, failed; `after`: not before it."""
        network, to, units = str(fields.get("network")), str(fields.get("to")), str(fields.get("units"))
        token = str(fields.get("token") or "usdt")
        if network not in ("ethereum", "tron") or token not in ("usdt", "other", COIN) or not WHOLE.fullmatch(units):
            raise Refused("invalid transfer")
        if network == "ethereum" and not ETHEREUM_ADDRESS.fullmatch(to):
            raise Refused("invalid address")
        order = {"network": network, "token": token, "to": to, "value": int(units), "poor": bool(fields.get("poor"))}
        after = int(fields.get("after") or 0)
        if after > self._clock.now().timestamp():
            number = self._store.next_number("chain.later")
            return self._store.put("chain.later", str(number), {**order, "after": after, "number": number})
        return self._now(order)

    def choose(self, choice: str, fields: Document) -> Document:
        """One of the wallet page's buttons."""
        units = int(fields["units"]) if WHOLE.fullmatch(str(fields.get("units"))) else 0
        late = int(fields.get("until") or self._clock.now().timestamp()) + LATE_SECONDS
        choices: dict[str, list[Document]] = {
            "exact": [{}],
            "less": [{"units": str(units // 2)}],
            "more": [{"units": str(units + 1_000_000)}],
            "twice": [{}, {}],
            "dust": [{"units": "1"}],
            "nothing": [{"units": "0"}],
            "other": [{"token": "other"}],
            "coin": [{"token": COIN, "units": str(units * SMALLER_UNITS.get(str(fields.get("network")), 1))}],
            "late": [{"after": late}],
        }
        if choice not in choices:
            raise Refused("unknown choice")
        return {"sent": [self.send({**fields, **changes}) for changes in choices[choice]]}

    def tick(self) -> None:
        """Send what was put off until now."""
        for order in self._store.all("chain.later"):
            if order["after"] <= self._clock.now().timestamp():
                self._store.drop("chain.later", str(order["number"]))
                self._now(order)

    def act(self, action: str, fields: Document) -> Document:
        """`send` (or `pay`), the choices of the page; `mine`, `finalise`, `reorganise`, `take_back` move the chains."""
        depth = int(fields.get("depth") or 1)
        chain_actions: dict[str, Callable[[], object]] = {
            "mine": lambda: self._evm.mine(depth),
            "finalise": self._finalise,
            "reorganise": lambda: self._evm.reorganise(depth, keep=bool(fields.get("keep"))),
            "take_back": lambda: self._tron.take_back(depth),
        }
        if action in ("send", "pay"):
            return self.send(fields)
        if action not in chain_actions:
            return self.choose(action, fields)
        chain_actions[action]()
        return {"ok": True}

    def _finalise(self) -> None:
        """One block for now, and as many on top of it as finality takes."""
        self._tron.solidify()
        if self._evm.started:
            self._evm.mine(1 + FINALITY)

    def _now(self, order: Document) -> Document:
        chain = self._evm if order["network"] == "ethereum" else self._tron
        names = {name: order[name] for name in ("token", "to", "value", "poor")}
        transaction = chain.transfer(**names)
        number = self._store.next_number("chain.sent")
        sent = {**order, "transaction": transaction, "at": self._clock.now().isoformat(timespec="seconds")}
        return self._store.put("chain.sent", str(number), sent)
