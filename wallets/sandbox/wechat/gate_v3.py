"""APIv3 on the wire: check who asks, run it, sign the answer, misbehave when ordered."""

import json
import re
from collections.abc import Callable

from wallets.sandbox.store import Document
from wallets.sandbox.web import Request, Response, Route
from wallets.sandbox.wechat import bills, deductions, notifies, orders, refunds
from wallets.sandbox.wechat.merchant import MCH_ID, MERCHANT_SERIAL
from wallets.sandbox.wechat.world import Refusal, World

SCHEME = "WECHATPAY2-SHA256-RSA2048 "
TOLERANCE_SECONDS = 300
NO = r"(?P<number>[^/]+)"
_PAIR = re.compile(r'(\w+)="([^"]*)"')
Done = tuple[int, Document]


class GateV3:
    def __init__(self, world: World) -> None:
        self.world = world

    def routes(self) -> list[Route]:
        v3 = "/wechat/v3"
        return [
            self._route("POST", f"{v3}/pay/transactions/(?P<kind>native|h5|jsapi|app)", "create", self.create),
            self._route("GET", f"{v3}/pay/transactions/out-trade-no/{NO}", "query", self.query),
            self._route("POST", f"{v3}/pay/transactions/out-trade-no/{NO}/close", "close", self.close),
            self._route("POST", f"{v3}/refund/domestic/refunds", "refund", self.refund),
            self._route("GET", f"{v3}/refund/domestic/refunds/{NO}", "refund_query", self.refund_query),
            self._route("POST", f"{v3}/papay/contracts/{NO}/notify", "notice", self.notice),
            self._route("GET", f"{v3}/bill/(?P<kind>tradebill|fundflowbill)", "bill", self.bill),
            ("GET", f"{v3}/billdownload/file", self.download),
        ]

    def _route(self, method: str, pattern: str, name: str, run: Callable[..., Done]) -> Route:
        def handler(request: Request, **parts: str) -> Response:
            return self._serve(request, name, parts, run)

        return (method, pattern, handler)

    def _serve(self, request: Request, name: str, parts: dict[str, str], run: Callable[..., Done]) -> Response:
        with self.world.store.lock:
            deductions.sweep(self.world)
            fault = self.world.strike(name, writes=request.method == "POST")
            if fault["kind"] == "timeout_before_commit":
                request.hang_up()
                return Response()
            if fault["kind"] == "http_500":
                return Response(b"<html>error</html>", 500)
            status, document = self._run(request, fault, parts, run)
        if fault["kind"] == "timeout_after_commit":
            request.hang_up()
        if fault["kind"] == "wrong_trade":
            document |= {"out_trade_no": "SOMEBODY_ELSES"}
        return self._answer(request, status, document, fault)

    def _run(self, request: Request, fault: Document, parts: dict[str, str], run: Callable[..., Done]) -> Done:
        try:
            self._check_sender(request)
            if fault["kind"] in ("http_429", "rate_limited"):
                raise Refusal("FREQUENCY_LIMITED", status=429)
            if fault["kind"] == "decline":
                raise Refusal(fault["code"] or "RULE_LIMIT", status=403)
            return run(request, fault, **parts)
        except Refusal as refusal:
            return refusal.status, {"code": refusal.code, "message": refusal.text}

    def _check_sender(self, request: Request) -> None:
        sent = dict(_PAIR.findall(request.headers.get("authorization", "").removeprefix(SCHEME)))
        parts = (request.method, request.target, sent.get("timestamp", ""), sent.get("nonce_str", ""))
        named = sent.get("mchid") == MCH_ID and sent.get("serial_no") == MERCHANT_SERIAL
        if not (named and self.world.seal.merchant_signed(sent.get("signature", ""), *parts, request.body.decode())):
            raise Refusal("SIGN_ERROR", status=401)
        behind = abs(int(sent["timestamp"]) - int(self.world.clock.now().timestamp()))
        # Only when ordered: the product moves its clock and ours in two steps, and calls may fall in between.
        if self.world.is_on("strict_clock") and behind >= TOLERANCE_SECONDS:
            raise Refusal("SIGN_ERROR", "the time is not ours", status=401)

    def _answer(self, request: Request, status: int, document: Document, fault: Document) -> Response:
        text = json.dumps(document, ensure_ascii=False) if status != 204 else ""
        text = "{not json" if fault["kind"] == "garbage" else text
        sent = dict(_PAIR.findall(request.headers.get("authorization", "")))
        strict = self.world.is_on("strict_clock") or not sent.get("timestamp", "").isdigit()
        moment = 0 if strict else int(sent["timestamp"])
        headers = notifies.signed_headers(self.world, text, fault["kind"], moment)
        if fault["kind"] == "http_429":
            headers["Retry-After"] = "7"
        return Response(text.encode(), status, "application/json", headers)

    def create(self, request: Request, fault: Document, kind: str) -> Done:
        order = orders.create(self.world, _json(request), kind)
        if kind in ("jsapi", "app"):
            return 200, {"prepay_id": f"wx{order['token']}"}
        place = orders.place(self.world, order, request.base_url)
        return 200, {"code_url": place} if kind == "native" else {"h5_url": f"{place}?package=1"}

    def query(self, request: Request, fault: Document, number: str) -> Done:
        if request.query.get("mchid") != MCH_ID:
            raise Refusal("PARAM_ERROR", "mchid is required")
        return 200, orders.query(self.world, number)

    def close(self, request: Request, fault: Document, number: str) -> Done:
        if _json(request).get("mchid") != MCH_ID:
            raise Refusal("PARAM_ERROR", "mchid is required")
        orders.close(self.world, number, deductions=False)
        return 204, {}

    def refund(self, request: Request, fault: Document) -> Done:
        return 200, refunds.refund(self.world, _json(request), accept_only=fault["kind"] == "accept_only")

    def refund_query(self, request: Request, fault: Document, number: str) -> Done:
        return 200, refunds.query(self.world, number)

    def notice(self, request: Request, fault: Document, number: str) -> Done:
        deductions.announce(self.world, number, _json(request))
        return 204, {}

    def bill(self, request: Request, fault: Document, kind: str) -> Done:
        return 200, bills.address(self.world, kind, request.query, request.base_url)

    def download(self, request: Request) -> Response:
        """The file itself is not signed; its digest came with the signed answer."""
        try:
            self._check_sender(request)
            return Response(bills.packed(self.world, request.query), 200, "application/gzip")
        except Refusal as refusal:
            return Response(refusal.code.encode(), 403, "text/plain")


def _json(request: Request) -> Document:
    try:
        content = json.loads(request.body)
    except ValueError as error:
        raise Refusal("PARAM_ERROR", "the body is not JSON") from error
    if not isinstance(content, dict):
        raise Refusal("PARAM_ERROR", "the body is not an object")
    return content
