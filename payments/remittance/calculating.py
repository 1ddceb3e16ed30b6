"""Commission, in whole minor units.

The one rule of rounding: the commission of a payment is rounded once, as the terms say, on all that has come in and
gone back of it so far. A line carries the difference to what its payment was charged before, so the lines sum to the
total exactly, and a payment that went back entirely has cost nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

from payments.models import CommissionTerms, RemittanceLine

Basis = CommissionTerms.Basis
_ROUNDING = {"half_even": ROUND_HALF_EVEN, "half_up": ROUND_HALF_UP, "down": ROUND_DOWN}
_WHOLE = Decimal(10_000)
# Flat per account counts by account, everything else by payment.
Group = tuple[str, int]


@dataclass
class Running:
    """What came in and what was charged so far, per group; filled with earlier remittances, then line by line."""

    collected: dict[Group, int] = field(default_factory=lambda: defaultdict(int))
    charged: dict[Group, int] = field(default_factory=lambda: defaultdict(int))


def group_of(terms: CommissionTerms, *, origin_id: int, account_id: int | None) -> Group:
    if terms.basis == Basis.ACCOUNT and account_id is not None:
        return "account", account_id
    return "payment", origin_id


def rate_at(terms: CommissionTerms, age_days: int) -> int:
    """Hundredths of a percent for a debt this old when it was placed."""
    if terms.basis == Basis.PERCENT:
        return terms.rate
    rates = [rate for days, rate in zip(terms.tier_days, terms.tier_rates, strict=True) if days <= age_days]
    return rates[-1] if rates else 0


def due_on(terms: CommissionTerms, collected: int, age_days: int) -> int:
    """The commission on all that has come in; nothing on nothing."""
    if terms.basis in (Basis.ACCOUNT, Basis.PAYMENT):
        return terms.flat_minor if collected > 0 else 0
    exact = Decimal(collected) * rate_at(terms, age_days) / _WHOLE
    return int(exact.quantize(Decimal(1), rounding=_ROUNDING[terms.rounding]))


def charge(lines: Sequence[RemittanceLine], so_far: Running) -> None:
    """Set each line's commission, in order."""
    for line in lines:
        terms = line.terms
        if terms is None or line.kind == RemittanceLine.Kind.FEE:
            continue
        if line.kind == RemittanceLine.Kind.DIRECT and not terms.direct_counts:
            continue
        group = group_of(terms, origin_id=line.origin_id, account_id=line.account_id)
        so_far.collected[group] += line.amount_minor
        due = due_on(terms, so_far.collected[group], line.age_days or 0)
        line.commission_minor = due - so_far.charged[group]
        so_far.charged[group] = due
