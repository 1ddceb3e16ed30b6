"""The REST API: bearer tokens, request ids, faults when ordered, errors in PayPal's form."""

import base64
import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from wallets.sandbox.paypal import captures, orders, reporting, vault
from wallets.sandbox.paypal.merchant import CLIENT_ID
from wallets.sandbox.paypal.notifies import CERTIFICATE
from wallets.sandbox.paypal.repeats import once
from wallets.sandbox.paypal.world import Refusal, World, invalid, new_id
from wallets.sandbox.store import Document
from wallets.sandbox.web import Request, Response, Route, reply_json

TOKEN_LIFE = timedelta(hours=9)
NO_FAULT: Document = {"kind": "", "code": ""}
ABOUT_DOING = ("decline", "accept_only", "timeout_after_commit")
Answer = tuple[Document, int]
Method = Callable[..., Answer]


class Api:
    def __init__(self, world: World, *, secret: str, certificate: Path) -> None:
        self.world, self._secret, self._certificate = world, secret, certificate

    def routes(self) -> list[Route]:
        one = r"(?P<name>[\w-]{1,36})"
        rows: list[tuple[str, str, str, Method]] = [
            ("POST", "/v2/checkout/orders", "orders.create", self.create_order),
            ("GET", f"/v2/checkout/orders/{one}", "orders.get", self.get_order),
            ("PATCH", f"/v2/checkout/orders/{one}", "orders.patch", self.patch_order),
            ("POST", f"/v2/checkout/orders/{one}/capture", "orders.capture", self.capture_order),
            ("GET", f"/v2/payments/captures/{one}", "captures.get", self.get_capture),
            ("POST", f"/v2/payments/captures/{one}/refund", "captures.refund", self.refund),
            ("GET", f"/v2/payments/refunds/{one}", "refunds.get", self.get_refund),
            ("POST", "/v3/vault/setup-tokens", "setup_tokens.create", self.create_setup),
            ("GET", f"/v3/vault/setup-tokens/{one}", "setup_tokens.get", self.get_setup),
            ("POST", "/v3/vault/payment-tokens", "payment_tokens.create", self.create_token),
            ("GET", "/v3/vault/payment-tokens", "payment_tokens.list", self.list_tokens),
            ("GET", f"/v3/vault/payment-tokens/{one}", "payment_tokens.get", self.get_token),
            ("DELETE", f"/v3/vault/payment-tokens/{one}", "payment_tokens.delete", self.delete_token),
            ("GET", "/v1/reporting/transactions", "transactions", self.transactions),
        ]
        return [
            ("POST", "/paypal/v1/oauth2/token", self.issue_token),
            ("GET", "/paypal/v1/notifications/certs/(?P<name>CERT-[0-9A-Za-z-]+)", self.certificate),
            *((verb, f"/paypal{path}", self._served(method, handler)) for verb, path, method, handler in rows),
        ]

    def issue_token(self, request: Request) -> Response:
        """Only a fault ordered for `token` strikes here, so that others meet the call they were meant for."""
        self.world.called_at(request.base_url)
        meant = any(fault["method"] == "token" for fault in self.world.faults.waiting())
        fault = (meant and self.world.faults.strike_call("token")) or NO_FAULT
        early = _transport_fault(request, fault)
        if early:
            return early
        wanted = base64.b64encode(f"{CLIENT_ID}:{self._secret}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {wanted}":
            return reply_json({"error": "invalid_client", "error_description": "Client Authentication failed"}, 401)
        token = f"A21AA{uuid.uuid4().hex}{new_id(20)}"
        self.world.store.put("paypal.bearer", token, {"at": self.world.stamp()})
        seconds = int(TOKEN_LIFE.total_seconds())
        return reply_json({"access_token": token, "token_type": "Bearer", "expires_in": seconds, "nonce": new_id()})

    def certificate(self, request: Request, name: str) -> Response:
        if name != CERTIFICATE:
            return reply_json({"name": "RESOURCE_NOT_FOUND"}, 404)
        return Response(self._certificate.read_bytes(), 200, "application/x-pem-file")

    def _served(self, method: str, handler: Method) -> Callable[..., Response]:
        def serve(request: Request, **names: str) -> Response:
            self.world.called_at(request.base_url)
            # A call whose token has run out is refused and comes again: the fault waits for the one that gets through.
            knows = self._knows_bearer(request)
            fault = self._strike(method, acts=request.method == "POST") if knows else NO_FAULT
            early = _transport_fault(request, fault)
            if early:
                return early
            with self.world.store.lock:
                data, status = self._run(handler, request, fault, names)
            if fault["kind"] == "timeout_after_commit":
                request.hang_up()
            if fault["kind"] == "wrong_trade":
                data = _of_somebody_else(data)
            return Response(status=204) if status == 204 else reply_json(data, status)

        return serve

    def _strike(self, method: str, *, acts: bool) -> Document:
        """Faults about something being done wait for a call that does something."""
        meant = [fault for fault in self.world.faults.waiting() if fault["method"] in ("", method)]
        first = meant[0] if meant else NO_FAULT
        if first["kind"] in ABOUT_DOING and not first["method"] and not acts:
            return NO_FAULT
        return self.world.faults.strike_call(method) or NO_FAULT

    def _run(self, handler: Method, request: Request, fault: Document, names: dict[str, str]) -> Answer:
        try:
            self._check_bearer(request)
            if fault["kind"] == "rate_limited":
                raise Refusal("RATE_LIMIT_REACHED", status=429, name="RATE_LIMIT_REACHED")
            return handler(request, fault, **names)
        except Refusal as refusal:
            details = [{"issue": refusal.code, "description": refusal.code.replace("_", " ").lower()}]
            return {"name": refusal.name, "details": details, "debug_id": new_id(13).lower()}, refusal.status

    def _check_bearer(self, request: Request) -> None:
        if not self._knows_bearer(request):
            raise Refusal("invalid_token", status=401, name="AUTHENTICATION_FAILURE")

    def _knows_bearer(self, request: Request) -> bool:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        known = self.world.store.get("paypal.bearer", token)
        return known is not None and timedelta(0) <= self.world.since(known["at"]) + timedelta(seconds=2) < TOKEN_LIFE

    def create_order(self, request: Request, fault: Document) -> Answer:
        key = bool(request.headers.get("paypal-request-id"))
        return once(
            self.world,
            request,
            "orders",
            lambda: orders.create(self.world, _content(request), has_request_id=key, fault=fault),
            lambda name: orders.show(self.world, orders.find(self.world, name)),
        )

    def get_order(self, request: Request, fault: Document, name: str) -> Answer:
        return orders.show(self.world, orders.find(self.world, name)), 200

    def patch_order(self, request: Request, fault: Document, name: str) -> Answer:
        orders.patch(self.world, name, _json(request))
        return {}, 204

    def capture_order(self, request: Request, fault: Document, name: str) -> Answer:
        return once(
            self.world,
            request,
            "payments",
            lambda: orders.capture(self.world, name, fault),
            lambda order: orders.show(self.world, orders.find(self.world, order)),
        )

    def get_capture(self, request: Request, fault: Document, name: str) -> Answer:
        return captures.show(self.world, captures.find(self.world, name)), 200

    def refund(self, request: Request, fault: Document, name: str) -> Answer:
        if fault["kind"] == "decline":
            raise Refusal(fault["code"] or "REFUND_NOT_ALLOWED")
        pending = fault["kind"] == "accept_only"
        return once(
            self.world,
            request,
            "payments",
            lambda: captures.refund(self.world, name, _content(request), pending=pending),
            lambda made: captures.show_refund(self.world, made),
        )

    def get_refund(self, request: Request, fault: Document, name: str) -> Answer:
        return captures.show_refund(self.world, name), 200

    def create_setup(self, request: Request, fault: Document) -> Answer:
        if fault["kind"] == "decline":
            raise Refusal(fault["code"] or "NOT_ENABLED_TO_VAULT_PAYMENT_SOURCE")
        return once(
            self.world,
            request,
            "vault",
            lambda: vault.set_up(self.world, _content(request)),
            lambda name: vault.show_setup(self.world, vault.find_setup(self.world, name)),
        )

    def get_setup(self, request: Request, fault: Document, name: str) -> Answer:
        return vault.show_setup(self.world, vault.find_setup(self.world, name)), 200

    def create_token(self, request: Request, fault: Document) -> Answer:
        return once(
            self.world,
            request,
            "vault",
            lambda: vault.make_token(self.world, _content(request)),
            lambda name: vault.show(self.world, vault.token(self.world, name)),
        )

    def list_tokens(self, request: Request, fault: Document) -> Answer:
        found = vault.of_customer(self.world, request.query.get("customer_id", ""))
        return {"payment_tokens": found, "total_items": len(found)}, 200

    def get_token(self, request: Request, fault: Document, name: str) -> Answer:
        return vault.show(self.world, vault.token(self.world, name)), 200

    def delete_token(self, request: Request, fault: Document, name: str) -> Answer:
        vault.delete(self.world, name)
        return {}, 204

    def transactions(self, request: Request, fault: Document) -> Answer:
        return reporting.search(self.world, request.query), 200


def _json(request: Request) -> Any:
    try:
        return json.loads(request.body or b"{}")
    except ValueError as error:
        raise invalid("MALFORMED_REQUEST_JSON") from error


def _content(request: Request) -> Document:
    data = _json(request)
    if not isinstance(data, dict):
        raise invalid("MALFORMED_REQUEST_JSON")
    return data


def _of_somebody_else(data: Document) -> Document:
    units = [{**unit, "invoice_id": "SOMEBODYS"} for unit in data.get("purchase_units", [])]
    other: Document = {name: "SOMEBODYS" for name in ("invoice_id", "custom_id") if name in data}
    return {**data, "id": "SOMEBODYS", **other, **({"purchase_units": units} if units else {})}


def _transport_fault(request: Request, fault: Document) -> Response | None:
    """Faults in which the call never reaches the business behind the address."""
    if fault["kind"] == "timeout_before_commit":
        request.hang_up()
        return Response()
    if fault["kind"] == "http_429":
        return Response(b"slow down", 429, "text/plain", {"Retry-After": "7"})
    if fault["kind"] == "http_500":
        return Response(b'{"name":"INTERNAL_SERVER_ERROR"}', 500, "application/json")
    return Response(b"{not json", 200, "application/json") if fault["kind"] == "garbage" else None
