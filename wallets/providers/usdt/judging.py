"""What became of a quoted payment, from the transfers its address received: a pure function."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from common.money import Money
from wallets.providers.deposits import Deposit, DepositIssue, DepositProblem
from wallets.providers.usdt.quoting import COIN, Terms
from wallets.providers.vocabulary import PaymentState


@dataclass(frozen=True, kw_only=True)
class Rules:
    """`token` is our contract: a symbol proves nothing. Transfers of it below `dust` smallest units are noise."""

    token: str
    dust: int
    blocked: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Verdict:
    state: PaymentState
    issues: tuple[DepositIssue, ...] = ()
    completed_by: Deposit | None = None


def judge(
    terms: Terms, deposits: Sequence[Deposit], *, rules: Rules, final_time: datetime, posted: bool = False
) -> Verdict:
    """`final_time` is the time of the newest block that cannot change: until it passes the deadline, money may come."""
    seen = [deposit for deposit in sorted(deposits, key=lambda deposit: deposit.order) if counts(deposit, rules)]
    final = [deposit for deposit in seen if deposit.final]
    usable = [deposit for deposit in final if usable_payment(deposit, rules)]
    strange = tuple(_strange(deposit, rules) for deposit in final if deposit not in usable)
    in_time = [deposit for deposit in usable if deposit.block_time <= terms.deadline]
    covering = _covering(in_time, terms.to_send.minor)
    if covering:
        issues = (*_beyond(usable, covering, terms), *strange)
        return Verdict(PaymentState.SUCCEEDED, issues, covering[-1])
    over = final_time > terms.deadline
    issues = (*_short(in_time, terms, over), *_late(usable, in_time), *strange)
    if posted:
        return Verdict(PaymentState.REVERSED, issues)
    arriving = [deposit for deposit in seen if usable_payment(deposit, rules)]
    return Verdict(_unpaid_state(arriving, issues, terms, over), issues)


def counts(deposit: Deposit, rules: Rules) -> bool:
    """Zero-value and dust transfers only plant look-alike addresses in a history: they are no payment."""
    return deposit.value >= (max(rules.dust, 1) if deposit.token == rules.token else 1)


def usable_payment(deposit: Deposit, rules: Rules) -> bool:
    return deposit.token == rules.token and deposit.sender not in rules.blocked


def _covering(deposits: Sequence[Deposit], wanted: int) -> list[Deposit]:
    """The first transfers that together reach the quoted amount; empty when they do not."""
    total = 0
    for number, deposit in enumerate(deposits, 1):
        total += deposit.value
        if total >= wanted:
            return list(deposits[:number])
    return []


def _beyond(usable: Sequence[Deposit], covering: Sequence[Deposit], terms: Terms) -> list[DepositIssue]:
    excess = _sum(covering) - terms.to_send.minor
    issues = [_issue(DepositProblem.SECOND_PAYMENT, deposit) for deposit in usable if deposit not in covering]
    if excess:
        over = DepositIssue(problem=DepositProblem.OVERPAID, deposits=tuple(covering), amount=Money(excess, COIN))
        issues.insert(0, over)
    return issues


def _short(in_time: Sequence[Deposit], terms: Terms, over: bool) -> list[DepositIssue]:
    if not in_time or not over:
        return []
    missing = Money(terms.to_send.minor - _sum(in_time), COIN)
    return [DepositIssue(problem=DepositProblem.UNDERPAID, deposits=tuple(in_time), amount=missing)]


def _late(usable: Sequence[Deposit], in_time: Sequence[Deposit]) -> list[DepositIssue]:
    return [_issue(DepositProblem.PAID_LATE, deposit) for deposit in usable if deposit not in in_time]


def _strange(deposit: Deposit, rules: Rules) -> DepositIssue:
    if deposit.token == rules.token:
        return _issue(DepositProblem.BLOCKED_SENDER, deposit)
    return DepositIssue(problem=DepositProblem.WRONG_TOKEN, deposits=(deposit,))


def _unpaid_state(
    arriving: Sequence[Deposit], issues: Sequence[DepositIssue], terms: Terms, over: bool
) -> PaymentState:
    """The payer still has something to do, or the chain has, or a person has, or it is over."""
    if not over:
        complete = _sum(arriving) >= terms.to_send.minor or any(not deposit.final for deposit in arriving)
        return PaymentState.PENDING if complete else PaymentState.REQUIRES_ACTION
    return PaymentState.PENDING if issues or arriving else PaymentState.CLOSED


def _issue(problem: DepositProblem, deposit: Deposit) -> DepositIssue:
    return DepositIssue(problem=problem, deposits=(deposit,), amount=Money(deposit.value, COIN))


def _sum(deposits: Sequence[Deposit]) -> int:
    return sum(deposit.value for deposit in deposits)
