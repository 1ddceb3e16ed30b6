"""A randomised soak: thousands of accounts are debited while everything that can go wrong does, again and again.

Workers and payers are processes that are killed at random moments, PostgreSQL crashes, the simulated wallet answers
late, wrongly or not at all, its notices come twice, late, out of order, forged or never (over HTTP to a real web
server), payers pay by link beside their debit, agreements end and holds are placed. Then all is left to settle, and the
wallet's books, its statement, the ledger and the queues are asked. `--seed` repeats the same dice; what the machine's
scheduler adds to them it cannot repeat. Valkey plays no part: the workers' work is called as their tasks call it.
"""

from __future__ import annotations

import logging
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from django.conf import settings
from django.db import DatabaseError, close_old_connections, transaction
from django.test import Client
from django.test.utils import override_settings

from accounts.models import Account, Hold
from common.clock import now, today
from common.errors import PlatformError
from launcher.errors import LauncherError
from payments.debits import debit_due_instalments
from payments.models import Attempt, Instalment, JournalEntry, Payment, ProviderEvent
from payments.plans import create_plan
from payments.services import apply_waiting_events, close_expired_attempts, look_up_due_attempts
from reminders.lost_receipts import plan_lost_receipts
from tests import factories
from tests.faults import invariants
from tests.faults.servers import OwnPostgres, copied_into, own_postgres
from tests.faults.settling import BOOKS_READY_HOURS, STEPS, waiting
from tests.faults.site import Site, free_port
from tests.faults.workers import Workers
from tests.payments.helpers import Wallet, create_link, pay_by, signed_mandate, tell_the_people
from wallets.models import Mandate, Provider
from wallets.sandbox.store import Store
from wallets.sandbox.testing import ControlClient
from wallets.services import revoke_mandate, tell_providers_of_endings

ACCOUNTS, LEAST_ACCOUNTS = 2_000, 20
WORKERS, PAYERS = 3, 1
# The least at full size; a smaller soak has its share, and at least a few.
KILLS, CRASHES = 25, 2
FEWEST_KILLS, KILLS_PER_WANTED = 5, 3
# The storm lasts so long for each account, and is over when nothing is due any more.
STORM_SECONDS, STORM_SECONDS_EACH, LONGEST_SETTLING_SECONDS = 60, 0.2, 420
# So many pay by link too, if they get there before the debit.
PAY_BY_LINK = 0.3
WHOLE, PART, DEBT = 0.4, 40_000, 125_000
CALL_FAULTS = (
    "timeout_after_commit", "timeout_before_commit", "http_500", "http_429", "rate_limited", "bad_signature",
    "garbage", "wrong_trade", "decline",
)  # fmt: skip
METHODS = ("alipay.trade.pay", "alipay.trade.query", "alipay.user.agreement.query", "alipay.trade.close")
SIMULATORS = (
    "import os, sys; from django.core.management import execute_from_command_line as run; "
    "sys.stdout = open(os.devnull, 'w'); "
)
NOTICE_FAULTS = ("duplicate", "reorder", "delay", "forge", "tamper", "drop")


def run(scale: float = 1.0) -> dict[str, Any]:
    seed = int(os.environ.get("SOAK_SEED") or random.SystemRandom().randrange(10**6))
    sys.stderr.write(f"  soak: seed {seed}\n")
    logging.disable(logging.CRITICAL)
    began = time.monotonic()
    with _ground() as soak_ground:
        soak = Soak(chance=random.Random(seed), number=max(LEAST_ACCOUNTS, int(ACCOUNTS * scale)), **soak_ground)
        try:
            for phase in (soak.prepare, soak.storm, soak.settle):
                phase()
                sys.stderr.write(f"  soak: {phase.__name__} ended after {time.monotonic() - began:.0f} s\n")
            report = soak.report()
        finally:
            soak.fire_all()
    return {"job": "soak", "seed": seed, **report, "seconds": round(time.monotonic() - began)}


