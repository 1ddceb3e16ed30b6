"""Puts the simulators together: one WSGI application, one store, one notifier."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wallets.sandbox.clock import SandboxClock
from wallets.sandbox.control import Control
from wallets.sandbox.notifier import LOOPBACK, Notifier
from wallets.sandbox.simulator import Ground, Simulator, make_simulators
from wallets.sandbox.store import Store
from wallets.sandbox.web import Application, asset, redirect, reply_json


@dataclass
class Sandbox:
    application: Application
    ground: Ground
    simulators: dict[str, Simulator]

    @property
    def world(self) -> Any:
        """The simulated Alipay's world."""
        return vars(self.simulators["alipay"])["world"]

    def close(self) -> None:
        self.ground.notifier.stop()
        for simulator in self.simulators.values():
            simulator.close()
        self.ground.store.close()


def make_sandbox(
    *,
    secrets_dir: Path,
    state: Path | str = ":memory:",
    hosts: frozenset[str] = LOOPBACK,
    only: tuple[str, ...] = (),
) -> Sandbox:
    """`state` is the SQLite file that keeps everything; `hosts` are the machines notifies may go to."""
    store = Store(state)
    ground = Ground(
        store=store, clock=SandboxClock(store), notifier=Notifier(store, hosts=hosts), secrets_dir=secrets_dir
    )
    simulators = {simulator.key: simulator for simulator in make_simulators(ground, only)}
    ground.notifier.start({key: simulator.prepare for key, simulator in simulators.items()})
    return Sandbox(_application(ground, simulators), ground, simulators)


def _application(ground: Ground, simulators: dict[str, Simulator]) -> Application:
    return Application(
        [
            ("GET", "/", lambda request: redirect("/alipay/")),
            ("GET", "/healthz", lambda request: reply_json({"ok": True})),
            ("GET", r"/assets/(?P<name>[\w-]+\.(css|svg|js))", asset),
            *(route for simulator in simulators.values() for route in simulator.routes()),
            *Control(ground, simulators).routes(),
        ]
    )
