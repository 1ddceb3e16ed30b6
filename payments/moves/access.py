"""The doors to moves, what their lists read, and what a debtor is told of the end of their account."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Account, ContactPoint, User
from accounts.selectors import accounts_visible_to
from common.errors import NotFound
from common.ids import row_id_of
from common.money import Money
from payments.models import AccountMove, Agency
from payments.moves.table import CLOSE_REASONS
from payments.services.recovering import ENDED, standing_moves

SHOWN: dict[str, Q] = {
    "decide": Q(state="asked"),
    "awaited": Q(state="done", settled_at=None),
    "write_off": Q(state="done", kind="write_off"),
    "agency": Q(state="done", kind="agency"),
    "recall": Q(state="done", kind="recall"),
    "close": Q(state="done", kind="close"),
    "all": Q(),
}
LIST_HEADER = (
    "account", "creditor", "creditor_reference", "name", "country", "language", "product", "currency", "owed",
    "principal", "interest", "fees", "costs", "due_date", "last_payment", "phones", "emails", "addresses",
    "handed_over_on", "reason",
)  # fmt: skip


def moves_visible_to(user: User) -> QuerySet[AccountMove]:
    rows = AccountMove.objects.filter(account__in=accounts_visible_to(user))
    return rows.select_related("account__debtor", "account__creditor", "agency", "asked_by", "decided_by", "undoes")


def access_move(user: User, reference: str) -> AccountMove:
    row = moves_visible_to(user).filter(pk=row_id_of(reference) or 0).first()
    if row is None:
        raise NotFound(_("There is no such step, or it is not yours to see."))
    return row


def access_agency(agency_id: int) -> Agency:
    row = Agency.objects.filter(pk=agency_id).first()
    if row is None:
        raise NotFound(_("There is no such agency."))
    return row


def with_agency(agency: Agency) -> QuerySet[AccountMove]:
    """What it has now: handed over and not taken back."""
    rows = AccountMove.objects.filter(agency=agency, state="done", account__status="agency")
    return rows.select_related("account__debtor", "account__creditor").order_by("pk")


def list_rows(moves: Iterable[AccountMove]) -> Iterator[tuple[object, ...]]:
    """What an agency needs to know of each account; addresses that are somebody else's are left out."""
    found = list(moves)
    points: dict[UUID, dict[str, list[str]]] = {}
    people = {move.account.debtor_id for move in found}
    for point in ContactPoint.objects.filter(debtor__in=people).exclude(condition="invalid").order_by("pk"):
        points.setdefault(point.debtor_id, {}).setdefault(point.kind, []).append(point.value)
    for move in found:
        account, reach = move.account, points.get(move.account.debtor_id, {})
        parts = [getattr(account, f"{part}_minor") for part in ("balance", "principal", "interest", "fees", "costs")]
        yield (
            account.reference, account.creditor.name, account.creditor_reference, account.debtor.name,
            account.debtor.country, account.debtor.language, account.product, account.currency,
            *(Money(minor, account.currency).to_decimal_string() for minor in parts),
            account.due_date.isoformat(), account.last_payment_at.date().isoformat() if account.last_payment_at else "",
            " ".join(reach.get("phone", [])), " ".join(reach.get("email", [])), " | ".join(reach.get("address", [])),
            move.decided_at.date().isoformat() if move.decided_at else "", move.reason,
        )  # fmt: skip


@dataclass(frozen=True)
class EndWords:
    """What the debtor's page says, and whom they can turn to."""

    heading: str
    text: str
    name: str
    phone: str
    email: str


def end_for_debtor(account: Account) -> EndWords:
    """For an account that takes no money here: where it is now, without our reasons."""
    move = next((row for row in standing_moves(account) if row.wanted_minor is None), None)
    creditor = account.creditor
    ours = {"name": creditor.name, "phone": creditor.support_phone, "email": creditor.support_email}
    if account.status == "agency" and move and move.agency:
        agency = move.agency
        heading = _("%(agency)s looks after this account now") % {"agency": agency.name}
        return EndWords(heading, _("Please turn to them to pay or to ask."), agency.name, agency.phone, agency.email)
    if account.status == "recalled":
        heading = _("%(creditor)s looks after this account again") % {"creditor": creditor.name}
        return EndWords(heading, _("Please turn to them to pay or to ask."), **ours)
    if account.status == "written_off":
        return EndWords(_("We no longer ask for this debt"), _("You need not do anything."), **ours)
    why = CLOSE_REASONS.get(move.why) if move else None
    return EndWords(_("This account is closed with us"), str(why.to_debtor) if why else "", **ours)


def has_ended(account: Account) -> bool:
    return account.status in (*ENDED, "agency")