@contextmanager
def _ground() -> Iterator[dict[str, Any]]:
    """A database that may crash, the simulated wallets and the web server, each in processes of their own."""
    crew, site, port = Workers(Path(tempfile.mkdtemp(prefix="soak-"))), Site(), free_port()
    addresses = {"WALLET_SANDBOX_URL": f"http://127.0.0.1:{port}", "PUBLIC_URL": site.url, "SANDBOX": True}
    with override_settings(**addresses), _own_database() as postgres:
        try:
            crew.start(f"{SIMULATORS}run(['manage.py', 'wallet_sandbox', '--port', '{port}'])", LOG_LEVEL="CRITICAL")
            _wait_for(addresses["WALLET_SANDBOX_URL"])
            site.start()
            yield {"crew": crew, "site": site, "postgres": postgres}
        finally:
            site.close()
            crew.stop_all()


@contextmanager
def _own_database() -> Iterator[OwnPostgres | None]:
    try:
        with own_postgres() as own, copied_into(own):
            yield own
    except LauncherError as error:
        sys.stderr.write(f"  soak: PostgreSQL does not crash here ({error.message})\n")
        yield None


def _wait_for(url: str) -> None:
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        with suppress(httpx.HTTPError):
            httpx.get(f"{url}/healthz", trust_env=False).raise_for_status()
            return
        time.sleep(0.1)
    raise RuntimeError("The simulated wallets did not start.")


