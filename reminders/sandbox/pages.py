"""The outbox as people see it: a list, one mail, one phone, and the panel of faults."""

import json
import re
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from django.template import Context, Engine

from reminders.sandbox import faults
from reminders.sandbox.inbound import Inbound
from reminders.sandbox.store import Row, Store
from reminders.sandbox.web import Request, Response, Router, redirect

HERE = Path(__file__).parent
PAGE_SIZE = 60
PREVIEW = 110
ADDRESSES = {"sms": "/sms/{person}#last", "email": "/mail/{ref}", "webhook": "/creditor/{ref}", "push": "/push/{ref}"}
# The mail's own styles are its business; scripts, forms and remote content are nobody's.
MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
)
# An attachment is a stranger's file: always saved, never shown as part of this site.
SAVED_AS = "attachment; filename*=UTF-8''"


@cache
def _engine() -> Engine:
    return Engine(
        dirs=[str(HERE / "templates")],
        builtins=["django.templatetags.i18n"],
        libraries={"l10n": "django.templatetags.l10n"},
    )


def _page(template: str, **context: Any) -> Response:
    return Response(body=_engine().get_template(template).render(Context(context)).encode())


class Pages:
    def __init__(self, store: Store, *, inbound: Inbound, smtp_port: int) -> None:
        self.store = store
        self.inbound = inbound
        self.smtp_port = smtp_port

    def add_routes(self, router: Router) -> None:
        router.add("GET", "/", self.outbox)
        router.add("GET", r"/mail/(?P<ref>EM[0-9a-f]{32})", self.mail)
        router.add("GET", r"/mail/(?P<ref>EM[0-9a-f]{32})/html", self.mail_html)
        router.add("GET", r"/mail/(?P<ref>EM[0-9a-f]{32})/attachments/(?P<number>\d+)", self.attachment)
        router.add("GET", r"/creditor/(?P<ref>[0-9a-f-]{36})", self.mail)
        router.add("GET", r"/push/(?P<ref>PU[0-9a-f]{32})", self.mail)
        router.add("GET", r"/sms/(?P<number>[^/]+)", self.phone)
        router.add("POST", r"/sms/(?P<number>[^/]+)", self.reply)
        router.add("GET", "/faults", self.faults)
        router.add("POST", "/faults", self.change_faults)
        router.add("POST", "/clear", self.clear)
        router.add("GET", "/outbox.css", self.stylesheet)

    def outbox(self, request: Request) -> Response:
        channel, who = request.param("channel"), request.param("to").strip()
        before = request.param("before")
        rows = self.store.messages(
            channel=channel, who=who, before=int(before) if before.isdigit() else 0, limit=PAGE_SIZE + 1
        )
        more = (
            urlencode({"channel": channel, "to": who, "before": rows[PAGE_SIZE - 1]["id"]})
            if len(rows) > PAGE_SIZE
            else ""
        )
        return _page(
            "outbox.html", rows=[_listed(row) for row in rows[:PAGE_SIZE]], more=more, **self._frame(channel, who)
        )

    def mail(self, request: Request, *, ref: str) -> Response:
        row = self.store.message(ref)
        if row is None:
            return _gone()
        view = request.param("view") or ("html" if row["html"] else "text")
        return _page(
            "mail.html",
            mail=_listed(row),
            view=view,
            headers=json.loads(row["headers"]),
            attachments=[_attached(item) for item in self.store.attachments(row["id"])],
            **self._frame("email", ""),
        )

    def mail_html(self, request: Request, *, ref: str) -> Response:
        row = self.store.message(ref)
        if row is None:
            return _gone()
        # Links of the mail open beside the outbox, as they would from a mail program.
        html = re.sub(r"(<head[^>]*>)", r'\1<base target="_blank">', row["html"], count=1)
        return Response(body=html.encode(), headers={"Content-Security-Policy": MAIL_POLICY})

    def attachment(self, request: Request, *, ref: str, number: str) -> Response:
        row = self.store.message(ref)
        found = [item for item in self.store.attachments(row["id"]) if item["id"] == int(number)] if row else []
        if not found:
            return _gone()
        headers = {"Content-Disposition": SAVED_AS + quote(found[0]["filename"], safe="")}
        return Response(body=found[0]["content"], content_type="application/octet-stream", headers=headers)

    def phone(self, request: Request, *, number: str, problem: str = "") -> Response:
        thread = self.store.conversation(number)
        bubbles = [{**_listed(row), "receipts": self.store.receipts(row["ref"])} for row in thread]
        return _page(
            "phone.html",
            number=number,
            bubbles=bubbles,
            opted_out=self.store.opted_out(number),
            problem=problem,
            quick=("STOP", "START", "I lost my job", "I already paid", "Wrong person"),
            **self._frame("sms", ""),
        )

    def reply(self, request: Request, *, number: str) -> Response:
        text = request.form().get("text", "").strip()
        thread = self.store.conversation(number)
        ours = next((row["sender"] for row in reversed(thread) if row["direction"] == "outbound"), "")
        if text and ours:
            self.inbound.reply(from_=number, to=ours, text=text)
        return redirect(f"/sms/{quote(number, safe='')}#last")

    def faults(self, request: Request, *, problem: str = "") -> Response:
        return _page(
            "faults.html",
            faults=faults.current(self.store),
            choices=faults.CHOICES,
            problem=problem,
            smtp_port=str(self.smtp_port),
            inbound_url=self.inbound.inbound_url,
            **self._frame("faults", ""),
        )

    def change_faults(self, request: Request) -> Response:
        wanted = {"advanced_opt_out": "off", **request.form()}
        problem = faults.change(self.store, wanted)
        return self.faults(request, problem=problem) if problem else redirect("/faults")

    def clear(self, request: Request) -> Response:
        self.store.clear()
        return redirect("/")

    def stylesheet(self, request: Request) -> Response:
        return Response(body=(HERE / "assets" / "outbox.css").read_bytes(), content_type="text/css; charset=utf-8")

    def _frame(self, tab: str, who: str) -> dict[str, Any]:
        counts = self.store.counts()
        active = faults.current(self.store)
        disturbed = [name for name in faults.CHOICES if getattr(active, name) != "none"]
        return {"tab": tab, "who": who, "counts": counts, "total": sum(counts.values()), "disturbed": disturbed}


def _listed(row: Row) -> dict[str, Any]:
    inbound = row["direction"] == "inbound"
    person = row["sender"] if inbound else row["recipient"]
    address = ADDRESSES[row["channel"]].format(person=quote(person, safe=""), ref=row["ref"])
    preview = " ".join(row["text"].split())[:PREVIEW]
    shown = {"at": datetime.fromisoformat(row["created_at"]), "person": person, "url": address, "preview": preview}
    return {**row, **shown, "inbound": inbound}


def _attached(item: Row) -> dict[str, Any]:
    return {**item, "kilobytes": max(1, len(item["content"]) // 1024)}


def _gone() -> Response:
    return Response(404, b"This message is not here any more.", "text/plain")
