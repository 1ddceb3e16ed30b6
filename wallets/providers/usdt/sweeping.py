"""Reading many deposit addresses at once, and setting what was read against what is already known."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from common.http import Operation, OutcomeUnknown
from wallets.providers.deposits import Deposit
from wallets.providers.messages import PaymentResult
from wallets.providers.usdt import codes
from wallets.providers.usdt.addresses import AddressBook
from wallets.providers.usdt.chains import Chain, Tip
from wallets.providers.usdt.judging import Rules, judge
from wallets.providers.usdt.quoting import Terms, read_terms
from wallets.providers.vocabulary import PaymentState
from wallets.providers.watching import Sweep, Watch


@dataclass(frozen=True, kw_only=True)
class Case:
    """One payment being looked at."""

    watch: Watch
    terms: Terms
    address: str


@dataclass(frozen=True, kw_only=True)
class Sweeper:
    chain: Chain
    book: AddressBook
    rules: Rules

    def sweep(self, watches: Sequence[Watch]) -> Operation[Sweep]:
        """As `DepositWatcher.sweep`: one scan for all addresses, from the oldest position any of them still needs."""
        cases = [self._case(watch) for watch in watches]
        tip = yield from self.chain.tip()
        if any(tip.final < case.watch.scanned_to for case in cases):
            raise OutcomeUnknown("The node is behind what was already read. Ask again, or use another node.")
        starts = {case.address: self._start(case) for case in cases}
        found = _by_address((yield from self.chain.transfers(starts, tip)) if cases else ())
        payments = []
        for case in cases:
            merged, lost = _merge(case.watch.known, found.get(case.address, ()), starts[case.address])
            if lost and not (yield from self.chain.gone(lost)):
                raise OutcomeUnknown("The node left out a transfer that it still holds. Ask again.")
            payments.append(self._result(case, merged, tip))
        return Sweep(payments=tuple(payments), scanned_to=tip.final)

    def look_up(self, watch: Watch) -> Operation[PaymentResult]:
        swept = yield from self.sweep([watch])
        return swept.payments[0]

    def _case(self, watch: Watch) -> Case:
        raw = self.book.derive(watch.merchant_ref).raw
        terms = read_terms(watch.provider_ref, watch.merchant_ref)
        return Case(watch=watch, terms=terms, address=self.chain.encode(raw))

    def _start(self, case: Case) -> int:
        """Blocks near the end may have been exchanged since they were read, so a part is always read again."""
        return max((case.watch.scanned_to or case.terms.start) - self.chain.overlap, 0)

    def _result(self, case: Case, deposits: tuple[Deposit, ...], tip: Tip) -> PaymentResult:
        verdict = judge(case.terms, deposits, rules=self.rules, final_time=tip.final_time, posted=case.watch.posted)
        result = PaymentResult(
            state=verdict.state,
            merchant_ref=case.watch.merchant_ref,
            provider_ref=case.watch.provider_ref,
            amount=case.terms.asked,
            paid_at=verdict.paid_at,
            deposits=deposits,
            issues=verdict.issues,
        )
        if verdict.state is PaymentState.PENDING and verdict.issues:
            return replace(result, decline=codes.classify(verdict.issues[0].problem))
        if verdict.state is PaymentState.CLOSED:
            return replace(result, decline=codes.classify("expired"))
        return result


def _by_address(deposits: Sequence[Deposit]) -> dict[str, list[Deposit]]:
    found: dict[str, list[Deposit]] = {}
    for deposit in deposits:
        found.setdefault(deposit.address, []).append(deposit)
    return found


def _merge(
    known: Sequence[Deposit], found: Sequence[Deposit], start: int
) -> tuple[tuple[Deposit, ...], tuple[Deposit, ...]]:
    """What is true now, and the final ones that were known and should have been found again but were not."""
    fresh = {deposit.key: deposit for deposit in found}
    older = [deposit for deposit in known if deposit.position < start]
    lost = tuple(
        deposit for deposit in known if deposit.position >= start and deposit.key not in fresh and deposit.final
    )
    merged = {deposit.key: deposit for deposit in older} | fresh
    return tuple(sorted(merged.values(), key=lambda deposit: deposit.order)), lost
