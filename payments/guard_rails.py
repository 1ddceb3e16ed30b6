"""Whether a repayment plan keeps within its guard-rails, and what would: exact sums, no floats, one door for everybody.

What is offered, what a debtor makes up, what staff write down and what the assistant proposes ask the same questions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import Account, User
from accounts.roles import may
from common.clock import today
from common.errors import InvalidInput
from common.money import Money, exponent
from payments.models import PlanRail
from payments.retries.words import day_words

Parts = Sequence[tuple[date, int]]
WHOLE = 10_000


@dataclass(frozen=True, slots=True)
class House:
    """What is offered where nobody has set any guard-rails."""

    least_units: int = 10
    most_parts: int = 12
    longest_days: int = 420
    down_basis_points: int = 0


@dataclass(frozen=True, slots=True)
class Bounds:
    """A rail applied to one debt on one day. `least` and what is asked down are minor units."""

    least: int
    most_parts: int
    last_day: date
    down_basis_points: int

    def down(self, total: int) -> int:
        """Rounded up: a share that is asked for is not undercut by a fraction."""
        return -(-total * self.down_basis_points // WHOLE)


@dataclass(frozen=True, slots=True)
class Breach:
    """Which guard-rail, and the field of a form it is about."""

    rail: str
    field: str


def rail_for(account: Account) -> PlanRail | None:
    """The narrowest in force: of the creditor before the house's, of a currency before of every one, then the highest
    band that the debt reaches."""
    units = account.balance_minor // 10 ** exponent(account.currency)
    rows = PlanRail.objects.filter(
        Q(creditor=account.creditor_id) | Q(creditor=None),
        currency__in=("", account.currency),
        state="approved",
        effective_from__lte=today(),
    )
    newest: dict[tuple[int | None, str, int], PlanRail] = {}
    for row in rows.order_by("effective_from", "pk"):
        newest[row.creditor_id, row.currency, row.from_units] = row
    fitting = [row for row in newest.values() if not row.ends and row.from_units <= units]
    return max(fitting, key=lambda row: (row.creditor_id is not None, bool(row.currency), row.from_units), default=None)


def bounds_of(account: Account, rail: PlanRail | None = None) -> Bounds:
    """`rail` where it was looked up already. Without any the house's usual ones."""
    known = rail or rail_for(account) or House()
    begin = today(account.debtor.time_zone or "UTC")
    return Bounds(
        least=min(known.least_units * 10 ** exponent(account.currency), max(account.balance_minor, 0)),
        most_parts=known.most_parts,
        last_day=begin + timedelta(days=known.longest_days),
        down_basis_points=known.down_basis_points,
    )


def breaches(parts: Parts, bounds: Bounds) -> list[Breach]:
    """Every guard-rail that these parts do not keep, in the order in which people would mend them."""
    amounts = [minor for _day, minor in parts]
    found = []
    if len(parts) > bounds.most_parts:
        found.append(Breach("most_parts", "count"))
    if min(amounts) < max(bounds.least, 1):
        found.append(Breach("least", "count"))
    if parts[-1][0] > bounds.last_day:
        found.append(Breach("longest", "first"))
    if len(parts) > 1 and amounts[0] < bounds.down(sum(amounts)):
        found.append(Breach("down", "amount"))
    return found


def check_rails(account: Account, parts: Parts, *, by: User | None) -> list[str]:
    """Raises `InvalidInput` that names the guard-rail and what would fit. A supervisor (`by`) may agree to more where
    the guard-rail lets them; then the names of those that were not kept come back, for the record.

    Where nobody has set any, what people agree to by hand is not bounded.
    """
    rail = rail_for(account)
    if rail is None:
        return []
    bounds = bounds_of(account, rail)
    found = breaches(parts, bounds)
    supervised = rail.beyond == PlanRail.Beyond.SUPERVISOR
    if not found or (supervised and by is not None and may(by, "confirm_money")):
        return [one.rail for one in found]
    words = refusal(found[0], parts, bounds, account.currency)
    if supervised and by is not None:
        words = " ".join([words, _("A supervisor may agree to more.")])
    raise InvalidInput(words, field=found[0].field, rail=found[0].rail)


def refusal(breach: Breach, parts: Parts, bounds: Bounds, currency: str) -> str:
    """What is not kept, and what would be."""
    total = sum(minor for _day, minor in parts)
    if breach.rail == "most_parts":
        return _("At most %(most)s payments.") % {"most": bounds.most_parts}
    if breach.rail == "longest":
        words = _("The last payment is on %(day)s at the latest. Choose fewer payments or an earlier first day.")
        return words % {"day": day_words(bounds.last_day)}
    if breach.rail == "down":
        words = _("The first payment is at least %(down)s.")
        return words % {"down": _amount(bounds.down(total), currency)}
    words = _("Each payment is at least %(least)s. Of %(total)s that is %(fits)s payments at most.")
    fits = max(1, total // bounds.least) if bounds.least else 1
    return words % {
        "least": _amount(bounds.least, currency),
        "total": _amount(total, currency),
        "fits": min(fits, bounds.most_parts),
    }


def _amount(minor: int, currency: str) -> str:
    return Money(minor, currency).format(get_language() or "en")


def split(total: int, count: int, bounds: Bounds, *, step: int = 1) -> list[int]:
    """Amounts that sum to `total` exactly, multiples of `step`: equal ones, or a larger first where that is asked."""
    units = total // step
    equal = [share * step for share in _shares(units, count)]
    down = -(-bounds.down(total) // step)
    if count == 1 or down * step <= equal[0]:
        return equal
    return [down * step, *(share * step for share in _shares(units - down, count - 1))]


def _shares(units: int, count: int) -> list[int]:
    """The first ones carry the rest."""
    each, rest = divmod(units, count)
    return [each + 1] * rest + [each] * (count - rest)
