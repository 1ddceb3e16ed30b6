"""Writing a transfer down, asking for what is to be done with it, and the second person's decision.

Lock order: accounts (by id), the payment, the transfer. Whoever comes second to a decision finds it made.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.events import record_event
from accounts.models import Account, OfficeHours, User
from accounts.services import caller_of
from common.clock import now, today
from common.errors import Conflict, Forbidden, InvalidInput
from common.money import Money
from common.once import use_token
from payments.models import BankTransfer, TransferStep, TrustTransfer
from payments.models.transfers import BANK_TRANSFER_STATES
from payments.transfers.booking import payment_locked, post_step

Action = TransferStep.Action
SHORTEST = 3
LONGEST_NAME = 140
# What may be asked for where the money is.
ASKABLE: dict[str, tuple[Action, ...]] = {
    "suspense": (Action.PLACE, Action.RETURN, Action.RECALL),
    "placed": (Action.UNPLACE, Action.RECALL),
}


@transaction.atomic
def record_received(
    amount: Money,
    *,
    value_date: date,
    bank_reference: str,
    by: User,
    payer_name: str = "",
    remark: str = "",
    account: Account | None = None,
    token: str = "",
) -> BankTransfer | None:
    """What the bank's statement shows; `account` None: nobody knows yet whose it is. Waits for a second person.

    None when the form came before.
    """
    if not use_token(caller_of(by), token):
        return None
    reference = " ".join(bank_reference.split())[:80]
    _refuse(amount, value_date=value_date, reference=reference, account=account)
    row = BankTransfer(
        amount_minor=amount.minor,
        currency=amount.currency,
        value_date=value_date,
        bank_reference=reference,
        same_reference=_same(reference),
        recorded_by=by,
    )
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise InvalidInput(_already(_twin(row)), field="bank_reference") from error
    # What is sealed is bound to the row's number, so it follows the row.
    row.payer_name, row.remark = payer_name.strip()[:LONGEST_NAME], remark.strip()[:LONGEST_NAME]
    row.save(update_fields=["payer_name", "remark"])
    _ask(row, Action.RECEIVE, account=account, reason="", by=by)
    _tell("transfer.recorded", row, by, account=account)
    return row


def _refuse(amount: Money, *, value_date: date, reference: str, account: Account | None) -> None:
    if amount.minor <= 0:
        raise InvalidInput(_("Enter the amount that arrived."), field="amount")
    if len(_same(reference)) < SHORTEST:
        raise InvalidInput(_("Enter the bank's reference of the transfer."), field="bank_reference")
    if value_date > _newest_day(account):
        raise InvalidInput(_("This day has not come yet."), field="value_date")
    _refuse_account(account, amount.currency)
    payouts = TrustTransfer.objects.filter(currency=amount.currency, bank_reference__iexact=reference)
    if payout := payouts.exclude(state="rejected").select_related("provider").first():
        words = _("This reference is recorded already: it is what %(wallet)s paid out to us (%(record)s).")
        given = {"wallet": payout.provider.display_name, "record": payout.reference}
        raise InvalidInput(words % given, field="bank_reference")


def _newest_day(account: Account | None) -> date:
    """Where our office is, or the debtor lives, a day may have begun that has not by the common clock."""
    zones = list(OfficeHours.objects.filter(creditor=None).values_list("time_zone", flat=True))
    zones += [account.debtor.time_zone or "UTC"] if account else []
    return max(today(zone) for zone in ["UTC", *zones])


def _refuse_account(account: Account | None, currency: str) -> None:
    if account is not None and account.currency != currency:
        raise InvalidInput(
            _("This account is in %(currency)s. A transfer pays a debt in its own currency only.")
            % {"currency": account.currency},
            field="account",
        )


def _same(reference: str) -> str:
    return "".join(reference.split()).upper()[:80]


def _twin(row: BankTransfer) -> BankTransfer:
    twins = BankTransfer.objects.filter(currency=row.currency, same_reference=row.same_reference)
    return twins.exclude(state="rejected").select_related("recorded_by").get()


def _already(row: BankTransfer) -> str:
    return _("This reference is recorded already: %(record)s, %(amount)s of %(day)s, by %(person)s.") % {
        "record": row.reference,
        "amount": row.amount,
        "day": row.value_date.isoformat(),
        "person": row.recorded_by,
    }


@transaction.atomic
def ask_step(
    transfer: BankTransfer, action: str, *, reason: str, by: User, account: Account | None = None
) -> TransferStep:
    """Ask for something to be done; it waits for a second person. Raises `Conflict` where it cannot be done (now)."""
    row = _locked(transfer)
    if action not in ASKABLE.get(row.state, ()):
        raise Conflict(_("This cannot be done with this transfer now. Reload the page and look at it again."))
    if action == Action.PLACE and account is None:
        raise InvalidInput(_("Enter the number of the account it belongs to."), field="account")
    if row.steps.filter(state="asked").exists():
        raise Conflict(_("Something else waits for a second person here. Decide that first."))
    _refuse_account(account, row.currency)
    step = _ask(row, action, account=account if action == Action.PLACE else None, reason=_said(reason), by=by)
    _tell("transfer.asked", row, by, account=step.account, action=action, why=step.reason)
    return step


def _ask(row: BankTransfer, action: str, *, account: Account | None, reason: str, by: User) -> TransferStep:
    return TransferStep.objects.create(transfer=row, action=action, account=account, reason=reason, asked_by=by)


@transaction.atomic
def decide_step(step: TransferStep, *, by: User, agree: bool, note: str = "") -> BankTransfer:
    """The second person's decision; a yes posts it at once. The first one may only take it back."""
    row = _locked(step.transfer, step)
    step = TransferStep.objects.select_for_update().get(pk=step.pk)
    if step.state != "asked":
        raise Conflict(_("This was decided already. Reload the page."), state=step.state)
    if agree and by.pk == step.asked_by_id:
        raise Forbidden(_("You asked for this, so somebody else has to agree to it."))
    step.note = note.strip()[:200] if agree else _said(note, field="note")
    step.state, step.decided_by, step.decided_at = "agreed" if agree else "refused", by, now()
    if agree:
        _do(row, step, by)
    elif step.action == Action.RECEIVE:
        _move(row, "rejected", by, why=step.note)
    else:
        _tell("transfer.refused", row, by, account=step.account, action=step.action, why=step.note)
    step.save()
    return row


