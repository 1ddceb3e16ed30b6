"""USDT on any chain, watch-only: an address and a quote per payment; what arrives is judged, nothing is pulled."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _

from common.errors import InvalidInput
from common.http import NotSent, Operation, OutcomeUnknown, done
from wallets.providers.base import (
    Action,
    ActionKind,
    DeclineInfo,
    Descriptor,
    Event,
    HttpIn,
    HttpOut,
    InvalidWebhook,
    PaymentRequest,
    PaymentResult,
    PaymentState,
    StatementLine,
    Unsupported,
    UnsupportedByDefault,
)
from wallets.providers.deposits import Quote
from wallets.providers.usdt import codes
from wallets.providers.usdt.addresses import AddressBook
from wallets.providers.usdt.chains import Chain
from wallets.providers.usdt.judging import Rules
from wallets.providers.usdt.quoting import COIN, Terms, coins_for, write_terms
from wallets.providers.usdt.rates import Rate, RateSource
from wallets.providers.usdt.statement import statement
from wallets.providers.usdt.sweeping import Sweeper
from wallets.providers.watching import CoinReport, Sweep, Watch

LIFETIME = timedelta(minutes=30)


class UsdtAdapter(UnsupportedByDefault):
    """`pay_link` is a template of what a wallet opens, with `{token}`, `{address}`, `{units}`, `{until}`."""

    def __init__(
        self,
        descriptor: Descriptor,
        *,
        chain: Chain,
        book: AddressBook,
        rates: RateSource,
        rules: Rules,
        pay_link: str,
        now: Callable[[], datetime],
    ) -> None:
        self.descriptor = descriptor
        self._chain, self._book, self._rates, self._rules = chain, book, rates, rules
        self._sweeper = Sweeper(chain=chain, book=book, rules=rules)
        self._pay_link, self._now = pay_link, now

    def merchant_ref(self, attempt_id: str) -> str:
        return hashlib.sha256(attempt_id.encode()).hexdigest()

    def create_payment(self, request: PaymentRequest) -> Operation[PaymentResult]:
        """Only questions are asked here, so whatever fails, nothing was promised: raises `NotSent`."""
        _refuse(request, self.descriptor)
        try:
            rate = yield from self._rates.fetch(request.amount.currency)
            tip = yield from self._chain.tip()
        except OutcomeUnknown as error:
            raise NotSent(_("No USDT quote can be given now. Try again shortly or choose another wallet.")) from error
        quote = self._quote(request, rate)
        if quote.to_send.minor < self._rules.dust:
            raise InvalidInput(_("The amount is too small for this wallet. Choose a larger one."), field="amount")
        terms = Terms(asked=quote.asked, to_send=quote.to_send, start=tip.head, expires_at=quote.expires_at)
        return PaymentResult(
            state=PaymentState.REQUIRES_ACTION,
            merchant_ref=request.merchant_ref,
            provider_ref=write_terms(terms, request.merchant_ref),
            amount=request.amount,
            action=self._action(quote),
            quote=quote,
        )

    def get_payment(self, merchant_ref: str, provider_ref: str = "") -> Operation[PaymentResult]:
        """`provider_ref` carries the quote; without one no address was ever shown, so there is nothing to find."""
        if not provider_ref:
            return done(PaymentResult(state=PaymentState.UNKNOWN, merchant_ref=merchant_ref, found=False))
        return self._sweeper.look_up(Watch(merchant_ref=merchant_ref, provider_ref=provider_ref))

    def sweep(self, watches: Sequence[Watch]) -> Operation[Sweep]:
        return self._sweeper.sweep(watches)

    def coins(self, watches: Sequence[Watch]) -> Operation[CoinReport]:
        return self._sweeper.coins(watches)

    def books(self, watches: Sequence[Watch], day: date) -> Operation[Sequence[StatementLine]]:
        return statement(self._sweeper, watches, day)

    def parse_webhook(self, call: HttpIn) -> Sequence[Event]:
        raise InvalidWebhook("A chain calls nobody: payments are found by looking.")

    def webhook_reply(self, ok: bool) -> HttpOut:
        return HttpOut(status=204 if ok else 404, body=b"")

    def classify(self, code: str, message: str = "") -> DeclineInfo:
        return codes.classify(code, message)

    def _quote(self, request: PaymentRequest, rate: Rate) -> Quote:
        quoted_at = self._now()
        limit = quoted_at + LIFETIME
        key = self._book.derive(request.merchant_ref)
        return Quote(
            asked=request.amount,
            to_send=coins_for(request.amount, rate.value),
            rate=format(rate.value, "f"),
            source=rate.source,
            rate_at=rate.at,
            quoted_at=quoted_at,
            expires_at=min(request.expires_at or limit, limit).replace(microsecond=0),
            network=self._chain.network,
            token=self._chain.token,
            address=self._chain.encode(key.raw),
            path=key.path,
        )

    def _action(self, quote: Quote) -> Action:
        until = int(quote.expires_at.timestamp())
        fields = {"token": quote.token, "address": quote.address, "units": quote.to_send.minor, "until": until}
        link = self._pay_link.format(**fields)
        return Action(
            kind=ActionKind.ADDRESS,
            url=link,
            payload=quote.address,
            expires_at=quote.expires_at,
            amount=quote.to_send,
            rate=f"1 {COIN} = {quote.rate} {quote.asked.currency}",
            network=self._chain.network,
        )


def _refuse(request: PaymentRequest, descriptor: Descriptor) -> None:
    if request.amount.currency not in descriptor.currencies:
        raise Unsupported(
            _("%(wallet)s is not set up for %(currency)s. Choose another wallet.")
            % {"wallet": descriptor.display_name, "currency": request.amount.currency}
        )
    if request.amount.minor < descriptor.lowest(request.amount.currency):
        raise InvalidInput(_("The amount is too small for this wallet. Choose a larger one."), field="amount")
