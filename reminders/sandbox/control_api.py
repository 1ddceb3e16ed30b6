"""The JSON side of the outbox, for tests and scripts."""

import json
from typing import Any

from reminders.sandbox import faults
from reminders.sandbox.inbound import Inbound
from reminders.sandbox.receipts import Receipts
from reminders.sandbox.store import Row, Store
from reminders.sandbox.web import Request, Response, Router, json_response

STATUSES = frozenset({"queued", "sending", "sent", "delivered", "undelivered", "failed"})


class ControlApi:
    def __init__(self, store: Store, *, receipts: Receipts, inbound: Inbound) -> None:
        self.store = store
        self.receipts = receipts
        self.inbound = inbound

    def add_routes(self, router: Router) -> None:
        router.add("GET", "/api/messages", self.messages)
        router.add("GET", "/api/controls", self.controls)
        router.add("POST", "/api/controls", self.change_controls)
        router.add("POST", "/api/reply", self.reply)
        router.add("POST", "/api/receipts/(?P<ref>[A-Za-z0-9]+)", self.receipt)
        router.add("POST", "/api/clear", self.clear)
        router.add("GET", "/healthz", lambda request: Response(200, b"ok", "text/plain"))

    def messages(self, request: Request) -> Response:
        limit = min(int(request.param("limit") or 200), 5000)
        rows = self.store.messages(channel=request.param("channel"), who=request.param("to"), limit=limit)
        return json_response({"messages": [self._shown(row) for row in rows]})

    def controls(self, request: Request) -> Response:
        return json_response(faults.as_dict(faults.current(self.store)))

    def change_controls(self, request: Request) -> Response:
        problem = faults.change(self.store, _fields(request))
        if problem:
            return json_response({"error": problem}, status=422)
        return self.controls(request)

    def reply(self, request: Request) -> Response:
        """A debtor's answer: {"from": number, "text": words, "to": our number, by default whoever wrote last}."""
        fields = _fields(request)
        sender = fields.get("from", "")
        thread = self.store.conversation(sender)
        last = next((row["sender"] for row in reversed(thread) if row["direction"] == "outbound"), "")
        to = fields.get("to") or last
        if not sender or not to or not fields.get("text"):
            return json_response(
                {"error": "A reply needs from, text and somebody who wrote before, or to."}, status=422
            )
        ref, answer = self.inbound.reply(from_=sender, to=to, text=fields["text"])
        return json_response({"ref": ref, "answer": answer})

    def receipt(self, request: Request, *, ref: str) -> Response:
        """Sends one status callback by hand: {"status": ..., "code": ...}."""
        fields = _fields(request)
        if self.store.message(ref) is None or fields.get("status") not in STATUSES:
            return json_response({"error": "Unknown message or status."}, status=422)
        self.receipts.push(ref, status=fields["status"], code=str(fields.get("code", "")))
        return json_response({"queued": True})

    def clear(self, request: Request) -> Response:
        self.store.clear()
        return json_response({"cleared": True})

    def _shown(self, row: Row) -> dict[str, Any]:
        attachments = [
            {"filename": item["filename"], "mime_type": item["mime_type"], "bytes": len(item["content"])}
            for item in self.store.attachments(row["id"])
        ]
        return {
            **{name: row[name] for name in ("id", "channel", "direction", "ref", "subject", "text", "html", "status")},
            "from": row["sender"],
            "to": row["recipient"],
            "error_code": row["error_code"],
            "segments": row["segments"],
            "created_at": row["created_at"],
            "headers": json.loads(row["headers"]),
            "attachments": attachments,
            "receipts": self.store.receipts(row["ref"]) if row["channel"] == "sms" else [],
        }


def _fields(request: Request) -> dict[str, Any]:
    if "json" not in request.headers.get("content-type", ""):
        return dict(request.form())
    try:
        value = json.loads(request.body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
