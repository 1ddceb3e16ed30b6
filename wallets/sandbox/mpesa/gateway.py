"""Daraja's addresses: check the token, run the call, misbehave when ordered."""

import json
import secrets
from base64 import b64decode
from collections.abc import Callable
from datetime import datetime, timedelta

from wallets.sandbox.mpesa import books, orders, prompts
from wallets.sandbox.mpesa.world import Fault, World
from wallets.sandbox.store import Document
from wallets.sandbox.web import Request, Response, Route, reply_json

TOKEN_SECONDS = 3599
# A fault without a method means a call that asks for money, not one that reads.
READING = ("token", "query", "books", "register")
BEFORE = {
    "http_429": Response(b"slow down", 429, "text/plain", {"Retry-After": "7"}),
    "http_500": Response(b"<html>error</html>", 500),
    "garbage": Response(b"{not json", 200, "application/json"),
}


class Gateway:
    def __init__(self, world: World) -> None:
        self.world = world

    def routes(self) -> list[Route]:
        return [
            ("GET", "/mpesa/oauth/v1/generate", self.token),
            ("POST", "/mpesa/mpesa/stkpush/v1/processrequest", self._serving("push", self._push)),
            ("POST", "/mpesa/mpesa/stkpushquery/v1/query", self._serving("query", self._query)),
            ("POST", "/mpesa/pulltransactions/v1/query", self._serving("books", self._books)),
            ("POST", "/mpesa/mpesa/reversal/v1/request", self._serving("reversal", self._reversal)),
            ("POST", "/mpesa/mpesa/c2b/v2/registerurl", self._serving("register", self._register)),
            ("POST", "/mpesa/standingorder/v1/createStandingOrderExternal", self._serving("order", self._order)),
        ]

    def token(self, request: Request) -> Response:
        fault = self._strike("token")
        early = self._before(request, fault)
        if early:
            return early
        told = request.headers.get("authorization", "").removeprefix("Basic ")
        expected = f"{self.world.secret('consumer_key')}:{self.world.secret('consumer_secret')}"
        try:
            good = b64decode(told, validate=True).decode() == expected
        except ValueError:
            good = False
        if not good:
            return reply_json({"errorCode": "400.008.01", "errorMessage": "Invalid Authentication passed"}, 400)
        token = secrets.token_urlsafe(21)
        ends = self.world.clock.now() + timedelta(seconds=TOKEN_SECONDS)
        self.world.store.put("mpesa.token", token, {"ends": ends.isoformat()})
        return reply_json({"access_token": token, "expires_in": str(TOKEN_SECONDS)})

    def _serving(self, method: str, handler: Callable[[Document, Document], Document]) -> Callable[[Request], Response]:
        def serve(request: Request) -> Response:
            fault = self._strike(method)
            early = self._before(request, fault)
            if early:
                return early
            with self.world.store.lock:
                answer = self._run(request, fault, handler)
            if fault["kind"] == "timeout_after_commit":
                request.hang_up()
            return answer

        return serve

    def _run(self, request: Request, fault: Document, handler: Callable[[Document, Document], Document]) -> Response:
        try:
            self._check_token(request)
            if fault["kind"] == "rate_limited":
                raise Fault(429 if fault["code"] else 500, "500.003.02", "Spike arrest violation")
            tick(self.world)
            content = json.loads(request.body or b"{}")
            if not isinstance(content, dict):
                raise Fault(400, "400.002.02", "Bad Request")
            return reply_json(handler(content, fault))
        except Fault as error:
            told = {"requestId": self.world.serial(), "errorCode": error.code, "errorMessage": error.text}
            return reply_json(told, error.status)
        except ValueError:
            return reply_json(
                {"requestId": "", "errorCode": "400.002.05", "errorMessage": "Invalid Request Payload"}, 400
            )

    def _check_token(self, request: Request) -> None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        known = self.world.store.get("mpesa.token", token)
        if not known or datetime.fromisoformat(known["ends"]) <= self.world.clock.now():
            raise Fault(404, "404.001.03", "Invalid Access Token")

    def _strike(self, method: str) -> Document:
        faults = self.world.faults
        meant = method not in READING or any(fault["method"] == method for fault in faults.waiting())
        return (faults.strike_call(method) if meant else None) or {"kind": "", "code": ""}

    def _before(self, request: Request, fault: Document) -> Response | None:
        if fault["kind"] == "timeout_before_commit":
            request.hang_up()
            return Response()
        return BEFORE.get(fault["kind"])

    def _push(self, content: Document, fault: Document) -> Document:
        ends_with = (fault["code"] or "1") if fault["kind"] == "decline" else ""
        return prompts.push(self.world, content, ends_with=ends_with, hidden=fault["kind"] == "accept_only")

    def _query(self, content: Document, fault: Document) -> Document:
        answer = prompts.query(self.world, content)
        return {**answer, "CheckoutRequestID": "ws_CO_OTHER"} if fault["kind"] == "wrong_trade" else answer

    def _books(self, content: Document, fault: Document) -> Document:
        return books.pull(self.world, content)

    def _reversal(self, content: Document, fault: Document) -> Document:
        if fault["kind"] == "decline":
            raise Fault(400, fault["code"] or "400.002.02", "Bad Request")
        return books.reverse(self.world, content, settle=fault["kind"] != "accept_only")

    def _register(self, content: Document, fault: Document) -> Document:
        return books.register(self.world, content)

    def _order(self, content: Document, fault: Document) -> Document:
        if fault["kind"] == "decline":
            raise Fault(400, fault["code"] or "400.002.02", "Bad Request")
        return orders.create(self.world, content)


def tick(world: World) -> None:
    """What happens by itself as time goes by: prompts end, standing orders run."""
    prompts.end_overdue(world)
    orders.end_overdue(world)
    orders.run_due(world)
