"""Recording what became known late. Where much money moves, a second person has to agree before it counts."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.events import record_event
from accounts.models import Account, User
from accounts.services import caller_of
from common.clock import now, today
from common.errors import Conflict, Forbidden, InvalidInput
from common.money import exponent
from common.once import use_token
from payments.accrual.replaying import WORKED_OUT, Reckoning, reckon, replay_account
from payments.models import AccountFact, JournalEntry
from payments.services.locking import lock_account

# In whole units of the currency: a correction that moves more than this needs four eyes.
FOUR_EYES_ABOVE = 100


@transaction.atomic
def record_fact(
    account: Account,
    kind: str,
    *,
    on: date,
    reason: str,
    by: User,
    until: date | None = None,
    component: str = "",
    amount_minor: int = 0,
    entry: JournalEntry | None = None,
    token: str = "",
) -> tuple[AccountFact, Reckoning | None] | None:
    """Record and replay at once, or leave it waiting for a second person. None when the form came before."""
    account = lock_account(account.pk)
    if not use_token(caller_of(by), token):
        return None
    _refuse(account, kind, on=on, reason=reason, entry=entry)
    fact = AccountFact.objects.create(
        account=account,
        kind=kind,
        on=on,
        until=until,
        component=component,
        amount_minor=amount_minor,
        entry=entry,
        reason=reason.strip()[:200],
        requested_by=by,
    )
    if _moves_much(account, fact):
        fact.needs_second = True
        fact.save(update_fields=["needs_second"])
        _record("correction.requested", fact, by=by)
        return fact, None
    return _let_it_count(account, fact, by=by)


def _refuse(account: Account, kind: str, *, on: date, reason: str, entry: JournalEntry | None) -> None:
    if account.status not in WORKED_OUT:
        raise Conflict(_("This account is closed to corrections. Open it again first."))
    if AccountFact.objects.filter(account=account, state="requested").exists():
        raise Conflict(_("Another correction waits for a decision. Decide that one first."))
    if not reason.strip():
        raise InvalidInput(_("Say why, in a few words."), field="reason")
    if on > today() and kind != AccountFact.Kind.PAUSE:
        raise InvalidInput(_("This day has not come yet."), field="on")
    if entry and not entry.postings.filter(account=account).exists():
        raise InvalidInput(_("Choose a payment of this account."), field="entry")


def _moves_much(account: Account, fact: AccountFact) -> bool:
    """How far this fact alone moves the end of the story, compared without posting."""
    before = reckon(account).difference
    sid = transaction.savepoint()
    AccountFact.objects.filter(pk=fact.pk).update(state="done")
    after = reckon(account).difference
    transaction.savepoint_rollback(sid)
    moved = [abs(after.components[name] - before.components[name]) for name in after.components]
    limit = FOUR_EYES_ABOVE * 10 ** exponent(account.currency)
    return max(*moved, abs(after.surplus - before.surplus)) > limit


def _let_it_count(account: Account, fact: AccountFact, *, by: User) -> tuple[AccountFact, Reckoning]:
    fact.state = "done"
    fact.save()
    _record("correction.recorded", fact, by=by)
    return fact, replay_account(account, by=by)


@transaction.atomic
def decide_fact(fact: AccountFact, *, by: User, agree: bool, note: str = "") -> AccountFact:
    """The second person's decision; a yes replays the account at once. The first one may only take it back."""
    account = lock_account(fact.account_id)
    fact = AccountFact.objects.select_for_update().get(pk=fact.pk)
    if fact.state != "requested":
        raise Conflict(_("This was decided already. Reload the page."), state=fact.state)
    if agree and by.pk == fact.requested_by_id:
        raise Forbidden(_("You asked for this, so somebody else has to agree to it."))
    if not agree and not note.strip():
        raise InvalidInput(_("Say why, in a few words."), field="note")
    fact.decided_by, fact.decided_at, fact.decision = by, now(), note.strip()[:200]
    if agree:
        return _let_it_count(account, fact, by=by)[0]
    fact.state = "rejected"
    fact.save()
    _record("correction.rejected", fact, by=by)
    return fact


def _record(kind: str, fact: AccountFact, *, by: User) -> None:
    record_event(
        kind,
        account=fact.account,
        actor=by,
        source="user",
        fact=fact.reference,
        what=fact.kind,
        on=fact.on.isoformat(),
        amount_minor=fact.amount_minor,
        currency=fact.account.currency,
        why=fact.decision or fact.reason,
    )
