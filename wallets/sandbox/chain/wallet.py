"""The payer's wallet as a phone shows it: send the asked amount, or get it wrong in one of the usual ways."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from wallets.sandbox.chain.payer import Payer
from wallets.sandbox.chain.tokens import COIN, SMALLER_UNITS
from wallets.sandbox.simulator import Refused
from wallets.sandbox.store import Document, Store
from wallets.sandbox.web import Request, Response, Route, page, redirect

NEWEST = 12
NETWORKS = {"ethereum": "Ethereum", "tron": "TRON"}
MISTAKES = (
    ("less", _("Send too little")),
    ("more", _("Send too much")),
    ("twice", _("Send it twice")),
    ("other", _("Send another coin that calls itself USDT")),
    ("coin", _("Send ETH or TRX instead of USDT")),
    ("late", _("Send it after the time is over")),
    ("dust", _("Send a speck of dust")),
)


class Wallet:
    def __init__(self, store: Store, payer: Payer) -> None:
        self._store, self._payer = store, payer

    def routes(self) -> list[Route]:
        network = f"(?P<network>{'|'.join(NETWORKS)})"
        return [
            ("GET", "/chain/?", lambda request: redirect("/chain/ethereum")),
            ("GET", f"/chain/{network}", self.show),
            ("POST", f"/chain/{network}/(?P<choice>[a-z]+)", self.send),
        ]

    def show(self, request: Request, network: str) -> Response:
        with self._store.lock:
            self._payer.tick()
        return self._page(request, network, request.query)

    def send(self, request: Request, network: str, choice: str) -> Response:
        fields = request.fields()
        wanted = {**fields, "network": network, "units": _units(str(fields.get("amount", "")))}
        try:
            with self._store.lock:
                self._payer.choose(choice, wanted)
        except Refused as refusal:
            return self._page(request, network, {**fields, "units": wanted["units"]}, refused=refusal.text)
        return redirect(f"/chain/{network}?done={choice}")

    def _page(self, request: Request, network: str, fields: Document, *, refused: str = "") -> Response:
        sent = [one for one in self._store.all("chain.sent", newest=NEWEST) if one["network"] == network]
        context: dict[str, Any] = {
            "network": network,
            "name": NETWORKS[network],
            "networks": NETWORKS,
            "to": fields.get("to", ""),
            "amount": _amount(str(fields.get("units", ""))),
            "until": fields.get("until", ""),
            "done": request.query.get("done", ""),
            "refused": refused,
            "mistakes": MISTAKES,
            "sent": [{**one, "amount": _amount(str(_millionths(one)))} for one in sent],
            "later": [one for one in self._store.all("chain.later") if one["network"] == network],
        }
        return page(request, "chain.html", context, 409 if refused else 200)


def _millionths(sent: Document) -> int:
    return sent["value"] // (SMALLER_UNITS[sent["network"]] if sent["token"] == COIN else 1)


def _amount(units: str) -> str:
    """1500000 smallest units are 1.5 coins."""
    if not units.isdigit():
        return ""
    whole, rest = divmod(int(units), 10**6)
    return f"{whole}.{rest:06d}".rstrip("0").rstrip(".")


def _units(amount: str) -> str:
    whole, _point, rest = amount.strip().partition(".")
    text = whole + rest.ljust(6, "0")
    return str(int(text)) if text.isdigit() and len(rest) <= 6 else ""