@dataclass
class Soak:
    chance: random.Random
    number: int
    crew: Workers
    site: Site
    postgres: OwnPostgres | None
    children: dict[int, Callable[[], None]] = field(default_factory=dict)
    done: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    accounts: list[int] = field(default_factory=list)
    payers: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.control = ControlClient(settings.WALLET_SANDBOX_URL)
        self.wallet = Wallet(self.control, None, Client())  # type: ignore[arg-type] - nobody catches notices here
        self.errors = self.crew.folder / "errors"
        share = min(1.0, self.number / ACCOUNTS)
        self.kills, self.crashes = (
            max(FEWEST_KILLS, round(KILLS * share)),
            max(1, round(CRASHES * share)) if self.postgres else 0,
        )

    # --- before ---

    def prepare(self) -> None:
        """People with a first instalment of 400.00 that is due now, announced in time, under signed agreements."""
        Provider.objects.create(key="alipay", name="Alipay", status="vetted", currencies=["CNY"])
        self.wallet.start_the_day()
        due = today("Asia/Shanghai") + timedelta(days=3)
        placement = factories.portfolio()
        first = factories.account(placement=placement)
        # The wallet lets a debit through from five days before the agreed day: room for retries and lost days.
        signed = signed_mandate(first, self.wallet, first_debit_on=due + timedelta(days=4))
        create_plan(first, parts=[(due, PART)], mandate=signed)
        self.accounts.append(first.pk)
        with transaction.atomic():
            for number in range(1, self.number):
                debt = PART if self.chance.random() < WHOLE else DEBT
                account = factories.account(placement=placement, reachable=False, balance_minor=debt)
                create_plan(account, parts=[(due, PART)], mandate=self._signed_like(signed, account, number))
                self.accounts.append(account.pk)
        self.wallet.move_clock(hours=12)
        while tell_the_people():
            continue
        self.wallet.move_clock(days=2, hours=20)

    def _signed_like(self, signed: Mandate, account: Account, number: int) -> Mandate:
        """Another agreement with the same words, in our books and in the wallet's: pages would take an hour."""
        mandate = Mandate.objects.get(pk=signed.pk)
        mandate.pk, mandate.account, mandate.payment_method = None, account, None
        mandate.merchant_reference = f"{signed.merchant_reference[:40]}x{number}"
        mandate.provider_reference = ""
        mandate._state.adding = True
        mandate.save()
        # Sealed for its row, so the row comes first.
        mandate.provider_reference = f"{signed.provider_reference}{number:06d}"
        mandate.save()
        theirs = self._store.get("alipay.agreement", signed.provider_reference) or {}
        names = {"agreement_no": mandate.provider_reference, "external_agreement_no": mandate.merchant_reference}
        self._store.put("alipay.agreement", mandate.provider_reference, {**theirs, **names})
        self._store.put("alipay.external", mandate.merchant_reference, {"agreement": mandate.provider_reference})
        return mandate

    @property
    def _store(self) -> Store:
        if not hasattr(self, "_opened"):
            self._opened = Store(Path(settings.DATA_DIR) / "sandbox" / "wallets.sqlite3")
        return self._opened

    # --- the storm ---

    def storm(self) -> None:
        self._store.close()
        ends = time.monotonic() + STORM_SECONDS + STORM_SECONDS_EACH * self.number
        self.payers = self.chance.sample(self.accounts, max(1, round(PAY_BY_LINK * self.number)))
        for number in range(WORKERS + PAYERS):
            self._hire(self._pay_links if number < PAYERS else self._work)
        deeds = (self._kill, self._kill, self._spoil_calls, self._spoil_calls, self._spoil_notices, self._pass_time,
                 self._end_agreement, self._place_hold, self._send_again, self._forge)  # fmt: skip
        while time.monotonic() < ends and (self.done["kills"] < self.kills or waiting()):
            time.sleep(self.chance.uniform(0.05, 0.5))
            self.chance.choice(deeds)()
            if self.done["crashes"] < self.crashes * min(1, self.done["kills"] / max(1, self.kills - 1)) - 0.5:
                self._crash()
        self.fire_all()

    def fire_all(self) -> None:
        while self.children:
            self._fire(self.children.popitem()[0])

    def _hire(self, work: Callable[[random.Random], None]) -> None:
        dice = random.Random(self.chance.random())
        child = self.crew.fork(partial(work, dice))
        self.children[child] = partial(self._hire, work)

    @staticmethod
    def _fire(child: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)

    def _work(self, dice: random.Random) -> None:
        """As Celery works: a task that fails is noted, and the next begins with a sound connection."""
        tasks: tuple[Callable[[], object], ...] = (
            apply_waiting_events,
            partial(look_up_due_attempts, 20),
            close_expired_attempts,
            tell_providers_of_endings,
            plan_lost_receipts,
            *[lambda: debit_due_instalments(batch=dice.randint(3, 30))] * 4,
        )
        while True:
            close_old_connections()
            try:
                dice.choice(tasks)()
            except DatabaseError:
                time.sleep(0.05)
            except Exception as error:
                with self.errors.open("a") as file:
                    file.write(f"{type(error).__name__}: {error}"[:200].replace("\n", " ") + "\n")

    def _pay_links(self, dice: random.Random) -> None:
        """Somebody opens their link and pays 400.00, on the wallet's page, whatever else is under way."""
        # A connection shared with the process this was forked from would bring each the other's answers.
        phone = replace(self.wallet, control=ControlClient(settings.WALLET_SANDBOX_URL))
        while True:
            close_old_connections()
            with suppress(DatabaseError, PlatformError, httpx.HTTPError):
                account = Account.objects.get(pk=dice.choice(self.payers))
                started = pay_by(create_link(account)[0], PART, key=f"form-{dice.random()}")
                if started.action and dice.random() < 0.8:
                    phone.pay(started.action.url)
            time.sleep(dice.uniform(0.02, 0.2))

    def _kill(self) -> None:
        if self.done["kills"] >= KILLS_PER_WANTED * self.kills:
            return
        child = self.chance.choice(sorted(self.children))
        hire_another = self.children.pop(child)
        self._fire(child)
        self.done["kills"] += 1
        hire_another()

    def _crash(self) -> None:
        if self.postgres:
            self.postgres.crash(self.chance.choice((signal.SIGQUIT, signal.SIGKILL)))
            self.postgres.start()
            self.done["crashes"] += 1

    def _spoil_calls(self) -> None:
        kind, method = self.chance.choice(CALL_FAULTS), self.chance.choice(METHODS)
        self.control.fault(kind, method=method, times=self.chance.randint(1, 4))
        self.faults[kind] += 1

    def _spoil_notices(self) -> None:
        kind = self.chance.choice(NOTICE_FAULTS)
        self.control.fault(kind, seconds=self.chance.choice((2, 3600)), times=self.chance.randint(1, 4))
        self.faults[f"notice_{kind}"] += 1

    def _pass_time(self) -> None:
        """Leases run out, and look-ups come due."""
        self.wallet.move_clock(minutes=self.chance.choice((1, 3, 11)))

    def _end_agreement(self) -> None:
        mandate = Mandate.objects.filter(account=self.chance.choice(self.accounts), state="active").first()
        if mandate and self.done["revoked"] < self.number // 20:
            revoke_mandate(mandate, reason="the debtor says stop")
            self.done["revoked"] += 1

    def _place_hold(self) -> None:
        debtor = Account.objects.select_related("debtor").get(pk=self.chance.choice(self.accounts)).debtor
        if self.done["held"] < self.number // 20:
            Hold.objects.create(debtor=debtor, kind="dispute", blocks=["debit"], reason="disputed")
            self.done["held"] += 1

    def _send_again(self) -> None:
        known = self.control.get("alipay/notifies")["notifies"]
        if known:
            self.control.post(f"alipay/notifies/{self.chance.choice(known)['id']}/resend")
            self.done["notices_sent_again"] += 1

    def _forge(self) -> None:
        """A stranger says that somebody has paid."""
        attempt = Attempt.objects.order_by("?").first()
        fields = {"notify_id": str(self.chance.random()), "notify_type": "trade_status_sync", "sign": "AAAA"}
        fields |= {"trade_status": "TRADE_SUCCESS", "out_trade_no": str(attempt), "total_amount": "400.00"}
        with suppress(httpx.HTTPError):
            httpx.post(f"{self.site.url}/webhooks/wallets/alipay/", data=fields, trust_env=False)
            self.done["forged"] += 1

    # --- after ---

    def settle(self) -> None:
        """The wallet is well again; days pass, and the workers do what is due."""
        self.control.post("alipay/faults/clear")
        ends = time.monotonic() + LONGEST_SETTLING_SECONDS
        for minutes in STEPS:
            self._work_off(ends)
            if time.monotonic() > ends or not (invariants.unfinished() or waiting()):
                break
            self.wallet.move_clock(minutes=minutes)
        self.wallet.move_clock(minutes=5)
        self._work_off(ends)
        self.wallet.move_clock(hours=BOOKS_READY_HOURS)

    @staticmethod
    def _work_off(ends: float) -> None:
        for work in (apply_waiting_events, look_up_due_attempts, close_expired_attempts, plan_lost_receipts):
            while work() and time.monotonic() < ends:
                continue
        while debit_due_instalments().sent and time.monotonic() < ends:
            continue

    def report(self) -> dict[str, Any]:
        moved, posted = invariants.money_at_the_wallet(self.control), invariants.money_in_the_ledger()
        broken = invariants.wrongs(self.control)
        errors = Counter(self.errors.read_text().splitlines() if self.errors.exists() else ())
        undebited = Instalment.objects.exclude(state="paid").values_list("state", "last_reason")
        return {
            "accounts": len(self.accounts),
            "debits_at_the_wallet": len(invariants.debits_at_the_wallet(self.control)),
            "entries": JournalEntry.objects.filter(kind="payment").count(),
            "charged_twice": len(invariants.charged_twice(self.control)),
            "charged_not_recorded": len(invariants.charged_not_recorded(moved, posted)),
            "unfinished": len(invariants.unfinished()),
            "left_to_a_person": Attempt.objects.filter(needs_person=True).count(),
            "paid_by_link": Payment.objects.filter(source="link", state="succeeded").count(),
            "not_debited": dict(Counter(f"{state} {reason}".strip() for state, reason in undebited)),
            "notices": dict(Counter(ProviderEvent.objects.values_list("outcome", flat=True))),
            **self.done,
            "faults": dict(self.faults),
            "task_errors": dict(errors.most_common(5)),
            "simulated_days": (now() - Account.objects.get(pk=self.accounts[0]).created_at).days,
            "broken": broken[:20],
        }
