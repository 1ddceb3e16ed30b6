"""Puts the simulators together: one WSGI application, one store, one notifier."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from wallets.sandbox.alipay import bills, notifies
from wallets.sandbox.alipay.cashier import Cashier
from wallets.sandbox.alipay.crypto import Seal
from wallets.sandbox.alipay.gateway import Gateway
from wallets.sandbox.alipay.world import World
from wallets.sandbox.clock import SandboxClock
from wallets.sandbox.control import Control
from wallets.sandbox.keys import ensure_alipay_keys
from wallets.sandbox.notifier import LOOPBACK, Notifier
from wallets.sandbox.store import Store
from wallets.sandbox.web import Application, Request, Response, redirect, reply_json, stylesheet


@dataclass
class Sandbox:
    application: Application
    world: World

    def close(self) -> None:
        self.world.notifier.stop()
        self.world.store.close()


def make_sandbox(*, secrets_dir: Path, state: Path | str = ":memory:", hosts: frozenset[str] = LOOPBACK) -> Sandbox:
    """`state` is the SQLite file that keeps everything; `hosts` are the machines notifies may go to."""
    store = Store(state)
    files = ensure_alipay_keys(secrets_dir)
    world = World(
        store=store,
        clock=SandboxClock(store),
        seal=Seal(alipay_private=files.alipay_private, merchant_public=files.merchant_public),
        notifier=Notifier(store, hosts=hosts),
    )
    world.notifier.start(partial(notifies.prepare, world))
    return Sandbox(_application(world), world)


def _application(world: World) -> Application:
    def bill(request: Request, name: str) -> Response:
        return bills.download(world, request, name)

    return Application(
        [
            ("GET", "/", lambda request: redirect("/alipay/")),
            ("GET", "/healthz", lambda request: reply_json({"ok": True})),
            ("GET", "/assets/wallet.css", stylesheet),
            ("GET POST", "/alipay/gateway.do", Gateway(world).serve),
            ("GET", r"/alipay/bill/(?P<name>[\w-]+)", bill),
            *Cashier(world).routes(),
            *Control(world).routes(),
        ]
    )
