"""周期扣款: signing, looking up and ending an agreement, and charging one."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime

from common.http import NotSent, Operation, OutcomeUnknown, done
from common.money import Money
from wallets.providers.alipay import codes, reading, requests, window
from wallets.providers.alipay.gateway import Answer, Gateway
from wallets.providers.alipay.requests import Agreements
from wallets.providers.amounts import check_amount
from wallets.providers.errors import RateLimited
from wallets.providers.messages import (
    ChargeRequest,
    ChargeWindow,
    Descriptor,
    MandateRequest,
    MandateResult,
    MandateSnapshot,
    PaymentResult,
)
from wallets.providers.vocabulary import MandateState, PaymentState

MEMO_LIMIT = 256


class AgreementOperations:
    descriptor: Descriptor
    _gateway: Gateway
    _agreements: Agreements

    def get_payment(self, merchant_ref: str, provider_ref: str = "") -> Operation[PaymentResult]:
        raise NotImplementedError

    def start_mandate(self, request: MandateRequest) -> Operation[MandateResult]:
        check_amount(request.terms.single_limit, self.descriptor)
        addresses = {"notify_url": request.notify_url, "return_url": request.return_url}
        content = requests.agreement(request, self._agreements, self._gateway.today())
        url = self._gateway.page_url("alipay.user.agreement.page.sign", content, **addresses)
        action = self._agreements.action(url, request.channel)
        return done(MandateResult(state=MandateState.PENDING, merchant_ref=request.merchant_ref, action=action))

    def get_mandate(self, mandate_ref: str, merchant_ref: str = "") -> Operation[MandateResult]:
        content = self._agreement_name(mandate_ref, merchant_ref)
        answer = yield from self._gateway.call("alipay.user.agreement.query", content)
        if answer.ok:
            return self._read_mandate(answer)
        gone = codes.bare(answer.code) in codes.AGREEMENT_GONE
        # Alipay forgets an agreement when it ends, and does not know one that nobody has signed yet.
        ended = MandateState.REVOKED if mandate_ref else MandateState.PENDING
        return MandateResult(
            state=ended if gone else MandateState.UNKNOWN,
            merchant_ref=merchant_ref,
            mandate_ref=mandate_ref,
            decline=answer.decline(),
            found=not gone,
        )

    def revoke_mandate(self, mandate_ref: str, reason: str) -> Operation[MandateResult]:
        answer = yield from self._gateway.call("alipay.user.agreement.unsign", self._agreement_name(mandate_ref))
        if answer.ok or codes.bare(answer.code) in codes.AGREEMENT_GONE:
            return MandateResult(state=MandateState.REVOKED, mandate_ref=mandate_ref, ended_at=self._gateway.now())
        return MandateResult(state=MandateState.UNKNOWN, mandate_ref=mandate_ref, decline=answer.decline())

    def postpone_charge(self, mandate: MandateSnapshot, day: date, reason: str) -> Operation[MandateResult]:
        """Moves the next day only; the days after it stay as agreed."""
        window.check_postponed(mandate, day, self._gateway.today())
        return self._postpone(mandate.mandate_ref, day, reason)

    def _postpone(self, mandate_ref: str, day: date, reason: str) -> Operation[MandateResult]:
        content = {"agreement_no": mandate_ref, "deduct_time": day.isoformat(), "memo": reason[:MEMO_LIMIT]}
        answer = yield from self._gateway.call("alipay.user.agreement.executionplan.modify", content)
        if not answer.ok:
            raise OutcomeUnknown("Alipay did not confirm the new day. Look the mandate up.", provider_code=answer.code)
        return (yield from self.get_mandate(mandate_ref))

    def charge_window(self, mandate: MandateSnapshot, amount: Money, now: datetime) -> ChargeWindow:
        return window.charge_window(mandate, amount, now)

    def charge(self, request: ChargeRequest) -> Operation[PaymentResult]:
        check_amount(request.amount, self.descriptor)
        return self._charge(request)

    def _charge(self, request: ChargeRequest) -> Operation[PaymentResult]:
        content = requests.charge(request, self._agreements)
        answer = yield from self._gateway.call("alipay.trade.pay", content, notify_url=request.notify_url)
        if answer.ok:
            paid = {**answer.data, "trade_status": "TRADE_SUCCESS"}
            return reading.queried_payment(replace(answer, data=paid), request.merchant_ref)
        if answer.code == codes.USER_PAYING:
            return PaymentResult(state=PaymentState.PENDING, merchant_ref=request.merchant_ref)
        if codes.bare(answer.code) in codes.ALREADY_PAID:
            return (yield from self._earlier(request.merchant_ref, answer))
        return reading.declined_payment(answer, request.merchant_ref)

    def _earlier(self, merchant_ref: str, answer: Answer) -> Operation[PaymentResult]:
        """Alipay says this reference was used before: what became of it decides, not the refusal of the repeat."""
        try:
            earlier = yield from self.get_payment(merchant_ref)
        except (NotSent, RateLimited) as error:
            # Only the question went nowhere: the debit itself is with Alipay.
            raise OutcomeUnknown("Alipay knows this payment, and nobody heard its fate.") from error
        return earlier if earlier.found else reading.declined_payment(answer, merchant_ref)

    def _agreement_name(self, mandate_ref: str, merchant_ref: str = "") -> Mapping[str, str]:
        if mandate_ref:
            return {"agreement_no": mandate_ref}
        return {
            "external_agreement_no": merchant_ref,
            "personal_product_code": requests.PERSONAL_PRODUCT,
            "sign_scene": self._agreements.sign_scene,
        }

    def _read_mandate(self, answer: Answer) -> MandateResult:
        try:
            return reading.mandate(answer.data, self._gateway.now())
        except ValueError as error:
            raise OutcomeUnknown("Alipay's answer about an agreement could not be read.") from error
