"""What staff do to an account: write notes, assign it, stop things and let them go on, look at personal data.

Every function takes the token of the form that asked, and does its work once however often the form arrives.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.events import record_event
from accounts.hold_rules import HOLD_RULES, why_kept
from accounts.models import Account, Hold, Note, User
from common.clock import now, today
from common.errors import Conflict, Forbidden, InvalidInput
from common.once import use_token

LONGEST_NOTE = 4000


def caller_of(user: User) -> str:
    return f"user:{user.pk}"


@transaction.atomic
def add_note(account: Account, *, author: User, text: str, token: str = "") -> Note | None:
    """The note, or None when this form came before."""
    text = text.strip()
    if not text or len(text) > LONGEST_NOTE:
        raise InvalidInput(_("A note has between 1 and 4,000 characters."), field="text")
    if not use_token(caller_of(author), token):
        return None
    note = Note.objects.create(account=account, author=author, text=text)
    record_event("note.added", account=account, actor=author, source="staff", note=str(note.pk))
    return note


@transaction.atomic
def assign_account(account: Account, *, to: User | None, by: User, token: str = "") -> None:
    if to and (not to.is_active or not to.is_staff_member):
        raise InvalidInput(_("Accounts are assigned to active staff."), field="to")
    if not use_token(caller_of(by), token):
        return
    row = Account.objects.select_for_update().get(pk=account.pk)
    if row.assigned_to_id == (to.pk if to else None):
        return
    row.assigned_to = to
    row.save(update_fields=["assigned_to"])
    record_event("account.assigned", account=row, actor=by, source="staff", to=to.pk if to else None)


@transaction.atomic
def place_hold(
    account: Account, *, kind: str, reason: str, by: User | None, token: str = "", source: str = "staff"
) -> Hold | None:
    """Stop what this kind of hold stops, from this moment. None when the form came before."""
    rule = HOLD_RULES.get(kind)
    if rule is None:
        raise InvalidInput(_("There is no such kind of hold."), field="kind")
    if not reason.strip():
        raise InvalidInput(_("Say why, in a few words."), field="reason")
    if by and not use_token(caller_of(by), token):
        return None
    hold = Hold.objects.create(
        debtor_id=account.debtor_id,
        account=None if rule.whole_person else account,
        kind=kind,
        blocks=list(rule.blocks),
        reason=reason.strip()[:200],
        review_on=today() + timedelta(days=rule.review_days) if rule.review_days else None,
        placed_by=by,
    )
    record_event("hold.placed", account=account, actor=by, source=source, hold=hold.pk, hold_kind=kind)
    return hold


@transaction.atomic
def end_hold(
    hold: Hold, *, account: Account, reason: str, by: User, token: str = "", with_its_cause: bool = False
) -> None:
    """Lift a hold. Holds that protect a person are lifted by a supervisor only; one that belongs to something which
    still runs ends `with_its_cause`."""
    if not reason.strip():
        raise InvalidInput(_("Say why, in a few words."), field="reason")
    if not with_its_cause and (words := why_kept(hold)):
        raise Conflict(words)
    if HOLD_RULES[hold.kind].protected and not by.is_supervisor:
        raise Forbidden(_("This hold protects a person. Ask a team lead to end it."))
    if not use_token(caller_of(by), token):
        return
    moment = now()
    active = Hold.objects.filter(Q(ends_at=None) | Q(ends_at__gt=moment), pk=hold.pk)
    if not active.update(ends_at=max(moment, hold.starts_at)):
        raise Conflict(_("This hold has ended already."))
    record_event(
        "hold.ended", account=account, actor=by, source="staff", hold=hold.pk, hold_kind=hold.kind, why=reason[:200]
    )


@transaction.atomic
def reveal_contacts(account: Account, *, by: User, token: str = "") -> None:
    """Leave a trace that this person saw the debtor's contact details. What was seen is not repeated."""
    if use_token(caller_of(by), token):
        record_event("personal_data.seen", account=account, actor=by, source="staff", fields=["contacts", "birth_year"])
