"""django-hordak posting the same entry: processes, settings and a database of its own on the same server.

One transaction with four legs in one database transaction, as its documentation posts. It keeps no cached balance and
would not notice a payment that comes twice.
"""

from __future__ import annotations

import ast
import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction

from bench.writers import Writers, serve, started

DEBTORS = 200
HOUSE = (("Placed", "liability"), ("Clearing", "asset"), ("Payable", "liability"))


def is_installed() -> bool:
    return importlib.util.find_spec("hordak") is not None


@contextmanager
def hordak(number: int) -> Iterator[Writers]:
    name = f"{connection.settings_dict['NAME']}_peer"
    _execute(f'CREATE DATABASE "{name}"')
    try:
        with started("bench.post_peer", number, database=name) as writers:
            yield writers
    finally:
        _execute(f'DROP DATABASE "{name}"')


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def main() -> None:
    settings.configure(
        DATABASES={"default": ast.literal_eval(input())},
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "mptt", "djmoney", "hordak"],
        DEFAULT_CURRENCY="EUR",
        CURRENCIES=["EUR"],
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    )
    django.setup()
    from hordak.models import Account

    if sys.argv[1] == "0":
        _open_chart()
    chart = list(Account.objects.order_by("pk"))
    serve({"entry": partial(_post, house=chart[: len(HOUSE)], debtors=chart[len(HOUSE) :])})


def _open_chart() -> None:
    from hordak.models import Account, AccountType

    call_command("migrate", verbosity=0)
    accounts = [*HOUSE, *((f"Debtor {n}", "asset") for n in range(DEBTORS))]
    for code, (name, type_) in enumerate(accounts, 1):
        Account.objects.create(name=name, code=str(code), type=AccountType[type_], currencies=["EUR"])
    _execute("VACUUM ANALYZE hordak_account")


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
