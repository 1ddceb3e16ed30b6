"""What may be promised: the rules said as refusals, each with the field it is about and what to do instead."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Account, User
from accounts.roles import may
from common.clock import now
from common.errors import Conflict, InvalidInput
from common.money import Money, exponent
from payments.models import Promise, PromiseRule
from payments.models.promises import JUDGED, NOT_KEPT
from payments.promises.days import local_day
from payments.promises.rules import MOST_PARTS, rule_for
from payments.promises.standing import Part
from payments.retries.words import day_words


def check_parts(account: Account, parts: Sequence[Part], rule: PromiseRule, *, from_day: date) -> None:
    """`from_day`: from which the longest time counts. Raises `InvalidInput`, or `Conflict` when nothing is owed."""
    check_owed(account)
    if not 1 <= len(parts) <= MOST_PARTS:
        words = ngettext("Name one part.", "Name one to %(n)s parts.", MOST_PARTS) % {"n": MOST_PARTS}
        raise InvalidInput(words, field="amount")
    _check_days(account, parts, rule, from_day)
    _check_amounts(account, parts, rule)


def check_owed(account: Account) -> None:
    if account.status != "open" or account.balance_minor <= 0:
        raise Conflict(_("Nothing is owed on this account now: there is nothing to promise."))


def _check_days(account: Account, parts: Sequence[Part], rule: PromiseRule, from_day: date) -> None:
    first, last = local_day(account, now()), from_day + timedelta(days=rule.longest_days)
    days = [part.day for part in parts]
    if min(days) < first:
        raise InvalidInput(_("This day is over. Choose today or a later day."), field="day")
    if max(days) > last:
        raise InvalidInput(
            _("The last day may be %(day)s. For longer, agree on a repayment plan.") % {"day": day_words(last)},
            field="day",
        )
    if len(set(days)) < len(days):
        raise InvalidInput(_("Each part has a day of its own."), field="day")


def _check_amounts(account: Account, parts: Sequence[Part], rule: PromiseRule) -> None:
    total = sum(part.minor for part in parts)
    least = least_part(account, rule)
    if min(part.minor for part in parts) <= 0 or total > account.balance_minor:
        raise InvalidInput(
            _("Name an amount above zero and no more than is owed: %(owed)s.") % {"owed": account.balance},
            field="amount",
        )
    if min(part.minor for part in parts) < least.minor:
        raise InvalidInput(_("Each part is at least %(least)s.") % {"least": least}, field="amount")


def counts_from(account: Account, rule: PromiseRule, *, by: User | None, instead_of: Promise | None = None) -> date:
    """From which day the longest time counts: today for a new one and for a supervisor.

    Else from when the one it takes the place of was first said, as it does for a debtor (`by` is None) who withdrew one
    and says another day: nobody puts the day off for ever.
    """
    first = local_day(account, now())
    if instead_of is not None:
        supervisor = by is not None and (by.is_supervisor or by.is_superuser)
        return first if supervisor else instead_of.first_taken_on
    last = Promise.objects.filter(account=account).order_by("-pk").first()
    if by is None and last is not None and last.source == "debtor" and last.state == "withdrawn":
        ends = last.first_taken_on + timedelta(days=rule.longest_days)
        return last.first_taken_on if ends > first else first
    return first


def least_part(account: Account, rule: PromiseRule) -> Money:
    """Less is taken only when less is owed."""
    return Money(min(rule.least_units * 10 ** exponent(account.currency), account.balance_minor), account.currency)


def check_none_open(account: Account) -> None:
    """Says who took the one that is there."""
    row = Promise.objects.filter(account=account, state="open").select_related("taken_by").first()
    if row is None:
        return
    about = {"amount": row.total, "day": day_words(row.last_on), "who": row.taken_by or row.get_source_display()}
    raise Conflict(_("There is a promise already: %(amount)s by %(day)s (%(who)s). Change that one instead.") % about)


def broken_in_a_row(account: Account) -> int:
    """Since the last one that was kept."""
    judged = Promise.objects.filter(account=account, state__in=JUDGED).order_by("-pk").values_list("state", flat=True)
    count = 0
    for state in judged[:20]:
        if state not in NOT_KEPT:
            break
        count += 1
    return count


def check_trust(account: Account, rule: PromiseRule, *, by: User | None) -> None:
    count = broken_in_a_row(account)
    if not rule.most_broken or count < rule.most_broken or (by is not None and may(by, "confirm_money")):
        return
    if by is None:
        raise Conflict(_("Earlier promises were not kept. Write to us: we find a way with you."))
    words = ngettext(
        "The last promise was not kept. A supervisor has to take the next one.",
        "The last %(n)s promises were not kept. A supervisor has to take the next one.",
        count,
    )
    raise Conflict(words % {"n": count})


def why_none(account: Account, *, changing: bool) -> str:
    """Why the debtor cannot promise anything now, before a form is filled in for nothing; "" when they can."""
    try:
        check_owed(account)
        if not changing:
            check_trust(account, rule_for(account.creditor), by=None)
    except Conflict as error:
        return str(error.message)
    return ""
