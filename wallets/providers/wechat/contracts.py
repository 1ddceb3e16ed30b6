"""委托代扣: signing, looking up and ending a contract, announcing a deduction and asking for one."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from urllib.parse import quote, urlsplit

from common.errors import PlatformError
from common.http import NotSent, Operation, OutcomeUnknown, done
from common.money import Money
from wallets.providers.amounts import check_amount
from wallets.providers.messages import (
    Action,
    ChargeRequest,
    ChargeWindow,
    Descriptor,
    MandateRequest,
    MandateResult,
    MandateSnapshot,
    PaymentResult,
)
from wallets.providers.vocabulary import ActionKind, Channel, MandateState, PaymentState
from wallets.providers.wechat import codes, reading, requests, window
from wallets.providers.wechat.answers import Answer
from wallets.providers.wechat.requests import Merchant, Plan
from wallets.providers.wechat.signing_v2 import HMAC_SHA256, MD5
from wallets.providers.wechat.v2 import V2
from wallets.providers.wechat.v3 import V3

REMARK = "ended by the payer or the merchant"
SIGNING_HOSTS = (".weixin.qq.com", ".tenpay.com")


class ContractOperations:
    descriptor: Descriptor
    _merchant: Merchant
    _plan: Plan
    _v3: V3
    _v2: V2

    def _deduction(self, v2: V2, merchant_ref: str) -> Operation[PaymentResult]:
        raise NotImplementedError

    def start_mandate(self, request: MandateRequest) -> Operation[MandateResult]:
        """H5 on a phone, WeChat's SDK in an app; elsewhere a code to scan, and the agreement opens, in WeChat.

        Inside WeChat's own browser there is nothing to scan and H5 does not open: what the code says is opened itself.
        """
        check_amount(request.terms.single_limit, self.descriptor)
        requests.check_plan(request.terms.single_limit, self._plan)
        fields = requests.contract(request, self._plan, self._v2.now())
        if request.channel is Channel.APP:
            return self._sign_in_app(request, fields)
        if request.in_own_app:
            return done(_proposed(request, Action(kind=ActionKind.REDIRECT, url=self._page_in_wechat(fields))))
        if request.channel is Channel.PHONE or self._plan.in_browser:
            return self._sign_in_browser(request, fields)
        return done(_proposed(request, Action(kind=ActionKind.QR, payload=self._page_in_wechat(fields))))

    def _page_in_wechat(self, fields: Mapping[str, str]) -> str:
        """`return_web`: after the signature WeChat leads back to the page the payer came from, where there is one."""
        return self._v2.page("/papay/entrustweb", {**fields, "return_web": "1"}, MD5)

    def _sign_in_app(self, request: MandateRequest, fields: Mapping[str, str]) -> Operation[MandateResult]:
        answer = yield from self._v2.contract("/papay/preentrustweb", fields)
        number = answer.text("pre_entrustweb_id")
        if not answer.ok:
            return MandateResult(
                state=MandateState.UNKNOWN, merchant_ref=request.merchant_ref, decline=answer.decline()
            )
        if not number:
            raise OutcomeUnknown("WeChat Pay's answer lacks a field.", field="pre_entrustweb_id")
        payload = json.dumps({"appid": self._merchant.app_id, "pre_entrustweb_id": number})
        return _proposed(request, Action(kind=ActionKind.SDK, payload=payload))

    def _sign_in_browser(self, request: MandateRequest, fields: Mapping[str, str]) -> Operation[MandateResult]:
        address = {"clientip": request.client_ip or self._merchant.server_ip}
        asked = self._v2.page("/papay/h5entrustweb", {**fields, **address}, HMAC_SHA256)
        answer = yield from self._v2.get(asked, purpose="h5entrustweb")
        if not answer.ok:
            return MandateResult(
                state=MandateState.UNKNOWN, merchant_ref=request.merchant_ref, decline=answer.decline()
            )
        url = answer.text("redirect_url")
        if not self._trusted(url):
            raise OutcomeUnknown("WeChat Pay named a signing page that is not its own.")
        return _proposed(request, Action(kind=ActionKind.REDIRECT, url=url))

    def _trusted(self, url: str) -> bool:
        """The answer is not signed, so the page must be WeChat's (or on the host we speak to)."""
        asked, ours = urlsplit(url), urlsplit(self._v2.url)
        if (asked.scheme, asked.netloc) == (ours.scheme, ours.netloc):
            return True
        return asked.scheme == "https" and (asked.hostname or "").endswith(SIGNING_HOSTS)

    def get_mandate(self, mandate_ref: str, merchant_ref: str = "") -> Operation[MandateResult]:
        answer = yield from self._v2.contract("/papay/querycontract", self._named(mandate_ref, merchant_ref))
        if answer.ok:
            return self._contract(answer, mandate_ref, merchant_ref)
        gone = answer.code in codes.CONTRACT_MISSING
        missing = MandateState.REVOKED if mandate_ref else MandateState.PENDING
        return MandateResult(
            state=missing if gone else MandateState.UNKNOWN,
            merchant_ref=merchant_ref,
            mandate_ref=mandate_ref,
            decline=answer.decline(),
            found=not gone,
        )

    def _contract(self, answer: Answer, mandate_ref: str, merchant_ref: str) -> MandateResult:
        result = reading.mandate(answer.data, self._v2.now())
        wanted = mandate_ref or result.mandate_ref, merchant_ref or result.merchant_ref
        if (result.mandate_ref, result.merchant_ref) != wanted:
            raise OutcomeUnknown("WeChat Pay answered about another contract.")
        # A contract that we know by its number was signed once: what is not signed any more has ended.
        ended = mandate_ref and result.state is MandateState.PENDING and answer.text("contract_state") == reading.ENDED
        return replace(result, state=MandateState.REVOKED) if ended else result

    def revoke_mandate(self, mandate_ref: str, reason: str) -> Operation[MandateResult]:
        """`reason` stays with us: it is a person's words, and WeChat shows its remark to people."""
        fields = {"contract_id": mandate_ref, "contract_termination_remark": REMARK}
        answer = yield from self._v2.contract("/papay/deletecontract", fields)
        if answer.ok or answer.code in codes.CONTRACT_MISSING:
            return MandateResult(state=MandateState.REVOKED, mandate_ref=mandate_ref, ended_at=self._v2.now())
        return MandateResult(state=MandateState.UNKNOWN, mandate_ref=mandate_ref, decline=answer.decline())

    def charge_window(self, mandate: MandateSnapshot, amount: Money, now: datetime) -> ChargeWindow:
        return window.charge_window(mandate, amount, now, self._plan.limit)

    def announce_charge(self, request: ChargeRequest) -> Operation[ChargeWindow]:
        """The notice WeChat sends the payer: between 07:00 and 22:00 Beijing time, else `NotSent`."""
        check_amount(request.amount, self.descriptor)
        now = self._check_hours()
        path = f"/v3/papay/contracts/{quote(request.mandate.mandate_ref, safe='')}/notify"
        answer = yield from self._v3.call("POST", path, requests.notice(request, self._merchant), purpose="notice")
        if not (answer.ok or answer.code == codes.ANNOUNCED_BEFORE):
            return ChargeWindow(open_now=False, decline=answer.decline())
        # A repeat is not told the day of the first notice; reckoned from today the charge is never too early.
        opens, closes = window.after_notice(now)
        return ChargeWindow(open_now=False, opens_at=opens, closes_at=closes)

    def charge(self, request: ChargeRequest) -> Operation[PaymentResult]:
        """A good answer only means accepted; one look-up follows, because early deductions run at once."""
        check_amount(request.amount, self.descriptor)
        decline = window.refusal(request.mandate, request.amount, self._v2.now())
        if decline and decline.reason.value == "amount_over_mandate":
            # WeChat knows the limit of the template, not the one this payer agreed to.
            return done(reading.refused_payment(decline, request.merchant_ref))
        self._check_hours()
        return self._charge(request)

    def _charge(self, request: ChargeRequest) -> Operation[PaymentResult]:
        answer = yield from self._v2.order("/pay/pappayapply", requests.deduction(request, self._merchant))
        pending = PaymentResult(state=PaymentState.PENDING, merchant_ref=request.merchant_ref)
        if answer.ok or answer.code == codes.ACCEPTED:
            return (yield from self._settled(pending))
        refused = reading.refused_payment(answer.decline(), request.merchant_ref)
        return (yield from self._settled(refused)) if answer.code in codes.USED_BEFORE else refused

    def _settled(self, fallback: PaymentResult) -> Operation[PaymentResult]:
        """What became of the deduction. WeChat has it by now: a look-up that fails must not read as "not sent"."""
        try:
            found = yield from self._deduction(self._v2, fallback.merchant_ref)
        except PlatformError:
            return fallback
        return found if found.found and found.state is not PaymentState.UNKNOWN else fallback

    def _check_hours(self) -> datetime:
        now = self._v2.now()
        if not window.in_hours(now):
            raise NotSent("WeChat Pay takes deductions and their notices from 07:00 to 22:00 Beijing time. Ask then.")
        return now

    def _named(self, mandate_ref: str, merchant_ref: str) -> dict[str, str]:
        if mandate_ref:
            return {"contract_id": mandate_ref}
        return {"plan_id": self._plan.plan_id, "contract_code": merchant_ref}


def _proposed(request: MandateRequest, action: Action) -> MandateResult:
    return MandateResult(state=MandateState.PENDING, merchant_ref=request.merchant_ref, action=action)
