"""From dated facts to the state they lead to, step by step. Pure: the same facts in any order give the same end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction

from payments.accrual.allocation import COMPONENT_ORDER, DEFAULT_ORDER, Order, claims_of, set_against
from payments.accrual.interest import BASIS_POINT, InterestSpan, Piece, Stop, is_stopped, pieces, whole

Moves = dict[str, int]
# Within a day: what is owed comes before what is paid, and what goes back comes after that.
RANKS = {
    "placed": 0,
    "adjusted": 1,
    "fee": 2,
    "rule_fee": 2,
    "paid": 3,
    "given_back": 4,
    "taken_back": 5,
    "misplaced": 5,
    "waived": 6,
}
# That payment never counted; a fee may come for the first only: what was somebody else's payment is nobody's fault.
NEVER_CAME = ("taken_back", "misplaced")


@dataclass(frozen=True)
class FeeTerms:
    """A flat sum plus a share of the principal, within limits."""

    flat: int = 0
    share: Fraction = Fraction(0)
    least: int = 0
    most: int | None = None
    runs_during: frozenset[str] = frozenset()

    def amount(self, principal: int) -> int:
        wanted = max(self.least, self.flat + whole(self.share * principal))
        return wanted if self.most is None else min(wanted, self.most)


@dataclass(frozen=True)
class Fact:
    """One thing that happened on a day. `key` is its own for ever; `of` is the key of the payment it is about.

    placed, adjusted: `moves` by component and `surplus`. paid: `minor` came in. given_back: `minor` of payment `of`
    went out. taken_back, misplaced: `minor` of payment `of` never counted. fee, rule_fee, waived: on `component`.
    """

    key: str
    kind: str
    on: date
    minor: int = 0
    moves: tuple[tuple[str, int], ...] = ()
    surplus: int = 0
    of: str = ""
    component: str = ""
    instruction: str = ""
    fee: FeeTerms | None = None

    def told(self) -> list[object]:
        """What tells this fact from another version of itself."""
        return [self.kind, self.on.isoformat(), self.minor, dict(self.moves), self.component, self.instruction]


@dataclass(frozen=True)
class Conditions:
    """What the account runs under. `start` is when interest may begin; `schedule` is (due on, minor) of a plan."""

    start: date
    due_date: date
    spans: tuple[InterestSpan, ...] = ()
    stops: tuple[Stop, ...] = ()
    orders: tuple[Order, ...] = ()
    schedule: tuple[tuple[date, int], ...] = ()

    def order_on(self, day: date) -> Order:
        return next((row for row in self.orders if row.covers(day)), DEFAULT_ORDER)


@dataclass(frozen=True)
class Step:
    """One line of the story: what moved, and what was owed after it. `nights`: those it charges interest for."""

    kind: str
    on: date
    key: str
    moves: Moves
    surplus: int
    after: Moves
    nights: int = 0

    @property
    def change(self) -> int:
        return sum(self.moves.values())

    @property
    def balance(self) -> int:
        return sum(self.after.values())


@dataclass
class Outcome:
    components: Moves = field(default_factory=lambda: dict.fromkeys(COMPONENT_ORDER, 0))
    surplus: int = 0
    interest: Fraction = Fraction(0)
    steps: list[Step] = field(default_factory=list)

    @property
    def balance(self) -> int:
        return sum(self.components.values())


def replay(facts: Iterable[Fact], conditions: Conditions, *, through: date) -> Outcome:
    """Tell the account's story from the beginning to `through` (the night after it not included)."""
    run = _Run(conditions)
    for fact in in_order(facts, since=conditions.start):
        if fact.on > through:
            break
        run.accrue(fact.on)
        run.apply(fact)
    run.accrue(through)
    return run.outcome


def in_order(facts: Iterable[Fact], *, since: date) -> list[Fact]:
    """Chronologically, whatever order they became known in; nothing goes back before it came.

    What was handed over was owed before that: from the first day anything is told of, or interest may run from.
    """
    known = list(facts)
    came = {fact.key: fact.on for fact in known if fact.kind == "paid"}
    never: dict[str, int] = {}
    for fact in known:
        if fact.kind in NEVER_CAME:
            never[fact.of] = never.get(fact.of, 0) + fact.minor
    earliest = min((fact.on for fact in known), default=since)
    earliest = min(earliest, since)
    settled = [_settled(fact, came, never, earliest) for fact in known]
    return sorted(settled, key=lambda fact: (fact.on, RANKS[fact.kind], fact.key))


def _settled(fact: Fact, came: dict[str, date], never: dict[str, int], earliest: date) -> Fact:
    if fact.kind == "placed":
        return replace(fact, on=earliest)
    if fact.kind == "paid":
        return replace(fact, minor=max(0, fact.minor - never.get(fact.key, 0)))
    return replace(fact, on=max(fact.on, came.get(fact.of, fact.on)))


