"""Standing orders: asked for once, approved by the payer on the phone, answered at an address of their own.

Safaricom can neither list nor look up nor cancel a standing order for a merchant. So what its answer said is kept in
the mandate's reference, under a seal of ours: `reference.transaction.last day.seal`.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from common.errors import InvalidInput
from common.http import NotSent, Operation
from wallets.providers.errors import RateLimited
from wallets.providers.messages import Action, DeclineInfo, MandateRequest, MandateResult, MandateTerms
from wallets.providers.mpesa import codes, wire
from wallets.providers.mpesa.daraja import Answer, Daraja
from wallets.providers.mpesa.doors import Doors
from wallets.providers.mpesa.turnstile import PROMPT_LIFETIME, Turnstile
from wallets.providers.vocabulary import ActionKind, DeclineCategory, MandateState, PeriodUnit

CREATE = "/standingorder/v1/createStandingOrderExternal"
# "Marchant" is Daraja's own spelling.
RECEIVER_KINDS = {"Standing Order Customer Pay Bill": "4", "Standing Order Customer Pay Marchant": "2"}
FREQUENCIES = {
    (PeriodUnit.DAY, 1): "2",
    (PeriodUnit.DAY, 7): "3",
    (PeriodUnit.MONTH, 1): "4",
    (PeriodUnit.MONTH, 2): "5",
    (PeriodUnit.MONTH, 3): "6",
    (PeriodUnit.MONTH, 6): "7",
    (PeriodUnit.MONTH, 12): "8",
}
ACCEPTED = frozenset({"0", "200"})
LONGEST_VALIDITY = timedelta(days=365)
TEXT_LENGTH = 13
TRANSACTION_LENGTH = 20


@dataclass(frozen=True, kw_only=True)
class Orders:
    daraja: Daraja
    doors: Doors
    turnstile: Turnstile
    transaction_type: str

    def start(self, request: MandateRequest, phone: str, shillings: int) -> Operation[MandateResult]:
        reference, nickname = request.merchant_ref, self.doors.nickname(phone)
        turn = self.turnstile.take(reference, nickname)
        if turn.busy:
            return refused(reference, codes.classify(codes.SESSION_BUSY))
        if not turn.granted:
            return self._waiting(request)
        content = self._content(request, phone, shillings)
        try:
            answer = yield from self.daraja.call(CREATE, content, purpose="mpesa.order")
        except (NotSent, RateLimited):
            self.turnstile.give_back(reference, nickname)
            raise
        decline = _decline(answer)
        return refused(reference, decline) if decline else self._waiting(request)

    def known(self, mandate_ref: str, merchant_ref: str) -> MandateResult:
        """What a sealed reference says. One that is not ours says nothing, and an unanswered order is pending."""
        if not mandate_ref:
            return MandateResult(state=MandateState.PENDING, merchant_ref=merchant_ref, found=False)
        words, _dot, seal = mandate_ref.rpartition(".")
        if not hmac.compare_digest(seal.encode(), self.doors.seal("mandate", words).encode()):
            state = MandateState.UNKNOWN
            return MandateResult(state=state, merchant_ref=merchant_ref, mandate_ref=mandate_ref, found=False)
        reference, _transaction, last_day = words.split(".")
        ends = wire.midnight(_day(last_day) + timedelta(days=1))
        over = ends <= self.daraja.now()
        return MandateResult(
            state=MandateState.EXPIRED if over else MandateState.ACTIVE,
            merchant_ref=reference,
            mandate_ref=mandate_ref,
            valid_until=ends,
            ended_at=ends if over else None,
        )

    def sealed(self, merchant_ref: str, transaction: str, last_day: str) -> str:
        words = f"{merchant_ref}.{transaction}.{last_day}"
        return f"{words}.{self.doors.seal('mandate', words)}"

    def last_day(self, terms: MandateTerms) -> date:
        return terms.valid_until or terms.first_charge_on + LONGEST_VALIDITY

    def _waiting(self, request: MandateRequest) -> MandateResult:
        ends = self.daraja.now() + PROMPT_LIFETIME
        return MandateResult(
            state=MandateState.PENDING,
            merchant_ref=request.merchant_ref,
            action=Action(kind=ActionKind.WAIT_FOR_PROMPT, expires_at=ends),
        )

    def _content(self, request: MandateRequest, phone: str, shillings: int) -> dict[str, Any]:
        terms, reference = request.terms, request.merchant_ref
        last_day = _compact(self.last_day(terms))
        subject = (reference, str(shillings), last_day)
        return {
            # Unique per customer, so a repeat cannot make a second order.
            "StandingOrderName": reference,
            "StartDate": _compact(terms.first_charge_on),
            "EndDate": last_day,
            "BusinessShortCode": self.daraja.short_code,
            "TransactionType": self.transaction_type,
            "ReceiverPartyIdentifierType": RECEIVER_KINDS[self.transaction_type],
            "Amount": str(shillings),
            "PartyA": phone,
            "CallBackURL": self.doors.address(request.notify_url, "order", *subject),
            "AccountReference": reference,
            "TransactionDesc": "".join(filter(str.isalnum, request.subject))[:TEXT_LENGTH] or "Instalments",
            "Frequency": FREQUENCIES[terms.period_unit, terms.period],
        }


def check_terms(terms: MandateTerms, now: datetime) -> None:
    """Raises `InvalidInput` for terms Ratiba would not take."""
    if (terms.period_unit, terms.period) not in FREQUENCIES:
        raise InvalidInput(
            _("M-Pesa pays a standing order every day, week, month, 2, 3, 6 or 12 months. Choose one of these."),
            field="period",
        )
    today = now.astimezone(wire.NAIROBI).date()
    if terms.first_charge_on < today:
        raise InvalidInput(_("The first payment cannot lie in the past."), field="first_charge_on")
    if terms.valid_until and terms.valid_until < terms.first_charge_on:
        raise InvalidInput(_("The last day must come after the first payment."), field="valid_until")


def refused(merchant_ref: str, decline: DeclineInfo) -> MandateResult:
    """An order that was not made. An unknown outcome leaves the mandate as it is."""
    unknown = decline.category is DeclineCategory.UNKNOWN_OUTCOME
    state = MandateState.UNKNOWN if unknown else MandateState.REVOKED
    return MandateResult(state=state, merchant_ref=merchant_ref, decline=decline)


def answer_code(data: Mapping[str, Any]) -> str:
    """`ResponseHeader` or `responseHeader`, `responseCode` or `ResponseCode`, "200" or "0"."""
    header = wire.either(data, "ResponseHeader", "responseHeader")
    code = wire.either(header, "responseCode", "ResponseCode") if isinstance(header, dict) else None
    return str(code)[:40] if isinstance(code, str | int) and not isinstance(code, bool) else ""


def answer_items(data: Mapping[str, Any]) -> dict[str, str]:
    body = wire.either(data, "ResponseBody", "responseBody") or {}
    rows = wire.either(body, "ResponseData", "responseData") or []
    named = ((wire.either(row, "name", "Name"), wire.either(row, "value", "Value")) for row in rows[:50])
    return {str(name): str(value)[:100] for name, value in named}


def _decline(answer: Answer) -> DeclineInfo | None:
    code = answer.code or answer_code(answer.data)
    return None if not answer.code and code in ACCEPTED else codes.classify(code, answer.message)


def _compact(day: date) -> str:
    return day.strftime("%Y%m%d")


def _day(text: str) -> date:
    return datetime.strptime(text, "%Y%m%d").replace(tzinfo=wire.NAIROBI).date()
