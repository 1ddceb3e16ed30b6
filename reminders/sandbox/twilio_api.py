"""The part of Twilio's REST API the platform uses: create, fetch and list messages."""

import base64
import binascii
import math
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from reminders.sandbox import faults
from reminders.sandbox.receipts import Receipts
from reminders.sandbox.store import Store
from reminders.sandbox.twilio_answers import (
    CODE_OF_MAGIC_FROM,
    CODE_OF_MAGIC_TO,
    error,
    resource,
)
from reminders.sandbox.web import Request, Response, Router, json_response

E164 = re.compile(r"\+[1-9]\d{6,14}")
MAX_BODY = 1600
WHATSAPP = "whatsapp:"


@dataclass(frozen=True)
class Account:
    sid: str
    auth_token: str


class TwilioApi:
    def __init__(self, store: Store, *, account: Account, receipts: Receipts, now: Callable[[], datetime]) -> None:
        self.store = store
        self.account = account
        self.receipts = receipts
        self.now = now

    def add_routes(self, router: Router) -> None:
        base = r"/2010-04-01/Accounts/(?P<sid>[^/]+)/Messages"
        router.add("POST", base + r"\.json", self.create)
        router.add("GET", base + r"\.json", self.list_messages)
        router.add("GET", base + r"/(?P<message>SM[0-9a-f]{32})\.json", self.fetch)

    def create(self, request: Request, *, sid: str) -> Response:
        if not self._authentic(request, sid):
            return error("20003")
        controls = faults.current(self.store)
        if controls.api not in ("none", "hang_up_after"):
            faults.spend(self.store, controls, name="api")
            return _API_FAULT[controls.api](controls)
        form = request.form()
        code = self._refusal(form)
        if code:
            return error(code)
        ref = self._accept(form)
        if controls.api == "hang_up_after":
            faults.spend(self.store, controls, name="api")
            return Response(hang_up=True)
        return json_response(resource(self._row(ref), account_sid=self.account.sid), status=201)

    def list_messages(self, request: Request, *, sid: str) -> Response:
        if not self._authentic(request, sid):
            return error("20003")
        since = (request.param("DateSent>") or request.param("DateSent"))[:10]
        limit = min(int(request.param("PageSize") or 50), 1000)
        rows = self.store.sms_to(recipient=request.param("To"), since_day=since, limit=limit)
        messages = [resource(row, account_sid=self.account.sid) for row in rows]
        return json_response({"messages": messages, "page": 0, "page_size": limit, "next_page_uri": None})

    def fetch(self, request: Request, *, sid: str, message: str) -> Response:
        if not self._authentic(request, sid):
            return error("20003")
        row = self.store.message(message)
        return json_response(resource(row, account_sid=self.account.sid)) if row else error("20404")

    def _row(self, ref: str) -> dict:
        row = self.store.message(ref)
        if row is None:
            raise LookupError(ref)
        return row

    def _authentic(self, request: Request, sid: str) -> bool:
        scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
        try:
            user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return False
        known = scheme.lower() == "basic" and user == sid == self.account.sid
        return known and secrets.compare_digest(password.encode(), self.account.auth_token.encode())

    def _refusal(self, form: dict[str, str]) -> str:
        """Twilio's error code for this request, or nothing when it is acceptable."""
        given_to, given_from, body = form.get("To", ""), form.get("From", ""), form.get("Body", "")
        to, from_ = given_to.removeprefix(WHATSAPP), given_from.removeprefix(WHATSAPP)
        callback = form.get("StatusCallback", "")
        rules = (
            (not to, "21604"),
            (not from_ and not form.get("MessagingServiceSid"), "21603"),
            (not body, "21602"),
            (len(body) > MAX_BODY, "21617"),
            (from_ in CODE_OF_MAGIC_FROM, CODE_OF_MAGIC_FROM.get(from_, "")),
            (bool(from_) and from_.startswith("+") and not E164.fullmatch(from_), "21212"),
            (to in CODE_OF_MAGIC_TO, CODE_OF_MAGIC_TO.get(to, "")),
            (not E164.fullmatch(to), "21211"),
            (bool(callback) and urlsplit(callback).scheme not in ("http", "https"), "21609"),
            (given_to.startswith(WHATSAPP) != given_from.startswith(WHATSAPP), "21910"),
            # WhatsApp has no stop list of Twilio's.
            (not given_to.startswith(WHATSAPP) and self.store.opted_out(to), "21610"),
        )
        return next((code for broken, code in rules if broken), "")

    def _accept(self, form: dict[str, str]) -> str:
        ref = "SM" + secrets.token_hex(16)
        self.store.add_message(
            channel="sms",
            direction="outbound",
            ref=ref,
            sender=form.get("From") or form["MessagingServiceSid"],
            recipient=form["To"],
            text=form["Body"],
            status="queued",
            callback_url=form.get("StatusCallback", ""),
            service_sid=form.get("MessagingServiceSid", ""),
            segments=_segments(form["Body"]),
            created_at=self.now().isoformat(timespec="seconds"),
        )
        self.receipts.plan(ref, to=form["To"], controls=faults.current(self.store))
        return ref


def _segments(body: str) -> int:
    """Twilio counts by alphabet; here everything outside ASCII counts as the long one, which is near enough to show."""
    single, joined = (160, 153) if body.isascii() else (70, 67)
    return 1 if len(body) <= single else math.ceil(len(body) / joined)


_API_FAULT: dict[str, Callable[[faults.Faults], Response]] = {
    "rate_limited": lambda controls: error("20429", retry_after=2),
    "server_error": lambda controls: Response(500, b"Internal Server Error", "text/plain"),
    "hang_up_before": lambda controls: Response(hang_up=True),
    "error_code": lambda controls: error(controls.api_code),
}