class _Run:
    def __init__(self, conditions: Conditions) -> None:
        self.conditions = conditions
        self.outcome = Outcome()
        self.day = conditions.start
        self.placed = self.posted = self.fees = self.applied = 0
        self.shares: dict[str, tuple[Moves, int]] = {}

    def accrue(self, until: date) -> None:
        """Nights up to `until`, at the principal as it is; whole units are added, the rest is carried."""
        if until <= self.day:
            return
        principal, begun, nights = self.outcome.components["principal"], self.day, 0
        for piece in pieces(begun, until, self.conditions.spans, self.conditions.stops):
            self.outcome.interest += self._within_cap(piece, piece.share * principal)
            nights += (piece.end - piece.start).days
        self.day = until
        new = whole(self.outcome.interest) - self.posted
        self.posted += new
        if new:
            self._step("interest", until, "", {"interest": new}, nights=nights)

    def _within_cap(self, piece: Piece, wanted: Fraction) -> Fraction:
        share = piece.span.cap_share
        return wanted if share is None else min(wanted, self._room(share))

    def _room(self, share: Fraction) -> Fraction:
        return max(Fraction(0), share * self.placed - self.outcome.interest - self.fees)

    def apply(self, fact: Fact) -> None:
        getattr(self, f"_{fact.kind}")(fact)

    def _placed(self, fact: Fact) -> None:
        self.placed += dict(fact.moves).get("principal", 0)
        self._adjusted(fact)

    def _adjusted(self, fact: Fact) -> None:
        """A correction below nothing takes from the next component; what no component can take is not owed anyway."""
        moves, spill = {}, 0
        for name, minor in fact.moves:
            moves[name] = max(minor, -self.outcome.components[name])
            spill += minor - moves[name]
        if spill:
            after = {name: owed + moves.get(name, 0) for name, owed in self.outcome.components.items()}
            taken, _left = set_against(-spill, claims_of(after, past_due=0, due=0), DEFAULT_ORDER)
            moves |= {name: moves.get(name, 0) - minor for name, minor in taken.items()}
        self._step(fact.kind, fact.on, fact.key, moves, surplus=fact.surplus)

    def _fee(self, fact: Fact) -> None:
        self._step(fact.kind, fact.on, fact.key, {fact.component: fact.minor})

    def _rule_fee(self, fact: Fact) -> None:
        fee, principal = fact.fee, self.outcome.components["principal"]
        if fee is None or principal <= 0 or is_stopped(fact.on, self.conditions.stops, fee.runs_during):
            return
        minor = fee.amount(principal)
        span = next((row for row in self.conditions.spans if row.covers(fact.on)), None)
        if span and span.cap_share is not None:
            minor = min(minor, whole(self._room(span.cap_share)))
        self.fees += minor
        self._step(fact.kind, fact.on, fact.key, {fact.component: minor})

    def _paid(self, fact: Fact) -> None:
        order = self.conditions.order_on(fact.on)
        past_due, due = self._due(fact.on)
        claims = claims_of(self.outcome.components, past_due=past_due, due=due)
        shares, surplus = set_against(fact.minor, claims, order, fact.instruction)
        self.shares[fact.key] = (dict(shares), surplus)
        self.applied += sum(shares.values())
        self._step(fact.kind, fact.on, fact.key, {name: -minor for name, minor in shares.items()}, surplus=surplus)

    def _due(self, day: date) -> tuple[int, int]:
        return due_amounts(
            day, self.conditions.due_date, self.conditions.schedule, owed=self.outcome.balance, paid=self.applied
        )

    def _given_back(self, fact: Fact) -> None:
        """Out of the payment's surplus first, then the debt comes back in the reverse order of allocation."""
        shares, spare = self.shares.get(fact.of, ({}, 0))
        from_surplus = max(0, min(fact.minor, spare, self.outcome.surplus))
        left, back = fact.minor - from_surplus, {}
        for name in reversed(COMPONENT_ORDER):
            back[name] = min(left, shares.get(name, 0))
            left -= back[name]
        rest = {name: minor - back.get(name, 0) for name, minor in shares.items()}
        self.shares[fact.of] = (rest, spare - from_surplus)
        self.applied -= sum(back.values())
        self._step(fact.kind, fact.on, fact.key, back, surplus=-from_surplus - left)

    def _taken_back(self, fact: Fact) -> None:
        """Its money was left out on the day it seemed to come; here it is only told."""
        self._step(fact.kind, fact.on, fact.key, {})

    _misplaced = _taken_back

    def _waived(self, fact: Fact) -> None:
        minor = min(fact.minor, self.outcome.components[fact.component])
        self._step(fact.kind, fact.on, fact.key, {fact.component: -minor})

    def _step(
        self,
        kind: str,
        on: date,
        key: str,
        moves: Moves,
        *,
        surplus: int = 0,
        nights: int = 0,
    ) -> None:
        moves = {name: minor for name, minor in moves.items() if minor}
        for name, minor in moves.items():
            self.outcome.components[name] += minor
        self.outcome.surplus += surplus
        after = dict(self.outcome.components)
        self.outcome.steps.append(Step(kind, on, key, moves, surplus, after, nights))


def due_amounts(
    day: date, due_date: date, schedule: Sequence[tuple[date, int]], *, owed: int, paid: int
) -> tuple[int, int]:
    """(past due, due that day) of what is owed: by the plan's dates where there is one, else by the due date."""
    if not schedule:
        return (owed if due_date < day else 0, owed if due_date == day else 0)
    before = sum(minor for due_on, minor in schedule if due_on < day)
    today = sum(minor for due_on, minor in schedule if due_on == day)
    past = max(0, min(owed, before - paid))
    return past, max(0, min(owed - past, before + today - paid - past))


def basis_points(number: int) -> Fraction:
    return BASIS_POINT * number
