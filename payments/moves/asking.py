"""Asking for a move, and the second person's decision. Every change is one transaction under the account's lock."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.events import record_event
from accounts.models import Account, User
from accounts.roles import may
from accounts.words import status_words
from common.clock import now
from common.errors import Conflict, Forbidden, InvalidInput
from common.money import Money
from payments.models import AccountMove, Agency
from payments.moves.doing import carry_out
from payments.moves.limits import check_may_ask, needs_second
from payments.moves.table import CLOSE_REASONS, MOVES, sources_of
from payments.services.locking import lock_account
from payments.services.recovering import left_of, standing_moves

Kind = AccountMove.Kind
LONGEST = 200


@transaction.atomic
def ask_move(
    account: Account,
    kind: str,
    *,
    reason: str,
    by: User | None,
    why: str = "",
    amount: Money | None = None,
    agency: Agency | None = None,
    source: str = "staff",
    request_key: str = "",
) -> AccountMove:
    """Do it at once where one person may, else ask a second. The same `request_key` again gets the same move.

    `amount`: of a write-off, how much; None is all. `why`: of a closing, one of `CLOSE_REASONS`. `by` None: the
    creditor. Raises `InvalidInput` at a field, `Conflict` where the account's state or another question forbids it.
    """
    account = lock_account(account.pk)
    if request_key and (earlier := AccountMove.objects.filter(account=account, request_key=request_key).first()):
        return earlier
    check_may_ask(kind, by=by)
    said = _said(reason)
    _make_way(account, kind, source=source)
    _check(account, kind, why=why, agency=agency)
    wanted = _part(account, amount) if kind == Kind.WRITE_OFF else None
    stake = wanted if wanted is not None else max(0, account.balance_minor)
    move = AccountMove(
        account=account, kind=kind, why=why if kind == Kind.CLOSE else "", reason=said, wanted_minor=wanted,
        amount_minor=stake, currency=account.currency, agency=agency if kind == Kind.AGENCY else None,
        source=source, request_key=request_key, asked_by=by,
        needs_second=needs_second(account, kind, stake, by=by),
    )  # fmt: skip
    return _ask(move, account)


@transaction.atomic
def ask_undo(move: AccountMove, *, reason: str, by: User, request_key: str = "") -> AccountMove:
    """Take the newest move back: what of it still stands is owed again, and the account is where it was before."""
    account = lock_account(move.account_id)
    if request_key and (earlier := AccountMove.objects.filter(account=account, request_key=request_key).first()):
        return earlier
    check_may_ask(Kind.UNDO, by=by)
    said = _said(reason)
    _refuse_second_question(account)
    target = AccountMove.objects.get(pk=move.pk)
    _check_newest(account, target)
    stake = sum(left_of([target]).get(target.pk, {}).values()) or max(0, account.balance_minor)
    undo = AccountMove(
        account=account, kind=Kind.UNDO, undoes=target, reason=said, amount_minor=stake, currency=account.currency,
        request_key=request_key, asked_by=by, needs_second=needs_second(account, Kind.UNDO, stake, by=by),
    )  # fmt: skip
    return _ask(undo, account)


def _ask(move: AccountMove, account: Account) -> AccountMove:
    move.save()
    if move.needs_second:
        _tell("account.move_asked", move)
    else:
        carry_out(move, account)
    return move


@transaction.atomic
def decide_move(move: AccountMove, *, by: User, agree: bool, note: str = "") -> AccountMove:
    """The second person's word; a yes does it at once. Who asked may only take it back."""
    account = lock_account(move.account_id)
    row = AccountMove.objects.select_for_update().get(pk=move.pk)
    if row.state != "asked":
        raise Conflict(_("This was decided already. Reload the page."), state=row.state)
    own = by.pk == row.asked_by_id
    if agree and own:
        raise Forbidden(_("You asked for this, so somebody else has to agree to it."))
    if not own and not may(by, "decide_ends"):
        raise Forbidden(_("A team lead, an administrator or compliance decides this."))
    row.note = note.strip()[:LONGEST] if agree else _said(note, field="note")
    row.decided_by, row.decided_at = by, now()
    if not agree:
        row.state = "refused"
        row.save()
        _tell("account.move_refused", row, actor=by)
        return row
    _check_still(account, row)
    carry_out(row, account)
    return row


