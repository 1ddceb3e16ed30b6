"""Taking, amending and withdrawing a promise to pay. Every change is one transaction under the account's lock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.events import record_event
from accounts.models import Account, User
from common.clock import now
from common.errors import Conflict, InvalidInput
from payments.models import Promise, PromisePart, PromiseRule
from payments.models.promises import PROMISE_STATES
from payments.promises.counting import parts_of, standing_now
from payments.promises.days import midnight_after
from payments.promises.limits import check_none_open, check_parts, check_trust, counts_from
from payments.promises.quiet import end_peace, leave_in_peace
from payments.promises.rules import rule_for
from payments.promises.standing import Part
from payments.services.locking import lock_account
from payments.signals import promise_over, promise_taken

PROMISED = "Promised to pay by then."
LONGEST_REASON = 200


def peace_of(promise: Promise) -> datetime:
    """The start of the day after the promise, grace included."""
    return midnight_after(promise.account, promise.last_on + timedelta(days=promise.grace_days))


@transaction.atomic
def take_promise(
    account: Account,
    parts: Sequence[Part],
    *,
    source: str,
    by: User | None = None,
    request_key: str = "",
    note: str = "",
) -> Promise:
    """The same form again gets the same promise. Raises `InvalidInput` at a field, `Conflict` when one is open."""
    account = lock_account(account.pk)
    if request_key and (earlier := Promise.objects.filter(account=account, request_key=request_key).first()):
        return earlier
    check_none_open(account)
    rule = rule_for(account.creditor)
    first = counts_from(account, rule, by=by)
    check_parts(account, parts, rule, from_day=first)
    check_trust(account, rule, by=by)
    about = {"source": source, "taken_by": by, "request_key": request_key, "note": note, "first_taken_on": first}
    promise = _write(account, parts, rule, about)
    _record("promise.taken", promise, by=by, parts=_said(parts), note=note)
    _defer(promise)
    return promise


@transaction.atomic
def amend_promise(
    promise: Promise,
    parts: Sequence[Part],
    *,
    reason: str,
    by: User | None,
    source: str = "staff",
    request_key: str = "",
) -> Promise:
    """New days or amounts for what is still to come: money that came counted for the old version, which stays.

    Only a supervisor counts the longest time anew. `by` is None when the debtor does it.
    """
    account, old = _lock(promise)
    if request_key and (earlier := Promise.objects.filter(account=account, request_key=request_key).first()):
        return earlier
    _check_open(old)
    _check_reason(reason)
    rule = rule_for(account.creditor)
    first = counts_from(account, rule, by=by, instead_of=old)
    check_parts(account, parts, rule, from_day=first)
    old.paid_minor = standing_now(old).minor
    _end(old, "amended", reason)
    about = {"source": source, "taken_by": by, "request_key": request_key, "replaces": old, "first_taken_on": first}
    new = _write(account, parts, rule, about)
    before = {"promise": old.reference, "parts": _said(parts_of(old)), "paid_minor": old.paid_minor}
    _record("promise.amended", new, by=by, reason=reason, before=before, parts=_said(parts))
    resume(old)
    _defer(new)
    return new


@transaction.atomic
def withdraw_promise(promise: Promise, *, reason: str, by: User | None, source: str = "user") -> Promise:
    """It was no promise, or is none any more: reminders go on as if there had been none. Twice is once."""
    _account, row = _lock(promise)
    if row.state == "withdrawn":
        return row
    _check_open(row)
    _check_reason(reason)
    row.paid_minor = standing_now(row).minor
    _end(row, "withdrawn", reason)
    _record("promise.withdrawn", row, by=by, reason=reason, source=source)
    resume(row)
    return row


def _lock(promise: Promise) -> tuple[Account, Promise]:
    account = lock_account(promise.account_id)
    row = Promise.objects.select_for_update().get(pk=promise.pk)
    row.account = account
    return account, row


def _check_open(row: Promise) -> None:
    if row.state != "open":
        raise Conflict(_("This promise is over already. Load the page again to see how it stands."))


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise InvalidInput(_("Say why in a few words. It stands in the record."), field="reason")


def _end(row: Promise, state: str, reason: str) -> None:
    PROMISE_STATES.check(row.state, state)
    row.state, row.end_reason, row.judge_at, row.changed_at = state, reason[:LONGEST_REASON], None, now()
    row.save(update_fields=["state", "end_reason", "judge_at", "changed_at", "paid_minor"])


def _write(account: Account, parts: Sequence[Part], rule: PromiseRule, about: dict[str, Any]) -> Promise:
    total = sum(part.minor for part in parts)
    ordered = sorted(parts, key=lambda part: part.day)
    given = max(total * rule.tolerance_basis_points // 10_000, rule.tolerance_minor)
    promise = Promise.objects.create(
        account=account,
        currency=account.currency,
        total_minor=total,
        tolerance_minor=min(given, total - 1),
        grace_days=rule.grace_days,
        last_on=ordered[-1].day,
        judge_at=midnight_after(account, ordered[0].day + timedelta(days=rule.grace_days)),
        **about,
    )
    PromisePart.objects.bulk_create(
        PromisePart(promise=promise, due_on=part.day, amount_minor=part.minor) for part in ordered
    )
    return promise


def _said(parts: Sequence[Part]) -> list[list[Any]]:
    return [[part.day.isoformat(), part.minor] for part in sorted(parts, key=lambda part: part.day)]


def _record(kind: str, promise: Promise, *, by: User | None, source: str = "", **data: Any) -> None:
    record_event(
        kind,
        account=promise.account,
        actor=by,
        source=source or ("user" if by else "debtor"),
        promise=promise.reference,
        amount_minor=promise.total_minor,
        currency=promise.currency,
        due_on=promise.last_on.isoformat(),
        **data,
    )


def said_of(promise: Promise) -> dict[str, Any]:
    """What the record keeps of a verdict."""
    return {
        "promise": promise.reference,
        "amount_minor": promise.total_minor,
        "paid_minor": promise.paid_minor,
        "currency": promise.currency,
        "due_on": promise.last_on.isoformat(),
    }


def _defer(promise: Promise) -> None:
    until = peace_of(promise)
    leave_in_peace(promise.account, until=until, reason=PROMISED)
    promise_taken.send(sender=Promise, account=promise.account, until=until)


def resume(promise: Promise) -> None:
    """It defers nothing any more; what other reasons ask for stays."""
    end_peace(promise.account, reason=PROMISED)
    promise_over.send(sender=Promise, until={promise.account_id: peace_of(promise)})
