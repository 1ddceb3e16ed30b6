"""Where money waits for a second person."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.approvals import Source, Waiting, register
from common.money import Money
from payments.models import (
    AccountFact,
    AccountMove,
    PlanRail,
    Refund,
    Remittance,
    RuleChange,
    SurplusDecision,
    TransferStep,
)


def refunds(most: int) -> Iterator[Waiting]:
    rows = Refund.objects.filter(state="requested").select_related("requested_by").order_by("requested_at")
    for row in rows[:most]:
        about = f"{row.reference} · {Money(row.amount_minor, row.currency)} · {row.reason}"
        yield Waiting(about, reverse("refund_page", args=[row.reference]), row.requested_by, row.requested_at)


def surpluses(most: int) -> Iterator[Waiting]:
    rows = SurplusDecision.objects.filter(state="requested").select_related("requested_by", "account")
    for row in rows.order_by("requested_at")[:most]:
        about = f"{row.account.reference} · {Money(row.amount_minor, row.currency)} · {row.reason}"
        href = reverse("surplus_page", args=[row.account.reference])
        yield Waiting(about, href, row.requested_by, row.requested_at)


def transfers(most: int) -> Iterator[Waiting]:
    rows = TransferStep.objects.filter(state="asked").select_related("transfer", "asked_by").order_by("asked_at")
    for row in rows[:most]:
        about = f"{row.transfer.reference} · {row.get_action_display()} · {row.reason}"
        yield Waiting(about, reverse("bank_transfer_page", args=[row.transfer.reference]), row.asked_by, row.asked_at)


def remittances(most: int) -> Iterator[Waiting]:
    rows = Remittance.objects.filter(state="draft").select_related("drafted_by", "creditor").order_by("drafted_at")
    for row in rows[:most]:
        about = f"{row.reference} · {row.creditor.name}"
        yield Waiting(about, reverse("remittance_page", args=[row.reference]), row.drafted_by, row.drafted_at)


def moves(most: int) -> Iterator[Waiting]:
    rows = AccountMove.objects.filter(state="asked").select_related("account", "asked_by").order_by("asked_at")
    for row in rows[:most]:
        href = reverse("move_page", args=[row.reference])
        yield Waiting(f"{row.reference} · {row.account.reference}", href, row.asked_by, row.asked_at)


def rule_changes(most: int) -> Iterator[Waiting]:
    rows = RuleChange.objects.filter(state="requested").select_related("requested_by").order_by("requested_at")
    for row in rows[:most]:
        yield Waiting(str(row), reverse("rule_request", args=[row.reference]), row.requested_by, row.requested_at)


def corrections(most: int) -> Iterator[Waiting]:
    rows = AccountFact.objects.filter(state="requested").select_related("account", "requested_by")
    for row in rows.order_by("requested_at")[:most]:
        about = f"{row.account.reference} · {row.get_kind_display()} · {row.reason}"
        href = reverse("account_correction", args=[row.account.reference])
        yield Waiting(about, href, row.requested_by, row.requested_at)


def guard_rails(most: int) -> Iterator[Waiting]:
    rows = PlanRail.objects.filter(state="requested").select_related("creditor", "requested_by")
    for row in rows.order_by("requested_at")[:most]:
        whose = row.creditor.name if row.creditor else _("All creditors")
        yield Waiting(f"{whose} · {row.reason}", reverse("guard_rails"), row.requested_by, row.requested_at)


SOURCES = (
    Source("refunds", _("Refund"), "approve_refunds", refunds),
    Source("surpluses", _("Surplus"), "approve_refunds", surpluses),
    Source("transfers", _("Bank transfer"), "confirm_money", transfers),
    Source("remittances", _("Remittance"), "approve_remittances", remittances),
    Source("moves", _("End of an account"), "confirm_money", moves),
    Source("corrections", _("Correction"), "confirm_money", corrections),
    Source("guard_rails", _("Guard-rails of plans"), "confirm_money", guard_rails),
    Source("rules", _("Interest and fees"), "configure", rule_changes),
)


def register_all() -> None:
    for source in SOURCES:
        register(source)
