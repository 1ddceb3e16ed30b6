"""The creditor's machine: takes our signed notices (Standard Webhooks), verifies them itself and shows them."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import datetime

from reminders.sandbox.store import Store
from reminders.sandbox.web import Request, Response, Router

PATH = "/creditor/notices"
TOLERANCE = 300  # seconds a notice may be old or early, by the real clock


def _expected(secret: str, request: Request) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    head = f"{request.headers.get('webhook-id', '')}.{request.headers.get('webhook-timestamp', '')}."
    return "v1," + base64.b64encode(hmac.new(key, head.encode() + request.body, hashlib.sha256).digest()).decode()


class CreditorInbox:
    """`secret` is what the platform signs with; `real_now` is not the sandbox clock."""

    def __init__(self, store: Store, *, secret: str, now: Callable[[], datetime], real_now: Callable[[], datetime]):
        self.store = store
        self.secret = secret
        self.now = now
        self.real_now = real_now

    def add_routes(self, router: Router) -> None:
        router.add("POST", PATH, self.receive)

    def receive(self, request: Request) -> Response:
        if not self._genuine(request):
            return Response(401, b"The signature does not verify.", "text/plain")
        ref = request.headers["webhook-id"]
        if self.store.message(ref) is None:
            self._keep(ref, request)
        return Response(204)

    def _genuine(self, request: Request) -> bool:
        sent = request.headers.get("webhook-timestamp", "")
        if not self.secret or not sent.isdigit() or abs(self.real_now().timestamp() - int(sent)) > TOLERANCE:
            return False
        given = request.headers.get("webhook-signature", "").split(" ")
        return any(hmac.compare_digest(_expected(self.secret, request), each) for each in given)

    def _keep(self, ref: str, request: Request) -> None:
        notice = json.loads(request.body)
        self.store.add_message(
            channel="webhook",
            direction="outbound",
            ref=ref,
            sender="the platform",
            recipient="the creditor's server",
            subject=notice["type"],
            text=json.dumps(notice, indent=2, ensure_ascii=False),
            headers=json.dumps([[name, value] for name, value in request.headers.items()]),
            status="delivered",
            created_at=self.now().isoformat(),
        )
