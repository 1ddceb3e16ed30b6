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
from payments.promises.counting import local_day
from payments.promises.rules import MOST_PARTS
from payments.promises.standing import Part
from payments.retries.words import day_words


def check_parts(account: Account, parts: Sequence[Part], rule: PromiseRule, *, from_day: date) -> None:
    """`from_day`: from which the longest time counts. Raises `InvalidInput`, or `Conflict` when nothing is owed."""
    if account.status != "open" or account.balance_minor <= 0:
        raise Conflict(_("Nothing is owed on this account now: there is nothing to promise."))
    if not 1 <= len(parts) <= MOST_PARTS:
        words = ngettext("Name one part.", "Name one to %(n)s parts.", MOST_PARTS) % {"n": MOST_PARTS}
        raise InvalidInput(words, field="amount")
    _check_days(account, parts, rule, from_day)
    _check_amounts(account, parts, rule)


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
    least = min(rule.least_units * 10 ** exponent(account.currency), account.balance_minor)
    if min(part.minor for part in parts) <= 0 or total > account.balance_minor:
        raise InvalidInput(
            _("Name an amount above zero and no more than is owed: %(owed)s.") % {"owed": account.balance},
            field="amount",
        )
    if min(part.minor for part in parts) < least:
        raise InvalidInput(
            _("Each part is at least %(least)s.") % {"least": Money(least, account.currency)}, field="amount"
        )


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
