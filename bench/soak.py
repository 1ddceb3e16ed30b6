"""A randomised soak: thousands of accounts are debited while everything that can go wrong does, again and again.

Four wallets at once. Workers and payers are processes that are killed at random moments, two beats and a worker of
Celery lose their Valkey, PostgreSQL crashes and finds its disk full, the simulated wallets answer late, wrongly or not
at all, their notices come twice, late, out of order, forged or never (over HTTP to a real web server), the clock is
moved, some accounts' rows cannot be written, payers pay by link beside their debit, agreements end and holds are
placed. Then all is left to settle, and the wallets' books, their statements, the ledger and the queues are asked.
`--seed` repeats the same dice; what the machine's scheduler adds to them it cannot repeat.
"""

from __future__ import annotations

import logging
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from django.conf import settings
from django.db import DatabaseError, close_old_connections, transaction
from django.test import Client

from accounts.models import Account, Hold
from bench.soak_after import hear_the_last, work_off
from bench.soak_ground import ground
from bench.soak_wallets import KINDS, Kind, copied
from common.clock import now, today
from common.errors import PlatformError
from payments.debits import debit_due_instalments
from payments.models import Attempt, Instalment, JournalEntry, Payment, ProviderEvent
from payments.plans import create_plan
from payments.services import apply_waiting_events, close_expired_attempts, look_up_due_attempts
from reminders.lost_notices import plan_lost_notices
from tests import factories
from tests.faults import invariants
from tests.faults.crew import Crew
from tests.faults.poisoning import poisoned
from tests.faults.servers import OwnPostgres, OwnValkey, can_starve
from tests.faults.settling import BOOKS_READY_HOURS, set_back, steps, waiting
from tests.faults.site import Site
from tests.faults.workers import Workers
from tests.payments.helpers import Wallet, tell_the_people
from wallets.models import Mandate
from wallets.sandbox.faults import NOTIFY_FAULTS
from wallets.sandbox.limits import no_fault
from wallets.sandbox.store import Store
from wallets.sandbox.testing import ControlClient
from wallets.services import revoke_mandate, tell_providers_of_endings

ACCOUNTS, LEAST_ACCOUNTS = 2_000, 40
WORKERS, PAYERS = 3, 2
# The least at full size; a smaller soak has its share, and at least a few.
KILLS, CRASHES, DISKS_FILLED, QUEUES_LOST = 25, 2, 2, 3
FEWEST_KILLS, KILLS_PER_WANTED = 5, 3
# The storm lasts so long for each account at most, and is over when every debit was begun and all had its turn.
STORM_SECONDS, STORM_SECONDS_EACH = 60, 0.2
# What is left is given up when nothing has come to its end for so long, however slow the machine is.
NOTHING_ENDED_SECONDS = 600
# So many pay by link too, if they get there before the debit.
PAY_BY_LINK, PAGES_FIRST = 0.3, 0.1
WHOLE, PART, DEBT = 0.4, 40_000, 125_000
CALL_FAULTS = (
    "timeout_after_commit", "timeout_before_commit", "http_500", "http_429", "rate_limited", "bad_signature",
    "garbage", "wrong_trade", "decline",
)  # fmt: skip
BACK_AT_MOST, PATIENCE_SECONDS = 3, 120


def run(scale: float = 1.0) -> dict[str, Any]:
    seed = int(os.environ.get("SOAK_SEED") or random.SystemRandom().randrange(10**6))
    sys.stderr.write(f"  soak: seed {seed}\n")
    logging.disable(logging.CRITICAL)
    began = time.monotonic()
    with ground() as parts:
        soak = Soak(chance=random.Random(seed), number=max(LEAST_ACCOUNTS, int(ACCOUNTS * scale)), **parts)
        try:
            for phase in (soak.prepare, soak.storm, soak.settle):
                phase()
                sys.stderr.write(f"  soak: {phase.__name__} ended after {time.monotonic() - began:.0f} s\n")
            report = soak.report()
        finally:
            soak.fire_all()
    return {"job": "soak", "seed": seed, **report, "seconds": round(time.monotonic() - began)}


