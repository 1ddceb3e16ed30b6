"""Seed every bug of the chosen adapters and tell which ones the tests miss."""

import argparse
import sys
import time

from tests.wallets.mutations.seeded import CAUGHT, Mutation, Table, outcome, outcome_without, tables

WORDS = {0: "SURVIVED", 1: "caught"}


def main() -> int:
    parser = argparse.ArgumentParser(prog="mutations", description=__doc__)
    parser.add_argument("adapters", nargs="*", help="adapters to spoil; none means all")
    parser.add_argument("--trusting", action="store_true", help="do not see first that the tests are green")
    parser.add_argument("--only", default="", help="the bugs whose name holds this text")
    chosen = parser.parse_args()
    every = tables()
    return max([_try(every[name], chosen) for name in chosen.adapters or every], default=0)


def _try(table: Table, chosen: argparse.Namespace) -> int:
    if not chosen.trusting and outcome_without(table) != 0:
        print(f"{table.adapter}: the tests fail without any bug", flush=True)
        return 2
    wanted = [mutation for mutation in table.mutations if chosen.only in mutation.name]
    caught = sum(_caught(table, mutation) for mutation in wanted)
    print(f"{table.adapter}: {caught} of {len(wanted)} caught", flush=True)
    return 0 if caught == len(wanted) else 1


def _caught(table: Table, mutation: Mutation) -> bool:
    started = time.monotonic()
    status = outcome(table, mutation)
    word = WORDS.get(status, f"pytest ended with {status}")
    print(f"{table.adapter}: {word}: {mutation.name} ({time.monotonic() - started:.0f} s)", flush=True)
    return status == CAUGHT


if __name__ == "__main__":
    sys.exit(main())
