"""The contact policies the platform ships, as data. Not legal advice: each row says where its numbers come from.

The house rule binds everywhere and is stricter than most laws; a country's row adds what its law or regulator says, so
that a looser house rule would still keep to it. Where a law names no number, the row states the window only.
"""

from __future__ import annotations

from datetime import date, time
from typing import Any

NO_CAP = 999  # the law names none; the house cap binds anyway
FROM = date(2026, 1, 1)


def _row(name: str, opens: int, closes: int, citation: str, **fields: Any) -> dict[str, Any]:
    defaults = {"daily_cap": NO_CAP, "weekly_cap": NO_CAP, "effective_from": FROM}
    return {
        "name": name,
        "window_start": time(opens),
        "window_end": time(closes),
        "citation": citation,
        **defaults,
        **fields,
    }


DEFAULT_POLICIES: tuple[dict[str, Any], ...] = (
    _row(
        "House rule",
        8,
        20,
        "House rule; at least as strict as New York City's and Australia's three contacts in seven days",
        daily_cap=1,
        weekly_cap=3,
        allow_sunday=False,
    ),
    _row("United States", 8, 21, "12 CFR 1006.6(b)(1); 15 USC 1692c(a)(1)", country="US"),
    _row("China", 8, 22, "GB/T 45251-2025 (recommended standard): none from 22:00 to 08:00", country="CN", daily_cap=3),
    _row("Taiwan", 8, 20, "House rule", country="TW"),
    _row(
        "United Kingdom",
        8,
        20,
        "CONC 7.9.4R names no hours (no unreasonable times); the hours are ours",
        country="GB",
        allow_sunday=False,
        allow_holidays=False,
    ),
    _row("Hong Kong", 8, 20, "Code of Banking Practice; LMLA code (no hours named; ours)", country="HK"),
    _row("Singapore", 8, 20, "Debt Collection Act 2022 (no hours named; ours)", country="SG", allow_sunday=False),
    _row("India", 8, 19, "RBI circular of 12 August 2022", country="IN"),
    _row(
        "Brazil",
        9,
        18,
        "Strictest of the states: RJ 7.868/18, ES 10.626/17, AM 306/16, AL 7.782/16; weekdays",
        country="BR",
        allow_saturday=False,
        allow_sunday=False,
        allow_holidays=False,
    ),
    _row(
        "Australia",
        9,
        21,
        "ACCC/ASIC RG 96 part 2 s.4-5: no public holidays, three contacts a week",
        country="AU",
        weekly_cap=3,
        allow_holidays=False,
    ),
    _row("Philippines", 6, 22, "SEC Memorandum Circular 18, s. 2019", country="PH"),
    _row(
        "Indonesia",
        8,
        20,
        "POJK 22/2023 art. 62: Monday to Saturday, no national holidays",
        country="ID",
        allow_sunday=False,
        allow_holidays=False,
    ),
    _row("Kenya", 8, 20, "LN 46/2022 (no hours named; ours)", country="KE", allow_sunday=False),
    _row("Nigeria", 8, 20, "FCCPC DEON Regulations 2025 (no hours named; ours)", country="NG", allow_sunday=False),
)
