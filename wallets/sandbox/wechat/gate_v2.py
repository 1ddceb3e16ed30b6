"""APIv2 on the wire: flat XML in, flat XML out, both signed with the shared key."""

from collections.abc import Callable
from secrets import token_hex

from wallets.sandbox.store import Document
from wallets.sandbox.web import Request, Response, Route
from wallets.sandbox.wechat import contracts, deductions, orders, signing_orders, wire
from wallets.sandbox.wechat.merchant import APP_ID, MCH_ID
from wallets.sandbox.wechat.world import Refusal, World

XML = "text/xml; charset=utf-8"
WRITES = frozenset({"pappayapply", "contractorder", "preentrustweb", "closeorder", "deletecontract"})
SIGNED_WITH_MD5 = frozenset({"querycontract", "deletecontract", "preentrustweb"})
Fields = dict[str, str]


class GateV2:
    def __init__(self, world: World) -> None:
        self.world = world
        self.called_at = ""
        self.methods: dict[str, Callable[[Fields, Document], Fields]] = {
            "pappayapply": self._apply,
            "contractorder": self._order_both,
            "preentrustweb": self._prepare_signing,
            "orderquery": lambda fields, fault: deductions.query(world, fields),
            "closeorder": self._close,
            "querycontract": lambda fields, fault: contracts.query(world, fields),
            "deletecontract": lambda fields, fault: contracts.delete(world, fields),
        }

    def routes(self) -> list[Route]:
        return [
            ("POST", "/wechat/pay/(?P<method>pappayapply|orderquery|closeorder)", self.serve),
            ("POST", "/wechat/pay/(?P<method>contractorder)", self.serve),
            ("POST", "/wechat/papay/(?P<method>querycontract|deletecontract|preentrustweb)", self.serve),
            ("GET", "/wechat/papay/h5entrustweb", self.h5entrustweb),
        ]

    def serve(self, request: Request, method: str) -> Response:
        with self.world.store.lock:
            deductions.sweep(self.world)
            fault = self.world.strike(method, writes=method in WRITES)
            early = _early(request, fault)
            if early:
                return early
            self.called_at = request.base_url
            answer = self._run(wire.read_xml(request.body), method, fault)
        if fault["kind"] == "timeout_after_commit":
            request.hang_up()
        return self._signed(answer, method, fault)

    def _run(self, fields: Fields, method: str, fault: Document) -> Fields:
        try:
            if not self.world.seal.v2_signed(fields, "MD5"):
                return {"return_code": "FAIL", "return_msg": "签名失败"}
            if fields.get("mch_id") != MCH_ID or fields.get("appid") != APP_ID:
                raise Refusal("APPID_MCHID_NOT_MATCH")
            if fault["kind"] == "decline":
                raise Refusal(fault["code"] or "NOTENOUGH")
            return {"result_code": "SUCCESS", **self.methods[method](fields, fault)}
        except Refusal as refusal:
            return {"result_code": "FAIL", "err_code": refusal.code, "err_code_des": refusal.text}

    def _signed(self, answer: Fields, method: str, fault: Document) -> Response:
        if answer.get("return_code") == "FAIL":
            return Response(wire.xml(answer), 200, XML)
        merchant = "1900009999" if fault["kind"] == "wrong_trade" and method != "orderquery" else MCH_ID
        known = {"return_code": "SUCCESS", "return_msg": "OK", "appid": APP_ID, "mch_id": merchant}
        fields = {**known, "nonce_str": token_hex(16), **answer}
        if fault["kind"] == "wrong_trade" and method == "orderquery":
            fields["out_trade_no"] = "SOMEBODY_ELSES"
        kind = "MD5" if method in SIGNED_WITH_MD5 else "HMAC-SHA256"
        key = token_hex(16) if fault["kind"] == "bad_signature" else ""
        return Response(wire.xml({**fields, "sign": self.world.seal.v2_sign(fields, kind, key)}), 200, XML)

    def _apply(self, fields: Fields, fault: Document) -> Fields:
        return deductions.apply(self.world, fields, accept_only=fault["kind"] == "accept_only")

    def _order_both(self, fields: Fields, fault: Document) -> Fields:
        return signing_orders.create(self.world, fields, self.called_at, fault)

    def _prepare_signing(self, fields: Fields, fault: Document) -> Fields:
        return {"pre_entrustweb_id": contracts.propose(self.world, fields)["token"]}

    def _close(self, fields: Fields, fault: Document) -> Fields:
        try:
            orders.close(self.world, fields.get("out_trade_no", ""), deductions=True)
        except Refusal as refusal:
            names = {"ORDER_NOT_EXIST": "ORDERNOTEXIST", "ORDER_CLOSED": "ORDERCLOSED"}
            raise Refusal(names.get(refusal.code, refusal.code)) from refusal
        return {}

    def h5entrustweb(self, request: Request) -> Response:
        """The address of the signing page; this answer is not signed, as the real one is not."""
        fault = self.world.strike("h5entrustweb", writes=True)
        early = _early(request, fault)
        if early:
            return early
        try:
            if not self.world.seal.v2_signed(request.query, "HMAC-SHA256"):
                raise Refusal("SIGNERROR")
            if not request.query.get("clientip"):
                raise Refusal("PARAM_ERROR", "clientip is required")
            with self.world.store.lock:
                contract = contracts.propose(self.world, request.query)
        except Refusal as refusal:
            known = {"return_code": "SUCCESS", "result_code": "FAIL", "err_code": refusal.code}
            return Response(wire.xml({**known, "err_code_des": refusal.text}), 200, XML)
        place = f"{request.base_url}/wechat/sign/{contract['token']}"
        return Response(wire.xml({"return_code": "SUCCESS", "result_code": "SUCCESS", "redirect_url": place}), 200, XML)


def _early(request: Request, fault: Document) -> Response | None:
    """Faults in which the call never reaches the business behind the gate."""
    if fault["kind"] == "timeout_before_commit":
        request.hang_up()
        return Response()
    if fault["kind"] in ("http_429", "rate_limited"):
        headers = {"Retry-After": "7"} if fault["kind"] == "http_429" else {}
        return Response(b"slow down", 429, "text/plain", headers)
    if fault["kind"] == "http_500":
        return Response(b"<html>error</html>", 500)
    return Response(b"<xml><return_code>SUCC", 200, XML) if fault["kind"] == "garbage" else None
