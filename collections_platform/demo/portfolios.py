"""Seeded placement files in the creditors' own headers, with six months of billed and paid amounts."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from collections_platform.demo.creditors import DemoCreditor
from common.money import Money

HISTORY_MONTHS = 6
# Days overdue and how common they are: most debts are young.
AGES = ((3, 14), (9, 14), (18, 12), (26, 10), (33, 12), (47, 10), (64, 12), (94, 8), (150, 5), (-4, 8))


def months_before(day: date) -> list[date]:
    """The first days of the months before `day`, newest first."""
    first = day.replace(day=1)
    months = []
    for _ in range(HISTORY_MONTHS):
        first = (first - timedelta(days=1)).replace(day=1)
        months.append(first)
    return months


def header(creditor: DemoCreditor, *, today: date) -> list[str]:
    pairs = ([f"Billed {month:%Y-%m}", f"Paid {month:%Y-%m}"] for month in months_before(today))
    return [*creditor.headers, *(name for pair in pairs for name in pair)]


def _history(rng: random.Random, balance: int) -> list[int]:
    """Billed and paid, newest first: a balance that grew because less and less was paid."""
    cells, billed = [], balance
    for _ in range(HISTORY_MONTHS):
        paid = int(billed * rng.choice((0, 0, 0.02, 0.05, 0.1, 0.3)))
        cells += [billed, paid]
        billed = int(billed * rng.uniform(0.82, 0.98))
    return cells


def _person(creditor: DemoCreditor, rng: random.Random) -> str:
    given, family = rng.choice(creditor.given), rng.choice(creditor.family)
    return f"{family}{given}" if creditor.family_first else f"{given} {family}"


def rows(creditor: DemoCreditor, *, today: date, seed: int = 2026) -> Iterator[list[str]]:
    rng = random.Random(f"{seed}:{creditor.code}")  # noqa: S311 - believable, not secret
    ages, weights = zip(*AGES, strict=True)
    for number in range(1, creditor.accounts + 1):
        balance = max(2_000, int(creditor.typical_minor * rng.lognormvariate(0, 0.7)))
        due = today - timedelta(days=rng.choices(ages, weights)[0] + rng.randint(0, 4))
        amounts = [Money(minor, creditor.currency).to_decimal_string() for minor in _history(rng, balance)]
        yield [
            f"{creditor.code[:2].upper()}-{number:06d}",
            f"C{number:06d}",
            _person(creditor, rng),
            f"{creditor.code}.{number:04d}@example.com" if rng.random() < 0.92 else "",
            creditor.phone.format(number) if rng.random() < 0.85 else "",
            rng.choice(creditor.languages),
            creditor.product,
            creditor.currency,
            amounts[0],
            due.isoformat(),
            Money(balance * 2, creditor.currency).to_decimal_string(),
            str(rng.randint(1958, 2003)),
            *amounts,
        ]


def write_placement(creditor: DemoCreditor, path: Path, *, today: date) -> Path:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header(creditor, today=today))
        writer.writerows(rows(creditor, today=today))
    return path