def _do(row: BankTransfer, step: TransferStep, by: User) -> None:
    if step.action != Action.RECEIVE and step.action not in ASKABLE.get(row.state, ()):
        raise Conflict(_("This cannot be done with this transfer now. Reload the page and look at it again."))
    if step.account_id:
        step.account = Account.objects.get(pk=step.account_id)
    before = row.account
    state = post_step(row, step)
    _move(row, state, by, account=row.account or before, action=step.action, why=step.reason)


@transaction.atomic
def note_sent(transfer: BankTransfer, *, bank_reference: str, by: User) -> BankTransfer:
    """Our own transfer back was made at the bank under this reference. Raises `Conflict` when none is owed."""
    reference = " ".join(bank_reference.split())[:80]
    if len(reference) < SHORTEST:
        raise InvalidInput(_("Give the number of the transfer at the bank."), field="reference")
    row = _locked(transfer)
    _alone(row, Action.SENT, by=by, expected="to_return", reason="")
    row.return_reference = reference
    _move(row, "returned", by, returned_by=reference)
    return row


@transaction.atomic
def note_kept(transfer: BankTransfer, *, reason: str, by: User) -> BankTransfer:
    """It is not sent back after all: it lies in suspense again."""
    row = _locked(transfer)
    said = _said(reason)
    _alone(row, Action.KEEP, by=by, expected="to_return", reason=said)
    _move(row, "suspense", by, why=said)
    return row


def _alone(row: BankTransfer, action: Action, *, by: User, expected: str, reason: str) -> None:
    if row.state != expected:
        raise Conflict(_("This transfer is not to be sent back (any more). Reload the page and look at it again."))
    step = TransferStep.objects.create(
        transfer=row, action=action, state="agreed", reason=reason, asked_by=by, decided_by=by, decided_at=now()
    )
    post_step(row, step)
    step.save(update_fields=["entry"])


@transaction.atomic
def assign_transfer(transfer: BankTransfer, *, to: User, by: User) -> BankTransfer:
    """`to` is who finds out whose it is: oneself, or a colleague."""
    row = BankTransfer.objects.select_for_update().get(pk=transfer.pk)
    if row.state in BANK_TRANSFER_STATES.final:
        raise Conflict(_("This is settled already. Reload the page and look at it again."))
    row.owner = to
    row.save(update_fields=["owner"])
    _tell("transfer.assigned", row, by, owner=to.pk)
    return row


def _locked(transfer: BankTransfer, step: TransferStep | None = None) -> BankTransfer:
    """What it names is read unlocked, locked in order, and must still be so afterwards."""
    account_id, payment_id = BankTransfer.objects.values_list("account_id", "payment_id").get(pk=transfer.pk)
    wanted = {pk for pk in (account_id, step.account_id if step else None) if pk}
    list(Account.objects.select_for_update().filter(pk__in=wanted).order_by("pk"))
    seen = BankTransfer(pk=transfer.pk, payment_id=payment_id)
    payment = payment_locked(seen)
    row = BankTransfer.objects.select_for_update().get(pk=transfer.pk)
    if (row.account_id, row.payment_id) != (account_id, payment_id):
        raise Conflict(_("This was decided already. Reload the page."))
    if payment is not None:
        row.payment = payment
    return row


def _move(row: BankTransfer, after: str, by: User, *, account: Account | None = None, **data: Any) -> None:
    if not BANK_TRANSFER_STATES.allows(row.state, after):
        raise Conflict(_("This is settled already. Reload the page and look at it again."))
    before, row.state, row.changed_at = row.state, after, now()
    row.save()
    _tell(f"transfer.{after}", row, by, account=account or row.account, before=before, **data)


def _tell(kind: str, row: BankTransfer, by: User, *, account: Account | None = None, **data: Any) -> None:
    about: dict[str, Any] = {"transfer": row.reference, "amount_minor": row.amount_minor, "currency": row.currency}
    record_event(kind, account=account, actor=by, source="user", **about, bank=row.bank_reference, **data)


def _said(reason: str, *, field: str = "reason") -> str:
    words = reason.strip()[:200]
    if len(words) < SHORTEST:
        raise InvalidInput(_("Say why, so that others can follow it."), field=field)
    return words
