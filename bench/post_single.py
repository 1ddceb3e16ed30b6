"""Payments one at a time, each committed before the next: the entry itself, and the whole payment around it.

The entry is what any ledger posts: four balanced lines, refused when they do not balance or come twice, and the
account's balance moved with them. The whole payment is what a wallet's word of success changes: its attempt and its
payment, plans and mandates looked at, the entry, the account, the event that tells of it, everybody told.
"""

from __future__ import annotations

import ast
import os
import sys
from itertools import count, cycle, islice
from typing import Any

from django.db import connection

from bench.effort import Effort
from bench.post_peer import hordak, is_installed
from bench.result import Result
from bench.writers import Writers, serve, started

WRITERS = (1, 8)
SIZES = {"entry": 1_000, "bare": 1_000, "hordak": 1_000, "payment": 200}  # of each in a turn
MINOR = 25
MISSING = "django-hordak is not installed: python -m pip install django-hordak"
LIMIT = "commits of one bare row, as many at a time"
_PAYMENTS = """
    WITH chosen AS (
        SELECT id FROM accounts_account WHERE id %% %(writers)s = %(nth)s
           AND NOT EXISTS (SELECT FROM payments_payment p WHERE p.account_id = accounts_account.id)
         ORDER BY id LIMIT %(number)s
    ), payment AS (
        INSERT INTO payments_payment (account_id, state, amount_minor, currency, source, request_key, created_at)
        SELECT id, 'open', %(minor)s, 'EUR', 'link', '', now() FROM chosen RETURNING id
    )
    INSERT INTO payments_attempt (payment_id, provider_id, merchant_reference, provider_reference, state, amount_minor,
        currency, decline_code, decline_category, reason, save_method, needs_person, look_ups, created_at)
    SELECT id, %(provider)s, 'bench' || id, '', 'pending', %(minor)s, 'EUR', '', '', '', false, false, 0, now()
      FROM payment RETURNING id, merchant_reference
"""


def measure(*, rounds: int) -> list[Result]:
    """Ours, a bare row and django-hordak in turn, so that a busy moment of the machine touches all of them."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bare (id bigserial PRIMARY KEY, minor bigint NOT NULL)")
    name, most = connection.settings_dict["NAME"], max(WRITERS)
    with started("bench.post_single", most, database=name) as ours:
        if not is_installed():
            return _results(_in_turn(ours, None, rounds=rounds), rounds=rounds)
        with hordak(most) as theirs:
            return _results(_in_turn(ours, theirs, rounds=rounds), rounds=rounds)


Spent = dict[tuple[str, int], Effort]


def _in_turn(ours: Writers, theirs: Writers | None, *, rounds: int) -> Spent:
    spent: Spent = {}
    for turn in range(-1, rounds):
        for by in WRITERS:
            ours.do("prepare", SIZES["payment"], by=by)
            done = {task: ours.do(task, SIZES[task], by=by) for task in ("entry", "bare", "payment")}
            if theirs:
                done["hordak"] = theirs.do("entry", SIZES["hordak"], by=by)
            for task, effort in done.items():
                so_far = spent.setdefault((task, by), Effort())
                if turn >= 0:  # the first turn warmed up
                    so_far.wall, so_far.cpu = so_far.wall + effort.wall, so_far.cpu + effort.cpu
    return spent


def _results(spent: Spent, *, rounds: int) -> list[Result]:
    """Of everything what one takes; the entry is the headline, the whole payment stands beside it."""
    one = {
        (task, by): Effort(effort.wall / rounds / SIZES[task], effort.cpu / rounds / SIZES[task])
        for (task, by), effort in spent.items()
    }
    results = []
    for job, task in (("post_single", "entry"), ("post_payment", "payment")):
        for by in WRITERS:
            ours, peer = one[task, by], one.get(("hordak", by))
            told = {"writers": by, "cpu_us": round(ours.cpu * 1e6)}
            told |= _against(ours, peer) if peer else {"hordak": MISSING}
            n = rounds * SIZES[task]
            results.append(Result(job, n, n * ours.wall, LIMIT, 1 / one["bare", by].wall, peers=told))
    return results


def _against(ours: Effort, peer: Effort) -> dict[str, Any]:
    return {
        "hordak_rate": round(1 / peer.wall),
        "times_hordak": round(peer.wall / ours.wall, 2),
        "hordak_cpu_us": round(peer.cpu * 1e6),
        "times_hordak_cpu": round(peer.cpu / ours.cpu, 2),
    }


def main() -> None:
    """One writer: it posts for accounts of its own, so that writers meet only where payments do."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "collections_platform.settings")
    place = ast.literal_eval(input())
    import django

    django.setup()
    connection.settings_dict.update(place)
    writer = _Writer(int(sys.argv[1]))
    serve({"entry": writer.post_entries, "prepare": writer.prepare, "payment": writer.pay, "bare": writer.insert})


class _Writer:
    def __init__(self, nth: int):
        from accounts.models import Account
        from wallets.models import Provider

        chosen = Account.objects.extra(where=["id %% %s = %s"], params=[max(WRITERS), nth]).order_by("pk")
        self.nth, self.accounts = nth, cycle(chosen)
        self.keys = count(nth, max(WRITERS))
        self.provider = Provider.objects.get(key="paypal")
        self.attempts: list[tuple[int, str]] = []

    def post_entries(self, number: int) -> None:
        """As a success posts it; a call of its own is a transaction of its own."""
        from bench.post import payment_lines
        from common.clock import now
        from payments.ledger import post_entry

        for row, key in zip(islice(self.accounts, number), self.keys, strict=False):
            post_entry(
                "payment",
                idempotency_key=f"single:{key}",
                creditor_id=row.creditor_id,
                currency=row.currency,
                effective_at=now(),
                lines=payment_lines(row),
                attempt=key,
                payment="PAY-BENCH",
                allocation={"principal": MINOR},
                suspense=0,
            )

    def prepare(self, number: int) -> None:
        """Payments that a wallet has still to answer, each of an account that has none."""
        values = {"nth": self.nth, "writers": max(WRITERS), "number": number, "minor": MINOR}
        with connection.cursor() as cursor:
            cursor.execute(_PAYMENTS, values | {"provider": self.provider.pk})
            self.attempts = cursor.fetchall()

    def pay(self, number: int) -> None:
        from common.clock import now
        from common.money import Money
        from payments.services.outcomes import apply_result
        from wallets.providers.base import PaymentResult, PaymentState

        for attempt, reference in self.attempts:
            result = PaymentResult(
                state=PaymentState.SUCCEEDED, merchant_ref=reference, provider_ref=f"P{attempt}",
                amount=Money(MINOR, "EUR"), paid_at=now(),
            )  # fmt: skip
            if apply_result(attempt, result, source="bench").outcome != "applied":
                raise RuntimeError("A payment of the bench was not applied.")

    def insert(self, number: int) -> None:
        with connection.cursor() as cursor:
            for _ in range(number):
                cursor.execute("INSERT INTO bare (minor) VALUES (25)")


if __name__ == "__main__":
    main()
