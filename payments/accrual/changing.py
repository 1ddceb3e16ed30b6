"""Asking for a rule, and agreeing to it. Rules move the money of many accounts, so it always takes two people.

A rule that counts is never rewritten. Its time ends on a day and another rule follows, or none. Whatever that changes
in days already worked out is told again within seconds (`payments.accrual.catching_up`).
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.events import record_event
from accounts.models import User
from accounts.services import caller_of
from common.clock import now, today
from common.errors import Conflict, Forbidden, InvalidInput, NotFound
from common.ids import row_id_of
from common.once import use_token
from payments.accrual.catching_up import tell_fitting_again
from payments.models import AllocationOrder, FeeRule, InterestTerms, RuleChange
from payments.models.accrual import Rule

TABLES: dict[str, type[Rule]] = {"interest": InterestTerms, "fee": FeeRule, "order": AllocationOrder}


def access_rule(kind: str, rule_id: int) -> Rule:
    rule = (
        TABLES[kind]._default_manager.select_related("creditor").filter(pk=rule_id).first() if kind in TABLES else None
    )
    if rule is None:
        raise NotFound(_("There is no such rule, or it was taken back."))
    return rule


def access_change(reference: str) -> RuleChange:
    rows = RuleChange.objects.select_related("requested_by", "decided_by")
    change = rows.filter(pk=row_id_of(reference) or 0).first()
    if change is None:
        raise NotFound(_("There is no such request."))
    return change


def terms_of(rule: Rule) -> dict[str, Any]:
    """A rule as data, with its dates as texts."""
    fields = [field for field in rule._meta.concrete_fields if not field.primary_key]
    said = {field.attname: getattr(rule, field.attname) for field in fields}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in said.items()}


def rule_of(kind: str, terms: dict[str, Any]) -> Rule:
    """The rule that these terms would make, not saved."""
    table = TABLES[kind]
    names = {field.attname: field for field in table._meta.concrete_fields}
    return table(**{name: names[name].to_python(value) for name, value in terms.items()})


@transaction.atomic
def ask_for_rule(
    kind: str,
    rule: Rule | None,
    *,
    day: date,
    reason: str,
    by: User,
    replaces: Rule | None = None,
    token: str = "",
) -> RuleChange | None:
    """`rule` None asks for the end of `replaces`. None when the form came before."""
    if not use_token(caller_of(by), token):
        return None
    if not reason.strip():
        raise InvalidInput(_("Say why, in a few words."), field="reason")
    _refuse(kind, rule, day=day, replaces=replaces)
    change = RuleChange.objects.create(
        kind=kind,
        terms=terms_of(rule) if rule else {},
        ended=terms_of(replaces) if replaces else {},
        replaces=replaces.pk if replaces else None,
        day=day,
        reason=reason.strip()[:200],
        requested_by=by,
    )
    _record("rule.requested", change, by=by)
    return change


@transaction.atomic
def decide_change(change: RuleChange, *, by: User, agree: bool, note: str = "") -> RuleChange:
    """The second person's yes puts it in force at once. Whoever asked may only take it back."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('accrual rules'))")
    change = RuleChange.objects.select_for_update().get(pk=change.pk)
    if change.state != "requested":
        raise Conflict(_("This was decided already. Reload the page."), state=change.state)
    if agree and by.pk == change.requested_by_id:
        raise Forbidden(_("You asked for this, so somebody else has to agree to it."))
    if not agree and not note.strip():
        raise InvalidInput(_("Say why, in a few words."), field="note")
    change.decided_by, change.decided_at, change.decision = by, now(), note.strip()[:200]
    change.state = "approved" if agree else "rejected"
    if agree:
        change.made = _put_in_force(change)
    change.save()
    _record(f"rule.{change.state}", change, by=by)
    return change


def _put_in_force(change: RuleChange) -> int | None:
    rule = rule_of(change.kind, change.terms) if change.terms else None
    replaced = access_rule(change.kind, change.replaces) if change.replaces else None
    _refuse(change.kind, rule, day=change.day, replaces=replaced)
    if replaced:
        _end(replaced, change.day)
    if rule:
        rule.save()
    for touched in (rule, replaced):
        if touched and change.day < today():
            tell_fitting_again(touched)
    return rule.pk if rule else None


def _end(rule: Rule, day: date) -> None:
    """A rule that ends on its first day never counted. What it said stays in the request and in its row's history."""
    if day <= rule.effective_from:
        rule.delete()
        return
    rule.effective_until = day
    rule.save(update_fields=["effective_until"])


def _refuse(kind: str, rule: Rule | None, *, day: date, replaces: Rule | None) -> None:
    if replaces and day < replaces.effective_from:
        raise InvalidInput(_("The rule that ends begins only later. Choose a later day."), field="day")
    if replaces and replaces.effective_until and replaces.effective_until <= day:
        raise InvalidInput(_("That rule ends before this day anyway. Ask for a new rule instead."), field="day")
    if rule is None:
        return
    try:
        rule.clean_fields()
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise InvalidInput(" ".join(messages), field=field) from error
    if other := clash(kind, rule, day=day, replaces=replaces):
        raise InvalidInput(
            _("%(rule)s is for the same accounts in the same time. End it first, or change that one.")
            % {"rule": _name(other)},
            field="effective_from",
        )


def clash(kind: str, rule: Rule, *, day: date, replaces: Rule | None) -> Rule | None:
    """A rule of exactly the same scope that would count on the same day: which of the two would be left to chance."""
    same = {name: getattr(rule, name) for name in ("creditor_id", "product", "country")}
    if isinstance(rule, FeeRule):
        same |= {"currency": rule.currency, "trigger": rule.trigger}
        same |= {"days": rule.days} if rule.trigger == FeeRule.Trigger.OVERDUE else {}
    for row in TABLES[kind]._default_manager.filter(**same).exclude(pk=rule.pk or 0).order_by("effective_from", "pk"):
        ends = day if replaces and row.pk == replaces.pk else row.effective_until
        begins_in_time = rule.effective_until is None or row.effective_from < rule.effective_until
        if begins_in_time and (ends is None or ends > rule.effective_from) and ends != row.effective_from:
            return row
    return None


def _name(rule: Rule) -> str:
    from payments.accrual.words import rule_title, scope_words

    return f"{rule_title(rule)} ({scope_words(rule)})"


def _record(kind: str, change: RuleChange, *, by: User) -> None:
    record_event(
        kind,
        actor=by,
        source="user",
        change=change.reference,
        what=change.kind,
        day=change.day.isoformat(),
        terms=change.terms,
        ended=change.ended,
        why=change.decision or change.reason,
    )
