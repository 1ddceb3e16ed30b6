"""Somebody with coins, and the two simulated chains they send them on."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from django.conf import settings as django_settings

from accounts.models import Account
from common import clock
from common.clock import now, today
from common.models import ClockShift
from payments.deposits.sweeping import sweep_deposits
from payments.models import DepositAddress
from payments.services import close_expired_attempts, create_link, start_link_payment
from tests.wallets.usdt_fixtures import skip_without_ethereum
from wallets.models import Provider
from wallets.sandbox.testing import ControlClient, running_sandbox

NAMES = {"usdt_eth": "USDT (Ethereum)", "usdt_tron": "USDT (TRON)"}
NETWORKS = {"usdt_eth": "ethereum", "usdt_tron": "tron"}


@dataclass
class Payer:
    key: str
    coin: str
    one_coin: int
    control: ControlClient
    methods: tuple[str, str]
    asked: list = field(default_factory=list)

    @property
    def units(self) -> int:
        return self.asked[-1].action.amount.minor

    def asks(self, account: Account, minor: int):
        link, _url = create_link(account)
        started = start_link_payment(
            link, amount_minor=minor, provider_key=self.key, return_url="http://127.0.0.1/back", idempotency="form"
        )
        self.asked.append(started)
        return started

    def sends(self, units: int | None = None, at: int = -1, **fields: object) -> None:
        action = self.asked[at].action
        amount = action.amount.minor if units is None else units
        self.control.user("send", network=NETWORKS[self.key], to=action.payload, units=str(amount), **fields)

    def confirms(self) -> None:
        self.control.user("finalise")

    def takes_back(self) -> None:
        if self.key == "usdt_eth":
            self.control.user("reorganise", depth=8)
            self.control.user("finalise")
        else:
            self.control.user("take_back", depth=1)

    def waits(self, **step: float) -> None:
        ahead = ClockShift.advance(timedelta(**step), sandbox=True)
        self.control.post("clock", offset_seconds=int(ahead.total_seconds()))
        clock.forget()

    def lets_it_run_out(self) -> None:
        """Past the page, the minutes of grace and the lag of the chain, and everybody has noticed."""
        self.waits(minutes=45)
        self.confirms()
        close_expired_attempts()

    def sweeps(self) -> int:
        """The next tick at which every address is due."""
        DepositAddress.objects.update(sweep_at=now() - timedelta(seconds=1))
        return sweep_deposits()


@pytest.fixture(scope="session")
def chain_sandbox(secrets_folder):
    skip_without_ethereum()
    with running_sandbox(django_settings.SECRETS_DIR, only=("chain",)) as running:
        yield running


@pytest.fixture
def every(chain_sandbox, settings, db):
    chain_sandbox.control.post("reset")
    settings.SANDBOX, settings.WALLET_SANDBOX_URL = True, chain_sandbox.base_url
    control = chain_sandbox.control.of("chain")
    for place, key in enumerate(NETWORKS):
        Provider.objects.create(
            key=key,
            name=NAMES[key],
            status="vetted",
            currencies=["USD", "EUR"],
            review_due=today() + timedelta(days=900),
            position=place,
        )
    return {
        "usdt_eth": Payer("usdt_eth", "ETH", 10**18, control, ("eth_getLogs", "eth_getBalance")),
        "usdt_tron": Payer("usdt_tron", "TRX", 10**6, control, ("trc20", "getaccount")),
    }


@pytest.fixture
def ethereum(every):
    return every["usdt_eth"]


@pytest.fixture
def tron(every):
    return every["usdt_tron"]


@pytest.fixture(params=list(NETWORKS))
def payer(request, every):
    """On either chain: what is true of both."""
    return every[request.param]