def _check_still(account: Account, row: AccountMove) -> None:
    """Money may have come or gone since it was asked for: what was agreed to is not exceeded."""
    if row.undoes:
        _check_newest(account, AccountMove.objects.get(pk=row.undoes.pk))
        return
    _check(account, row.kind, why=row.why, agency=row.agency)
    if row.wanted_minor is None and account.balance_minor > row.amount_minor:
        raise Conflict(_("More is owed now than when this was asked for. Turn it down and ask again."))
    if row.wanted_minor is not None and row.wanted_minor >= account.balance_minor:
        raise Conflict(_("Less is owed now than when this was asked for. Turn it down and ask again."))


def _said(text: str, *, field: str = "reason") -> str:
    if len(text.strip()) < 3:
        raise InvalidInput(_("Say why in a few words. It stands in the record."), field=field)
    return text.strip()[:LONGEST]


def _make_way(account: Account, kind: str, *, source: str) -> None:
    """A creditor's recall stops everything, questions of ours too."""
    if kind == Kind.RECALL and source != "staff":
        for row in AccountMove.objects.filter(account=account, state="asked"):
            row.state, row.note, row.decided_at = "refused", "The creditor recalled the account.", now()
            row.save()
            _tell("account.move_refused", row)
    _refuse_second_question(account)


def _refuse_second_question(account: Account) -> None:
    row = AccountMove.objects.filter(account=account, state="asked").select_related("asked_by").first()
    if row:
        words = _("“%(what)s” waits for a second person here, asked for by %(who)s. Decide that first.")
        raise Conflict(words % {"what": row.get_kind_display(), "who": row.asked_by or ""})


def _check(account: Account, kind: str, *, why: str, agency: Agency | None) -> None:
    if kind not in MOVES:
        raise InvalidInput(_("There is no such step."), field="kind")
    if kind == Kind.CLOSE and why not in CLOSE_REASONS:
        raise InvalidInput(_("Choose why it is closed."), field="why")
    if kind == Kind.AGENCY and (agency is None or not agency.active):
        raise InvalidInput(_("Choose an agency that takes accounts now."), field="agency")
    if account.status not in sources_of(kind, why):
        words = _("This cannot be done with an account in the state “%(state)s”.")
        raise Conflict(words % {"state": status_words(account.status)}, status=account.status)
    owing = max(0, account.balance_minor)
    if owing and account.status in ("paid", "settled") and kind == Kind.CLOSE:
        raise Conflict(_("Something is owed on this account. Choose another reason."))
    if not owing and kind in (Kind.WRITE_OFF, Kind.AGENCY):
        raise Conflict(_("Nothing is owed on this account."))


def _part(account: Account, amount: Money | None) -> int | None:
    if amount is None:
        return None
    if amount.currency != account.currency or not 0 < amount.minor <= account.balance_minor:
        raise InvalidInput(
            _("Name an amount above zero and no more than is owed: %(owed)s.") % {"owed": account.balance},
            field="amount",
        )
    return None if amount.minor == account.balance_minor else amount.minor


def _check_newest(account: Account, target: AccountMove) -> None:
    standing = standing_moves(account)
    if target.state != "done" or target.kind == Kind.UNDO:
        raise Conflict(_("This is taken back already. Reload the page."))
    if not standing or standing[0].pk != target.pk:
        raise Conflict(_("Something else was done after it. Take that back first."))


def _tell(kind: str, move: AccountMove, *, actor: User | None = None, **data: Any) -> None:
    record_event(
        kind, account=move.account, actor=actor or move.asked_by, source=move.source, move=move.reference,
        step=move.kind, amount_minor=move.amount_minor, currency=move.currency, why=move.note or move.reason, **data,
    )  # fmt: skip
