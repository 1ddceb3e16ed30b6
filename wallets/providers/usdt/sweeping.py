"""Reading many deposit addresses at once, and setting what was read against what is already known."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from common.http import Operation, OutcomeUnknown
from wallets.providers.deposits import Deposit
from wallets.providers.messages import PaymentResult
from wallets.providers.usdt import codes
from wallets.providers.usdt.addresses import AddressBook
from wallets.providers.usdt.chains import Chain, Tip
from wallets.providers.usdt.judging import Rules, counts, judge
from wallets.providers.usdt.quoting import Terms, read_terms, write_terms
from wallets.providers.vocabulary import PaymentState
from wallets.providers.watching import CoinHolding, CoinReport, Sweep, Watch


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
        cases = [self.case(watch) for watch in watches]
        tip = yield from self.chain.tip()
        if any(self._behind(case, tip) for case in cases):
            raise OutcomeUnknown("The node is behind what was already read. Ask again, or use another node.")
        starts = {case.address: self._start(case) for case in cases}
        found = _by_address((yield from self.chain.transfers(starts, tip)) if cases else ())
        payments = []
        for case in cases:
            deposits = yield from self._settled(case, found.get(case.address, ()), starts[case.address])
            payments.append((yield from self._result(case, deposits, tip)))
        return Sweep(payments=tuple(payments), scanned_to=tip.final)

    def look_up(self, watch: Watch) -> Operation[PaymentResult]:
        swept = yield from self.sweep([watch])
        return swept.payments[0]

    def coins(self, watches: Sequence[Watch]) -> Operation[CoinReport]:
        addresses = [self._address(watch.merchant_ref) for watch in watches]
        tip = yield from self.chain.tip()
        found = (yield from self.chain.balances(addresses, tip)) if addresses else []
        holdings = tuple(CoinHolding(address=one, units=units) for one, units in zip(addresses, found, strict=True))
        return CoinReport(coin=self.chain.coin, position=tip.final, at=tip.final_time, holdings=holdings)

    def case(self, watch: Watch) -> Case:
        terms = read_terms(watch.provider_ref, watch.merchant_ref)
        return Case(watch=watch, terms=terms, address=self._address(watch.merchant_ref))

    def _address(self, merchant_ref: str) -> str:
        return self.chain.encode(self.book.derive(merchant_ref).raw)

    def _start(self, case: Case) -> int:
        """Blocks near the end may have been exchanged since they were read, so a part is always read again."""
        return max((case.watch.scanned_to or case.terms.start) - self.chain.overlap, 0)

    def _behind(self, case: Case, tip: Tip) -> bool:
        return tip.final < case.watch.scanned_to or tip.head < case.terms.start - self.chain.overlap

    def _settled(self, case: Case, found: Sequence[Deposit], start: int) -> Operation[tuple[Deposit, ...]]:
        """What is true of the address now. What was final and is not found again must really be gone."""
        fresh = {deposit.key: deposit for deposit in found if counts(deposit, self.rules)}
        lost = [one for one in case.watch.known if one.final and one.position >= start and one.key not in fresh]
        yield from self._ensure_gone([deposit.transaction for deposit in lost])
        older = {deposit.key: deposit for deposit in case.watch.known if deposit.position < start}
        return tuple(sorted((older | fresh).values(), key=lambda deposit: deposit.order))

    def _ensure_gone(self, transactions: Sequence[str]) -> Operation[None]:
        """A list without a transfer may be a node's mistake: ask for the transaction itself."""
        if transactions and (yield from self.chain.holds(transactions)):
            raise OutcomeUnknown("The node left out a transfer that it still holds. Ask again.")

    def _result(self, case: Case, deposits: tuple[Deposit, ...], tip: Tip) -> Operation[PaymentResult]:
        posted = case.watch.posted or bool(case.terms.paid_by)
        verdict = judge(case.terms, deposits, rules=self.rules, final_time=tip.final_time, posted=posted)
        completed = verdict.completed_by
        terms = replace(case.terms, paid_by=completed.transaction) if completed else case.terms
        if verdict.state is PaymentState.REVERSED:
            yield from self._ensure_gone([terms.paid_by] if terms.paid_by else [])
        result = PaymentResult(
            state=verdict.state,
            merchant_ref=case.watch.merchant_ref,
            provider_ref=write_terms(terms, case.watch.merchant_ref),
            amount=case.terms.asked,
            paid_at=completed.block_time if completed else None,
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
