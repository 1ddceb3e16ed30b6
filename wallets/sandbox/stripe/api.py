"""Stripe's API on the wire: who asks, what was asked before, what is asked, and the faults a tester ordered."""

import hmac
import json
import re
from collections.abc import Callable
from typing import Any

from wallets.sandbox.faults import CALL_FAULTS
from wallets.sandbox.store import Document
from wallets.sandbox.stripe import form, idempotency, intents, methods, refunds, sessions
from wallets.sandbox.stripe.world import KINDS, ApiError, World
from wallets.sandbox.web import Request, Response, Route

_AN_ID = re.compile(f"/(?:{'|'.join(KINDS)})_")
NO_FAULT: Document = {"kind": "", "code": "", "method": ""}
# These make no sense for a question.
WRITING_FAULTS = frozenset({"decline", "accept_only", "timeout_after_commit", "refund_pending"})
# Looked at before the call that matters: struck only when a fault names them.
SPARED = frozenset({"payment_methods", "customers"})
STATUSES = {"idempotency_key_in_use": 409, "invalid_api_key": 401, "permission_denied": 403}
CARD_ONLY = "card_error"
Handler = Callable[[World, Request, Document, Document], Document]

_LISTED = {
    "payment_intents": """amount currency customer payment_method payment_method_types off_session confirm description
        metadata expand setup_future_usage return_url""",
    "refunds": "payment_intent amount metadata reason expand",
    "customers": "metadata email name description expand",
    "checkout/sessions": """mode client_reference_id line_items payment_intent_data setup_intent_data metadata
        payment_method_types success_url cancel_url payment_method_options customer customer_creation expires_at expand
        """,
}
KNOWN_PARAMS = {path: frozenset(names.split()) for path, names in _LISTED.items()}


class Api:
    def __init__(self, world: World) -> None:
        self.world = world
        self._table = [(method, re.compile(pattern), handler) for method, pattern, handler in _ROUTES]

    def routes(self) -> list[Route]:
        return [("GET POST DELETE", r"/stripe/v1/.*", self.serve)]

    def serve(self, request: Request) -> Response:
        path = request.path.removeprefix("/stripe/v1/")
        fault = self._fault(request, path)
        early = _never_arrives(request, fault)
        if early:
            return early
        with self.world.store.lock:
            response = self._answered(request, path, fault)
        if fault["kind"] == "timeout_after_commit":
            request.hang_up()
        return _spoilt(response, fault)

    def _fault(self, request: Request, path: str) -> Document:
        name = _AN_ID.split(path)[0]
        meant = (name,) if name in SPARED else (name, "")
        waiting = self.world.faults.waiting()
        fits = [fault for fault in waiting if fault["kind"] in CALL_FAULTS and fault["method"] in meant]
        if not fits or (request.method == "GET" and fits[0]["kind"] in WRITING_FAULTS):
            return NO_FAULT
        return self.world.faults.strike_call(name) or NO_FAULT

    def _answered(self, request: Request, path: str, fault: Document) -> Response:
        key = request.headers.get("idempotency-key", "") if request.method == "POST" else ""
        asked = idempotency.fingerprint(path, request.body)
        try:
            self._let_in(request)
            kept = idempotency.earlier(self.world, key, asked) if key else None
        except ApiError as error:
            return self._reply({"error": error.body}, error.status)
        if kept:
            return self._reply(kept["body"], kept["status"], {"Idempotent-Replayed": "true"})
        response = self._ran(request, path, fault)
        if key:
            idempotency.keep(self.world, key, asked, status=response.status, body=response.body)
        return response

    def _ran(self, request: Request, path: str, fault: Document) -> Response:
        if fault["kind"] == "http_500":
            return self._reply({"error": {"message": "Something went wrong.", "type": "api_error"}}, 500)
        try:
            return self._reply(self._dispatched(request, path, fault))
        except ApiError as error:
            return self._reply({"error": error.body}, error.status)

    def _dispatched(self, request: Request, path: str, fault: Document) -> Document:
        if fault["kind"] == "decline" and fault["code"] in STATUSES:
            raise ApiError(STATUSES[fault["code"]], "Refused as ordered.", code=fault["code"])
        try:
            params = form.parse(request.target.partition("?")[2] if request.method == "GET" else request.body.decode())
        except ValueError as error:
            raise ApiError(400, "The form is not valid.") from error
        for method, pattern, handler in self._table:
            match = pattern.fullmatch(path)
            if match and method == request.method:
                _check_params(method, path, params)
                body = handler(self.world, request, {**params, "_id": (match.groups() or ("",))[0]}, fault)
                return self.world.expanded(json.loads(json.dumps(body)), params.get("expand"))
        raise ApiError(404, f"Unrecognized request URL ({request.method}: /v1/{path[:80]}).")

    def _let_in(self, request: Request) -> None:
        key = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(key.encode(), self.world.api_key.encode()):
            raise ApiError(401, "Invalid API Key provided.")
        if request.headers.get("stripe-account") != self.world.account:
            text = "The provided key does not have access to this account."
            raise ApiError(403, text, code="account_invalid")

    def _reply(self, body: Document, status: int = 200, headers: dict[str, str] | None = None) -> Response:
        request_id = {"Request-Id": self.world.new_id("req", 14), "Stripe-Version": "2026-10-28.endive"}
        text = json.dumps(body, indent=2, ensure_ascii=False)
        return Response(text.encode(), status, "application/json", {**request_id, **(headers or {})})


def _check_params(method: str, path: str, params: Document) -> None:
    unknown = sorted(set(params) - KNOWN_PARAMS.get(path, frozenset(params))) if method == "POST" else []
    if unknown:
        raise ApiError(400, f"Received unknown parameter: {unknown[0]}", code="parameter_unknown", param=unknown[0])