@dataclass
class Soak:
    chance: random.Random
    number: int
    crew: Workers
    site: Site
    postgres: OwnPostgres | None
    valkey: OwnValkey | None
    celery: Crew | None
    children: dict[int, Callable[[], None]] = field(default_factory=dict)
    done: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    kinds: dict[int, Kind] = field(default_factory=dict)
    payers: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.control = ControlClient(settings.WALLET_SANDBOX_URL, timeout=PATIENCE_SECONDS)
        self.wallet = Wallet(self.control, None, Client())  # type: ignore[arg-type] - nobody catches notices here
        share = min(1.0, self.number / ACCOUNTS)
        self.wanted = {
            "kills": max(FEWEST_KILLS, round(KILLS * share)),
            "crashes": max(1, round(CRASHES * share)) if self.postgres else 0,
            "disks_filled": max(1, round(DISKS_FILLED * share)) if self.postgres and can_starve(self.postgres) else 0,
            "queues_lost": max(1, round(QUEUES_LOST * share)) if self.valkey else 0,
        }

    # --- before ---

    def prepare(self) -> None:
        """People with a first instalment of 400.00 that is due now, announced in time, under signed agreements."""
        self.wallet.start_the_day()
        due, placement = today("Asia/Shanghai") + timedelta(days=4), factories.portfolio()
        signed = []
        for kind in KINDS:
            kind.register()
            account = factories.account(placement=placement, currency=kind.currency)
            mandate = kind.sign(account, self.control, due=due, cap=PART + 10_000)
            create_plan(account, parts=[(due, PART)], mandate=mandate)
            self.kinds[account.pk] = kind
            signed.append(mandate)
        store = Store(Path(settings.DATA_DIR) / "sandbox" / "wallets.sqlite3")
        with transaction.atomic():
            for number in range(len(KINDS), self.number):
                kind, debt = KINDS[number % len(KINDS)], PART if self.chance.random() < WHOLE else DEBT
                account = factories.account(
                    placement=placement, reachable=False, balance_minor=debt, currency=kind.currency
                )
                mandate = copied(signed[number % len(KINDS)], account, number, store, kind)
                create_plan(account, parts=[(due, PART)], mandate=mandate)
                self.kinds[account.pk] = kind
        store.close()
        # Half past ten on the third day before: WeChat takes its own notice then, and people are told.
        self.wallet.move_clock(days=1, hours=10)
        while tell_the_people():
            continue
        self.wallet.move_clock(days=2, hours=21, minutes=45)

    # --- the storm ---

    def storm(self) -> None:
        """All the while the database refuses what is written to a few accounts, as a damaged page would."""
        spoilt = self.chance.sample(sorted(self.kinds), max(1, self.number // 500))
        self.done["accounts_spoilt"] = len(spoilt)
        with poisoned("UPDATE", "accounts_account", f"OLD.id IN ({', '.join(map(str, spoilt))})"):
            self._rage()

    def _rage(self) -> None:
        ends = time.monotonic() + STORM_SECONDS + STORM_SECONDS_EACH * self.number
        self.payers = self.chance.sample(sorted(self.kinds), max(1, round(PAY_BY_LINK * self.number)))
        for _payer in range(PAYERS):
            self._hire(self._pay_links)
        while Payment.objects.count() < PAGES_FIRST * len(self.payers) and time.monotonic() < ends:
            time.sleep(0.1)
        for _worker in range(WORKERS):
            self._hire(self._work)
        if self.celery:
            for start in (self.celery.beat, self.celery.beat, self.celery.worker):
                start()
        deeds = (self._kill, self._kill, self._spoil_calls, self._spoil_calls, self._spoil_notices, self._pass_time,
                 self._end_agreement, self._place_hold, self._send_again, self._forge)  # fmt: skip
        while time.monotonic() < ends and (self._not_yet() or self._untouched()):
            time.sleep(self.chance.uniform(0.05, 0.5))
            self.chance.choice(deeds)()
            self._break_a_server()
        self.fire_all()
        if self.celery:
            self.celery.stop()

    def _not_yet(self) -> bool:
        return any(self.done[name] < number for name, number in self.wanted.items())

    @staticmethod
    def _untouched() -> bool:
        """Whether a debit is due that nobody ever began with, or refused."""
        due = Instalment.objects.filter(state="noticed", debit_not_before__lte=now(), last_reason="", attempts_used=0)
        return due.filter(payments=None).exists()

    def _break_a_server(self) -> None:
        """Spread over the storm as the kills are."""
        progress = min(1, self.done["kills"] / max(1, self.wanted["kills"] - 1))
        breaks = {"crashes": self._crash, "disks_filled": self._fill_the_disk, "queues_lost": self._lose_the_queue}
        for name, deed in breaks.items():
            if self.done[name] < self.wanted[name] * progress - 0.5:
                deed()
                self.done[name] += 1

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
            tell_the_people,
            plan_lost_notices,
            *[lambda: debit_due_instalments(batch=dice.randint(3, 30))] * 4,
        )
        while True:
            close_old_connections()
            try:
                dice.choice(tasks)()
            except DatabaseError:
                time.sleep(0.05)
            except Exception as error:
                self._note("errors", f"{type(error).__name__}: {error}")

    def _note(self, kind: str, what: str) -> None:
        with (self.crew.folder / kind).open("a") as file:
            file.write(what[:200].replace("\n", " ") + "\n")

    def _noted(self, kind: str) -> dict[str, int]:
        notes = self.crew.folder / kind
        return dict(Counter(notes.read_text().splitlines() if notes.exists() else ()).most_common(8))

    def _pay_links(self, dice: random.Random) -> None:
        """Somebody opens their link and pays 400.00, on the wallet's page, whatever else is under way."""
        # A connection shared with the process this was forked from would bring each the other's answers.
        phone = ControlClient(settings.WALLET_SANDBOX_URL, timeout=PATIENCE_SECONDS)
        while True:
            close_old_connections()
            try:
                account = Account.objects.get(pk=dice.choice(self.payers))
                form, finish, back = f"form-{dice.random()}", dice.random() < 0.8, dice.random() < 0.5
                self.kinds[account.pk].pay(account, phone, PART, form=form, finish=finish, back=back)
            except (DatabaseError, PlatformError, httpx.HTTPError) as error:
                self._note("refusals", getattr(error, "code", type(error).__name__))
            except Exception as error:
                self._note("errors", f"{type(error).__name__}: {error}")
            time.sleep(dice.uniform(0.02, 0.2))

    def _kill(self) -> None:
        if self.done["kills"] >= KILLS_PER_WANTED * self.wanted["kills"]:
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

    def _fill_the_disk(self) -> None:
        """Not a byte more can be written; whoever tries fails, and PostgreSQL itself may give up."""
        if self.postgres:
            self.postgres.fill_the_disk()
            time.sleep(self.chance.uniform(0.2, 2))
            self.postgres.free_the_disk()
            self.postgres.start_again()

    def _lose_the_queue(self) -> None:
        """Valkey is killed and all it held is gone; every other time the worker goes with it."""
        if self.valkey and self.celery:
            if self.done["queues_lost"] % 2:
                self.celery.kill(self.celery.running[-1])
                self.celery.worker()
            self.valkey.kill_and_empty()
            time.sleep(self.chance.uniform(0, 1))
            self.valkey.start()

    def _spoil_calls(self) -> None:
        fault, kind = self.chance.choice(CALL_FAULTS), self.chance.choice(KINDS)
        method, code = kind.decline if fault == "decline" else (self.chance.choice((kind.charging, "")), "")
        times = self.chance.randint(1, 4)
        if not no_fault(kind.key, fault):
            self.control.of(kind.key).fault(fault, method=method, code=code, times=times)
            self.faults[fault] += 1

    def _spoil_notices(self) -> None:
        fault, kind = self.chance.choice(NOTIFY_FAULTS), self.chance.choice(KINDS)
        seconds, times = self.chance.choice((2, 3600)), self.chance.randint(1, 4)
        if not no_fault(kind.key, fault):
            self.control.of(kind.key).fault(fault, seconds=seconds, times=times)
            self.faults[f"notice_{fault}"] += 1

    def _pass_time(self) -> None:
        """Leases run out, and look-ups come due; now and then the machines' clocks are put right."""
        if self.done["clock_set_back"] < BACK_AT_MOST and self.chance.random() < 0.1:
            set_back(self.wallet, minutes=self.chance.choice((1, 5)))
            self.done["clock_set_back"] += 1
            return
        self.wallet.move_clock(minutes=self.chance.choice((1, 3, 11)))

    def _end_agreement(self) -> None:
        mandate = Mandate.objects.filter(account=self.chance.choice(sorted(self.kinds)), state="active").first()
        if mandate and self.done["revoked"] < self.number // 20:
            revoke_mandate(mandate, reason="the debtor says stop")
            self.done["revoked"] += 1

    def _place_hold(self) -> None:
        debtor = Account.objects.select_related("debtor").get(pk=self.chance.choice(sorted(self.kinds))).debtor
        if self.done["held"] < self.number // 20:
            Hold.objects.create(debtor=debtor, kind="dispute", blocks=["debit"], reason="disputed")
            self.done["held"] += 1

    def _send_again(self) -> None:
        kind = self.chance.choice(KINDS)
        known = self.control.get(f"{kind.key}/notifies")["notifies"]
        if known:
            self.control.post(f"{kind.key}/notifies/{self.chance.choice(known)['id']}/resend")
            self.done["notices_sent_again"] += 1

    def _forge(self) -> None:
        attempt = Attempt.objects.select_related("payment").order_by("?").first()
        if attempt:
            self.kinds[attempt.payment.account_id].forge(self.site.url, attempt.merchant_reference)
            self.done["forged"] += 1

    # --- after ---

    def settle(self) -> None:
        """The wallets are well again; days pass, and the workers do what is due."""
        for kind in KINDS:
            self.control.post(f"{kind.key}/faults/clear")
        left, ends = self.number, time.monotonic() + NOTHING_ENDED_SECONDS
        for seconds in steps(timedelta(minutes=3)):
            work_off(ends)
            before, left = left, len(invariants.unfinished())
            if left < before:
                ends = time.monotonic() + NOTHING_ENDED_SECONDS
            if time.monotonic() > ends or not (left or waiting()):
                break
            self.wallet.move_clock(seconds=seconds)
        self.wallet.move_clock(minutes=5)
        work_off(ends)
        self.wallet.move_clock(hours=BOOKS_READY_HOURS)
        hear_the_last()

    def report(self) -> dict[str, Any]:
        moved, posted = invariants.money_at_the_wallet(self.control), invariants.money_in_the_ledger()
        broken = invariants.wrongs(self.control)
        for_people = Attempt.objects.filter(needs_person=True).values_list("provider__key", "reason")
        undebited = Instalment.objects.exclude(state="paid").values_list("state", "last_reason")
        return {
            "accounts": len(self.kinds),
            "debits_at_the_wallets": {
                kind.key: len(invariants.debits_at_the_wallet(self.control, kind.key)) for kind in KINDS
            },
            "entries": JournalEntry.objects.filter(kind="payment").count(),
            "charged_twice": len(invariants.charged_twice(self.control)),
            "charged_not_recorded": len(invariants.charged_not_recorded(moved, posted)),
            "unfinished": len(invariants.unfinished()),
            "left_to_a_person": dict(Counter(f"{key} {reason}" for key, reason in for_people)),
            "paid_by_link": Payment.objects.filter(source="link", state="succeeded").count(),
            "not_debited": dict(Counter(f"{state} {reason}".strip() for state, reason in undebited)),
            "notices": dict(Counter(ProviderEvent.objects.values_list("outcome", flat=True))),
            **self.done,
            "faults": dict(self.faults),
            "task_errors": self._noted("errors"),
            "payers_refused": self._noted("refusals"),
            "simulated_days": (now() - Account.objects.get(pk=min(self.kinds)).created_at).days,
            "broken": broken[:20],
        }
