"""A chain's books of a UTC day: its own final transfers to our addresses, in the currency of the debt.

Read from the chain and not from what a sweep has stored, so that one checks the other. Only what came before that day
is taken from the store: the statements of those days have checked it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from common.http import NotSent, Operation
from common.money import Money
from wallets.providers.deposits import Deposit, DepositProblem
from wallets.providers.messages import StatementLine
from wallets.providers.usdt.chains import Tip
from wallets.providers.usdt.judging import counts, judge
from wallets.providers.usdt.sweeping import Case, Sweeper
from wallets.providers.vocabulary import EventKind
from wallets.providers.watching import Watch


def statement(sweeper: Sweeper, watches: Sequence[Watch], day: date) -> Operation[Sequence[StatementLine]]:
    """Raises `NotSent` while a block of that day may still come or change."""
    opens = datetime.combine(day, time.min, tzinfo=UTC)
    closes = opens + timedelta(days=1)
    chain, cases = sweeper.chain, [sweeper.case(watch) for watch in watches]
    tip = yield from chain.tip()
    if tip.final_time < closes:
        raise NotSent("The chain's books of that day are not final yet.")
    first = yield from chain.first_since(opens, tip)
    after = yield from chain.first_since(closes, tip)
    starts = {case.address: first for case in cases}
    end = replace(tip, head=after - 1, final=after - 1)
    found = (yield from chain.transfers(starts, end)) if cases and after > first else ()
    inside = [deposit for deposit in found if opens <= deposit.block_time < closes]
    lines: list[StatementLine] = []
    for case in cases:
        before = [one for one in case.watch.known if one.final and one.position < first]
        new = [deposit for deposit in inside if deposit.address == case.address]
        lines += _lines(sweeper, case, before=before, new=new, tip=tip)
    return tuple(lines)


def _lines(
    sweeper: Sweeper, case: Case, *, before: Sequence[Deposit], new: Sequence[Deposit], tip: Tip
) -> Iterator[StatementLine]:
    worth = _worths(sweeper, case, [*before, *new], tip)
    for deposit in sorted(new, key=lambda one: one.order):
        if deposit.key in worth:
            yield StatementLine(
                kind=EventKind.PAYMENT,
                merchant_ref=case.watch.merchant_ref,
                provider_ref=deposit.key,
                amount=Money(worth[deposit.key], case.terms.asked.currency),
                fee=Money(0, case.terms.asked.currency),
                booked_at=deposit.block_time,
            )


def _worths(sweeper: Sweeper, case: Case, deposits: Sequence[Deposit], tip: Tip) -> dict[str, int]:
    """Each transfer of our coin at the quoted rate, rounded down; those that cover the quote are what was asked."""
    asked, to_send = case.terms.asked.minor, case.terms.to_send.minor
    ours = [one for one in deposits if one.token == sweeper.rules.token and counts(one, sweeper.rules)]
    verdict = judge(case.terms, ours, rules=sweeper.rules, final_time=tip.final_time)
    apart = {
        deposit.key
        for issue in verdict.issues
        if issue.problem is not DepositProblem.OVERPAID
        for deposit in issue.deposits
    }
    worth, total = {}, 0
    for deposit in sorted(ours, key=lambda one: one.order):
        if deposit.key in apart:
            worth[deposit.key] = deposit.value * asked // to_send
            continue
        worth[deposit.key] = (total + deposit.value) * asked // to_send - total * asked // to_send
        total += deposit.value
    return worth
