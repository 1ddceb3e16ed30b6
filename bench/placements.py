"""Placement rows for measuring: seeded, shaped like real ones, written as fast as they can be."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

GIVEN = (
    "Ana",
    "Ben",
    "Chen",
    "Dora",
    "Emil",
    "Fang",
    "Grace",
    "Hugo",
    "Ines",
    "Jonas",
    "Kira",
    "Lin",
    "Mei",
    "Nora",
    "Omar",
)
FAMILY = (
    "Abe",
    "Brandt",
    "Costa",
    "Dubois",
    "Evans",
    "Fischer",
    "Garcia",
    "Huang",
    "Ivanov",
    "Jensen",
    "Keller",
    "Lopez",
)
MONTHS = ("2026-09", "2026-08", "2026-07", "2026-06", "2026-05", "2026-04")
HEADERS = [
    "Account No", "Customer No", "Full Name", "Email", "Mobile", "Country", "Language", "Product", "Currency",
    "Balance", "Due Date", "Credit Limit", "Birth Year",
    *(f"{kind} {month}" for month in MONTHS for kind in ("Billed", "Paid")),
]  # fmt: skip


def rows(count: int, *, seed: int = 7) -> Iterator[list[str]]:
    rng = random.Random(seed)
    first_due = date(2026, 6, 1)
    for number in range(count):
        given, family = rng.choice(GIVEN), rng.choice(FAMILY)
        balance = rng.randrange(2_000, 900_000)
        history = []
        for _month in MONTHS:
            paid = balance * rng.choice((0, 0, 2, 5, 10)) // 100
            history += [f"{balance // 100}.{balance % 100:02d}", f"{paid // 100}.{paid % 100:02d}"]
        yield [
            f"ACC{number:08d}", f"C{number:08d}", f"{given} {family}", f"{given}.{family}.{number}@example.com".lower(),
            f"+88691{number % 10_000_000:07d}", "TW", "zh-Hant", "credit_card", "TWD", history[0],
            (first_due + timedelta(days=rng.randrange(90))).isoformat(), "50000.00", str(rng.randrange(1950, 2004)),
            *history,
        ]  # fmt: skip


def write_file(path: Path, count: int) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADERS)
        writer.writerows(rows(count))
    return path
