"""Disputes about debts in every state: new with a paper, asked about, late, waiting for a second person, decided."""

from __future__ import annotations

import io
from datetime import timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import QuerySet
from reportlab.pdfgen.canvas import Canvas

from accounts.models import User
from collections_platform.demo.staff import LOGINS
from common.clock import now, today
from payments.disputes.deciding import Decision, Waived, decide
from payments.disputes.evidence import add_evidence, check_files
from payments.disputes.opening import ask_for_more, take, withdraw
from payments.models import DebtDispute

STORIES = 8


def tell_disputes() -> None:
    """Told once: later nothing is as new as this needs."""
    rows = list(_fresh().order_by("-account__principal_minor", "pk")[:STORIES])
    staff = {login.role: User.objects.filter(email=login.email).first() for login in LOGINS}
    agent, lead = staff["agent"], staff["lead"]
    if agent is None or lead is None or len(rows) < STORIES:
        return
    second, new, asked, late, partly, upheld, rejected, back = rows
    add_evidence(new, check_files([_receipt(new)]), by=None)
    take(asked, owner=agent, by=agent)
    ask_for_more(asked, text="Could you send the statement of your bank for that month?", by=agent)
    take(late, owner=agent, by=agent)
    DebtDispute.objects.filter(pk=late.pk).update(
        opened_at=now() - timedelta(days=33), answer_by=now() - timedelta(days=3)
    )
    _decide(second, "partly", "Half of it was charged twice, and is taken off.", by=agent, share=2)
    _decide(
        partly, "partly", "One fee was wrong, and is taken off. The rest is as the contract says.", by=agent, share=400
    )
    _decide(upheld, "upheld", "You are right: the fee was charged twice. We are sorry.", by=lead, share=300)
    _decide(rejected, "rejected", "The bank shows no payment on that day. Its statement is attached.", by=lead)
    withdraw(back, why="Found the letter meanwhile.", by=agent, once=None)


def _fresh() -> QuerySet[DebtDispute]:
    rows = DebtDispute.objects.filter(state="opened", account__principal_minor__gt=10_000)
    return rows.select_related("account__debtor")


def _decide(row: DebtDispute, outcome: str, answer: str, *, by: User, share: int = 0) -> None:
    waived = Waived("principal", max(row.account.principal_minor // share, 1), today()) if share else None
    decide(row, Decision(outcome, answer, "Looked at the creditor's records.", waived), by=by)


def _receipt(row: DebtDispute) -> SimpleUploadedFile:
    out = io.BytesIO()
    canvas = Canvas(out)
    canvas.drawString(72, 760, f"Receipt of a bank transfer, {row.account.currency}")
    canvas.showPage()
    canvas.save()
    return SimpleUploadedFile("receipt.pdf", out.getvalue())
