"""django-hordak posting the same entry: its own process, settings and database on the same server.

One transaction with four legs in one database transaction, as its documentation posts. It keeps no cached balance and
would not notice a payment that comes twice.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction

from bench.effort import Effort

DEBTORS = 200


@contextmanager
def hordak() -> Iterator[Callable[[int], Effort]]:
    """Yields what posts so many payments and tells what it took."""
    name = f"{connection.settings_dict['NAME']}_peer"
    _execute(f'CREATE DATABASE "{name}"')
    place = repr({key: connection.settings_dict[key] for key in ("ENGINE", "HOST", "PORT", "USER", "PASSWORD")})
    command = [sys.executable, "-m", "bench.post_peer", name]
    root = Path(__file__).resolve().parent.parent
    peer = subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        _ask(peer, place)
        yield lambda number: _ask(peer, str(number))
    finally:
        peer.stdin.close()
        peer.wait()
        _execute(f'DROP DATABASE "{name}"')


def _ask(peer: subprocess.Popen[str], line: str) -> Effort:
    peer.stdin.write(line + "\n")
    peer.stdin.flush()
    if not (answer := peer.stdout.readline()):
        raise RuntimeError("django-hordak did not run; its reason is above.")
    return Effort(*map(float, answer.split()))


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def main() -> None:
    """Reads where the database is, then how many to post, line by line; answers each with seconds."""
    settings.configure(
        DATABASES={"default": ast.literal_eval(input()) | {"NAME": sys.argv[1]}},
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "mptt", "djmoney", "hordak"],
        DEFAULT_CURRENCY="EUR",
        CURRENCIES=["EUR"],
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    )
    django.setup()
    chart = _open_chart()
    print(0.0, 0.0, flush=True)
    for line in sys.stdin:
        spent = Effort()
        spent.spend(partial(_post, int(line), *chart))
        print(spent.wall, spent.cpu, flush=True)


def _open_chart():
    from hordak.models import Account, AccountType

    call_command("migrate", verbosity=0)
    house = [
        Account.objects.create(name=name, code=str(number), type=type_, currencies=["EUR"])
        for number, (name, type_) in enumerate(
            [("Placed", AccountType.liability), ("Clearing", AccountType.asset), ("Payable", AccountType.liability)], 1
        )
    ]
    debtors = [
        Account.objects.create(name=f"Debtor {n}", code=str(10 + n), type=AccountType.asset, currencies=["EUR"])
        for n in range(DEBTORS)
    ]
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE hordak_account")
    return house, debtors


def _post(number: int, house, debtors) -> None:
    from hordak.models import Leg, Transaction
    from moneyed import EUR, Money

    placed, clearing, payable = house
    amount = Money("0.25", EUR)
    for n in range(number):
        with transaction.atomic():
            head = Transaction.objects.create(description=f"payment {n}")
            Leg.objects.create(transaction=head, account=debtors[n % len(debtors)], credit=amount)
            Leg.objects.create(transaction=head, account=placed, debit=amount)
            Leg.objects.create(transaction=head, account=clearing, debit=amount)
            Leg.objects.create(transaction=head, account=payable, credit=amount)


if __name__ == "__main__":
    main()
