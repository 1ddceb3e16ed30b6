"""What tries teach: counters by weekday, day of the month and hour, filled by a periodic fold over the attempts.

An attempt is read once, in the order of its number, two days after it was made; what is still open by then teaches
nothing. The watermark moves in the transaction that adds the counts, and only who holds its row may move it: so a
fold that dies changes nothing, two at once wait for each other, and no debit ever waits for a counter.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from accounts.models import Debtor
from common.clock import now
from common.money import exponent
from payments.debits.calendar import zone_of
from payments.models import Attempt, RetryFold
from payments.retries.learning import FIRST, HOUR, MONTH_DAY, WEEKDAY, digits_of
from payments.retries.rules import BY_REASON, TROUBLE
from wallets.providers.base import DeclineCategory as Category

SETTLED = timedelta(days=2)
GAINED = ("succeeded", "reversed")
ZONE = "payment__account__debtor__time_zone"
_TROUBLES = [reason for (_category, reason), rule in BY_REASON.items() if rule is TROUBLE]
ADD = """
INSERT INTO payments_retrystatistic (provider_id, reason, currency, digits, slot_kind, slot, tries, successes)
SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::int[], %s::text[], %s::int[], %s::bigint[], %s::bigint[])
ON CONFLICT (provider_id, reason, currency, digits, slot_kind, slot) DO UPDATE
SET tries = payments_retrystatistic.tries + excluded.tries,
    successes = payments_retrystatistic.successes + excluded.successes
"""


def fold_tries(batch: int = 2_000) -> int:
    """Read on from the watermark; how many attempts were passed. 0 when there is nothing (more) to read."""
    RetryFold.objects.get_or_create(pk=1)
    with transaction.atomic():
        mark = RetryFold.objects.select_for_update().get(pk=1)
        passed = _settled(mark.attempt_id, batch)
        if not passed:
            return 0
        _add(_counts(lessons().filter(pk__gt=mark.attempt_id, pk__lte=passed[-1])))
        mark.attempt_id, mark.folded_at = passed[-1], now()
        mark.save()
    return len(passed)


def _settled(after: int, batch: int) -> list[int]:
    """The next attempts, up to the first that is too young to be judged."""
    limit = now() - SETTLED
    found = []
    rows = Attempt.objects.filter(pk__gt=after).order_by("pk").values_list("pk", "created_at")[:batch]
    for attempt_id, created_at in rows:
        if created_at > limit:
            break
        found.append(attempt_id)
    return found


def lessons(reason: str | None = None) -> QuerySet[Attempt]:
    """Debits that came to an end, with `before`: why the instalment's try before failed; only those after `reason`."""
    # `+ 0` keeps the few tries of one instalment from being looked for by walking back through all tries.
    earlier = Attempt.objects.filter(
        payment__instalment=OuterRef("payment__instalment"), state="failed", pk__lt=OuterRef("pk")
    ).order_by((F("pk") + 0).desc())
    # Trouble of the wallet and mistakes of ours say nothing about the moment; nor does money that came by itself later.
    declined = ~Q(decline_category=Category.OPERATOR) & ~Q(decline_category=Category.RETRY_LATER, reason__in=_TROUBLES)
    ended = Q(declined, state="failed") | Q(state__in=GAINED, retry_decision=None)
    debits = Attempt.objects.filter(ended, payment__source="debit", payment__instalment__isnull=False)
    before = Coalesce(Subquery(earlier.values("reason")[:1]), Value(FIRST))
    known = debits.annotate(before=before).select_related("payment__account__debtor", "provider")
    return known if reason is None else known.filter(before=reason)


def slots_of(moment: datetime, zone: str) -> list[tuple[str, int]]:
    """In the payer's own time."""
    local = moment.astimezone(_zone(zone))
    return [(WEEKDAY, local.weekday()), (MONTH_DAY, local.day), (HOUR, local.hour)]


@cache
def _zone(name: str) -> ZoneInfo:
    return zone_of(Debtor(time_zone=name))


def _counts(attempts: QuerySet[Attempt]) -> dict[tuple[Any, ...], list[int]]:
    tries: Counter[tuple[Any, ...]] = Counter()
    gained: Counter[tuple[Any, ...]] = Counter()
    # Only these columns: a person's other fields would be decrypted for nothing.
    rows = attempts.values_list("state", "created_at", ZONE, "amount_minor", "provider_id", "before", "currency")
    for state, made_at, zone, minor, *cluster in rows:
        currency = str(cluster[-1])
        for slot in slots_of(made_at, zone):
            key = (*cluster, digits_of(minor, exponent(currency)), *slot)
            tries[key] += 1
            gained[key] += state in GAINED
    return {key: [tries[key], gained[key]] for key in sorted(tries)}


def _add(counts: dict[tuple[Any, ...], list[int]]) -> None:
    if not counts:
        return
    rows = [(*key, *numbers) for key, numbers in counts.items()]
    with connection.cursor() as cursor:
        cursor.execute(ADD, [list(column) for column in zip(*rows, strict=True)])
