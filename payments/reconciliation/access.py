"""What the staff page lists: differences by filter, and the newest statement of each wallet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from accounts.models import User
from common.clock import now
from common.errors import NotFound
from common.ids import row_id_of
from common.money import Money
from payments.models import ReconciliationItem, StatementRun
from wallets.models import Provider

AGES = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=30)}
OPEN = ("open", "proposed")


@dataclass(frozen=True)
class Books:
    provider: Provider
    run: StatementRun | None
    waiting: int


def access_item(reference: str) -> ReconciliationItem:
    rows = ReconciliationItem.objects.select_related(
        "provider",
        "owner",
        "proposed_by",
        "decided_by",
        "creditor",
        "attempt__payment__account",
        "account",
        "held_entry",
    )
    row = rows.filter(pk=row_id_of(reference) or 0).first()
    if row is None:
        raise NotFound(_("There is no such difference."))
    return row


def items(given: dict[str, str], user: User) -> QuerySet[ReconciliationItem]:
    rows = ReconciliationItem.objects.select_related("provider", "owner", "attempt__payment__account")
    state = given.get("state") or "waiting"
    rows = rows.filter(state__in=OPEN) if state == "waiting" else rows
    rows = rows.filter(state=state) if state in ("open", "proposed", "resolved") else rows
    exact = {"provider__key": given.get("provider"), "kind": given.get("kind")}
    rows = rows.filter(**{name: value for name, value in exact.items() if value})
    owners = {"me": Q(owner=user), "nobody": Q(owner=None)}
    rows = rows.filter(owners.get(given.get("owner", ""), Q()))
    age = AGES.get(given.get("age", ""))
    return rows.filter(opened_at__lt=now() - age) if age else rows


def held_money() -> list[Money]:
    """What lies in suspense until somebody has said whose it is, by currency."""
    rows = ReconciliationItem.objects.filter(held_entry__isnull=False).values("currency")
    return [Money(row["minor"], row["currency"]) for row in rows.annotate(minor=Sum("held_minor")).order_by("currency")]


def books() -> list[Books]:
    """The newest statement that was read, for every wallet that gives one."""
    runs = StatementRun.objects.order_by("provider_id", "-day").distinct("provider_id").select_related("provider")
    counts = ReconciliationItem.objects.filter(state__in=OPEN).values("provider").annotate(n=Count("pk")).order_by()
    waiting = {row["provider"]: row["n"] for row in counts}
    return [Books(run.provider, run, waiting.get(run.provider_id, 0)) for run in runs]