def _never_arrives(request: Request, fault: Document) -> Response | None:
    """Faults in which the call never reaches the business behind the API."""
    if fault["kind"] == "timeout_before_commit":
        request.hang_up()
        return Response()
    if fault["kind"] == "http_429":
        return Response(b"slow down", 429, "text/plain", {"Retry-After": "7"})
    if fault["kind"] == "rate_limited":
        error = {"type": "invalid_request_error", "code": "lock_timeout", "message": "Locked by another request."}
        return Response(json.dumps({"error": error}).encode(), 429, "application/json")
    return Response(b"{not json", 200, "application/json") if fault["kind"] == "garbage" else None


def _spoilt(response: Response, fault: Document) -> Response:
    """Stripe signs no answers; what cannot be trusted is one about somebody else's payment, or of the other mode."""
    if fault["kind"] not in ("wrong_trade", "bad_signature") or response.status != 200:
        return response
    body = json.loads(response.body)
    if fault["kind"] == "bad_signature":
        body["livemode"] = True
    else:
        _rename(body)
    response.body = json.dumps(body).encode()
    return response


def _rename(body: Any) -> None:
    for value in body if isinstance(body, list) else body.values() if isinstance(body, dict) else ():
        _rename(value)
    if isinstance(body, dict) and body.get("metadata"):
        body["metadata"]["attempt_id"] = "somebody_elses"
    if isinstance(body, dict) and "client_reference_id" in body:
        body["client_reference_id"] = "somebody_elses"


def _create_intent(world: World, request: Request, params: Document, fault: Document) -> Document:
    if params.get("confirm") != "true":
        return intents.create(world, params)
    method = intents.check_method(world, params)
    intent = intents.create(world, params)
    here = params.get("off_session") != "true"
    asked = {"return_url": params.get("return_url"), "base_url": request.base_url}
    return intents.attempt(world, intent, method, fault=fault, payer_here=here, asked=asked)


def _cancel_intent(world: World, request: Request, params: Document, fault: Document) -> Document:
    return intents.cancel(world, world.get("payment_intent", params["_id"], param="intent"))


def _create_session(world: World, request: Request, params: Document, fault: Document) -> Document:
    if fault["kind"] == "decline":
        raise ApiError(400, "Refused as ordered.", code=fault["code"] or "parameter_missing")
    return sessions.create(world, params, request.base_url)


def _expire_session(world: World, request: Request, params: Document, fault: Document) -> Document:
    return sessions.expire(world, world.get("checkout.session", params["_id"]))


def _create_customer(world: World, request: Request, params: Document, fault: Document) -> Document:
    return methods.new_customer(world, params.get("metadata") or {})


def _detach(world: World, request: Request, params: Document, fault: Document) -> Document:
    return methods.detach(world, world.get("payment_method", params["_id"], param="payment_method"))


def _create_refund(world: World, request: Request, params: Document, fault: Document) -> Document:
    if fault["kind"] == "decline":
        raise ApiError(400, "Refused as ordered.", code=fault["code"] or "charge_disputed")
    return refunds.create(world, params, fault)


def _one(kind: str) -> Handler:
    return lambda world, request, params, fault: world.get(kind, params["_id"])


def _many(kind: str, url: str, *filters: str) -> Handler:
    return lambda world, request, params, fault: world.listed(kind, params, f"/v1/{url}", filters)


def _search(kind: str, url: str) -> Handler:
    return lambda world, request, params, fault: world.searched(kind, params, f"/v1/{url}/search")


_ROUTES: list[tuple[str, str, Handler]] = [
    ("POST", r"payment_intents", _create_intent),
    ("GET", r"payment_intents/search", _search("payment_intent", "payment_intents")),
    ("GET", r"payment_intents", _many("payment_intent", "payment_intents", "customer")),
    ("GET", r"payment_intents/(pi_\w+)", _one("payment_intent")),
    ("POST", r"payment_intents/(pi_\w+)/cancel", _cancel_intent),
    ("POST", r"checkout/sessions", _create_session),
    (
        "GET",
        r"checkout/sessions",
        _many("checkout.session", "checkout/sessions", "status", "customer", "payment_intent"),
    ),
    ("GET", r"checkout/sessions/(cs_\w+)", _one("checkout.session")),
    ("POST", r"checkout/sessions/(cs_\w+)/expire", _expire_session),
    ("POST", r"customers", _create_customer),
    ("GET", r"customers/search", _search("customer", "customers")),
    ("GET", r"customers", _many("customer", "customers")),
    ("GET", r"customers/(cus_\w+)", _one("customer")),
    ("GET", r"setup_intents", _many("setup_intent", "setup_intents", "customer", "payment_method")),
    ("GET", r"setup_intents/(seti_\w+)", _one("setup_intent")),
    ("GET", r"payment_methods/(\w+)", _one("payment_method")),
    ("POST", r"payment_methods/(\w+)/detach", _detach),
    ("POST", r"refunds", _create_refund),
    ("GET", r"refunds", _many("refund", "refunds", "payment_intent", "charge")),
    ("GET", r"refunds/(re_\w+)", _one("refund")),
    ("GET", r"disputes", _many("dispute", "disputes", "payment_intent", "charge")),
    ("GET", r"disputes/(du_\w+)", _one("dispute")),
    ("GET", r"charges/(ch_\w+)", _one("charge")),
    ("GET", r"mandates/(mandate_\w+)", _one("mandate")),
    ("GET", r"events/(evt_\w+)", _one("event")),
    ("GET", r"balance_transactions", _many("balance_transaction", "balance_transactions", "type", "source")),
]
