"""The table of moves: from which state to which, what it does to the books, and how it is called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from payments.models import AccountMove

Kind = AccountMove.Kind


@dataclass(frozen=True, slots=True)
class MoveRule:
    """`book`: where what is still owed goes, "" when it stays owed. `recovers`: money that arrives afterwards undoes as
    much of it and is the creditor's; else it waits in suspense to be given back."""

    sources: tuple[str, ...]
    target: str
    book: str
    event: str
    undone_event: str
    undo_words: Promise
    recovers: bool = True


@dataclass(frozen=True, slots=True)
class CloseReason:
    words: Promise
    to_debtor: Promise
    sources: tuple[str, ...]
    book: str = "write_off"
    recovers: bool = True


OWING = ("open", "written_off", "agency", "recalled")
MOVES: Mapping[str, MoveRule] = {
    Kind.WRITE_OFF: MoveRule(
        ("open",), "written_off", "write_off", "account.written_off", "account.write_off_undone",
        _("Take the write-off back"),
    ),
    Kind.RECALL: MoveRule(
        ("open", "agency", "written_off", "paid", "settled"), "recalled", "handed_back", "account.recalled",
        "account.recall_undone", _("Take it over again"),
    ),
    Kind.AGENCY: MoveRule(
        ("open",), "agency", "", "account.given_to_agency", "account.back_from_agency",
        _("Take it back from the agency"),
    ),
    Kind.CLOSE: MoveRule(
        (*OWING, "paid", "settled"), "closed", "write_off", "account.closed", "account.reopened", _("Open it again")
    ),
}  # fmt: skip
CLOSE_REASONS: Mapping[str, CloseReason] = {
    "paid": CloseReason(_("Paid in full"), _("It is paid in full. Thank you."), ("paid",), ""),
    "settled": CloseReason(
        _("Settled"), _("It was settled as agreed: nothing more is owed on it."), ("settled",), ""
    ),
    "uncollectable": CloseReason(_("Cannot be collected"), _("We no longer ask for it."), OWING),
    "no_estate": CloseReason(_("Deceased, no estate"), _("We no longer ask for it."), OWING),
    "statute_barred": CloseReason(
        _("Too old to be claimed by law"), _("It is too old to be claimed. We no longer ask for it."), OWING
    ),
    "not_theirs": CloseReason(
        _("Not this person's debt"),
        _("It turned out not to be yours. We are sorry that we asked you for it."),
        OWING,
        "handed_back",
        recovers=False,
    ),
}  # fmt: skip


def rule_of(move: AccountMove) -> MoveRule:
    return MOVES[move.undoes.kind if move.undoes else move.kind]


def book_of(move: AccountMove) -> str:
    """Where what is owed goes by this move."""
    return CLOSE_REASONS[move.why].book if move.kind == Kind.CLOSE else MOVES[move.kind].book


def recovers(move: AccountMove) -> bool:
    return CLOSE_REASONS[move.why].recovers if move.kind == Kind.CLOSE else MOVES[move.kind].recovers


def sources_of(kind: str, why: str) -> tuple[str, ...]:
    return CLOSE_REASONS[why].sources if kind == Kind.CLOSE else MOVES[kind].sources
