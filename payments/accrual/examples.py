"""A rule worked out on a made-up debt, with the same code that works out the real ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from common.clock import today
from common.money import Money, exponent
from payments.accrual.allocation import COMPONENT_ORDER, TIMINGS, Bucket, Order, set_against
from payments.accrual.interest import InterestSpan, lawful_rate, pieces, whole
from payments.accrual.replay import FeeTerms, basis_points
from payments.accrual.words import bucket_words
from payments.models import FeeRule, InterestTerms

SHOWN_DECIMALS = 6


@dataclass(frozen=True)
class InterestExample:
    """`exact` is what has run up to the last shown decimal, `charged` what of it is asked for."""

    principal: Money
    days: int
    exact: str
    charged: Money
    is_capped: bool


def interest_example(terms: InterestTerms, principal: Money, days: int) -> InterestExample:
    start = max(today(), terms.effective_from or today())
    rate = lawful_rate(terms.yearly_basis_points, terms.cap_basis_points)
    span = InterestSpan(start, None, rate, terms.day_count)
    run_up = sum(
        (piece.share * principal.minor for piece in pieces(start, start + timedelta(days=days), [span], [])),
        Fraction(0),
    )
    most = None if terms.cap_share is None else basis_points(terms.cap_share) * principal.minor
    exact = run_up if most is None else min(run_up, most)
    return InterestExample(
        principal, days, _decimal(exact, principal.currency), Money(whole(exact), principal.currency), exact != run_up
    )


def _decimal(minor: Fraction, currency: str) -> str:
    """Cut, not rounded, and without idle zeros."""
    scale = 10**SHOWN_DECIMALS
    digits = whole(minor * scale)
    value = Decimal(digits).scaleb(-SHOWN_DECIMALS - exponent(currency))
    return format(value.normalize(), "f")


def fee_example(rule: FeeRule, principal: Money) -> Money:
    terms = FeeTerms(rule.flat_minor, basis_points(rule.share_basis_points), rule.least_minor, rule.most_minor)
    return Money(terms.amount(principal.minor), rule.currency)


@dataclass(frozen=True)
class Filled:
    words: str
    owed: Money
    paid: Money


# A debt with something in each bucket, and a payment that reaches about half of it.
OWED = {"costs": 1_500, "fees": 1_000, "interest": 2_000, "principal": 20_000}
SHARES = {"past_due": 2, "due": 1, "in_advance": 1}


def order_example(order: Order, payment: Money, instruction: str = "") -> tuple[list[Filled], Money]:
    """Bucket by bucket in this order, and what is left over."""
    currency = payment.currency
    claims: dict[Bucket, int] = {
        (timing, name): OWED[name] * SHARES[timing] // 4 for name in COMPONENT_ORDER for timing in TIMINGS
    }
    lines, left = [], payment.minor
    buckets = order.buckets
    if instruction and order.follows_debtor:
        buckets = tuple(sorted(buckets, key=lambda bucket: bucket[1] != instruction))
    for bucket in buckets:
        shares, left = set_against(left, {bucket: claims[bucket]}, order)
        paid = sum(shares.values())
        lines.append(Filled(bucket_words(bucket), Money(claims[bucket], currency), Money(paid, currency)))
    return lines, Money(left, currency)
