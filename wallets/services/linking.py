"""A debtor's linked wallets: kept when they sign or agree to be remembered, named, ordered and removed by them.

A wallet that was saved while paying is debited by its token, so removing it is told to its provider (`detaching`).
"""

from __future__ import annotations

from uuid import UUID

from django.db import connection, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.events import record_event
from accounts.models import Account
from common.clock import now
from common.crypto.blind_fields import normalised_index
from common.errors import InvalidInput
from wallets.models import Mandate, PaymentMethod, Provider
from wallets.services.ending import revoke_mandate

LONGEST_LABEL = 60


@transaction.atomic
def link_method(account: Account, provider: Provider, *, token: str, origin: str, hint: str = "") -> PaymentMethod:
    """The wallet the provider knows by `token`, linked once per person. A repeat finds the row that is there."""
    one_at_a_time(account.debtor_id)
    live = PaymentMethod.objects.filter(debtor_id=account.debtor_id, removed_at=None)
    known = next((row for row in live.filter(provider=provider) if row.token == token), None)
    if known:
        return known
    last = live.aggregate(last=Max("position"))["last"]
    method = PaymentMethod.objects.create(
        debtor_id=account.debtor_id,
        provider=provider,
        token=token,
        origin=origin,
        hint=hint[:40],
        position=0 if last is None else last + 1,
    )
    record_event("wallet.linked", account=account, source="debtor", provider=provider.key, by=origin)
    return method


def one_at_a_time(debtor_id: UUID) -> None:
    """A person's wallets change one change at a time. Not the person's own row: others lock that before an account."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"wallets:{debtor_id}"])


@transaction.atomic
def rename_method(method: PaymentMethod, label: str) -> None:
    label = " ".join(label.split())
    if len(label) > LONGEST_LABEL:
        raise InvalidInput(_("A name has at most 60 characters."), field="label")
    changed = PaymentMethod.objects.filter(pk=method.pk, removed_at=None).exclude(label=label).update(label=label)
    if changed:
        record_event("wallet.renamed", debtor=method.debtor, creditor=method.debtor.creditor, source="debtor")
    method.refresh_from_db()


@transaction.atomic
def move_method(method: PaymentMethod, *, up: bool) -> bool:
    """One place up or down in the person's order; False at the end of the list."""
    one_at_a_time(method.debtor_id)
    rows = list(PaymentMethod.objects.filter(debtor_id=method.debtor_id, removed_at=None))
    place = next((index for index, row in enumerate(rows) if row.pk == method.pk), None)
    target = None if place is None else place + (-1 if up else 1)
    if place is None or target is None or not 0 <= target < len(rows):
        return False
    rows[place], rows[target] = rows[target], rows[place]
    for position, row in enumerate(rows):
        row.position = position
    PaymentMethod.objects.bulk_update(rows, ["position"])
    return True


@transaction.atomic
def remove_method(method: PaymentMethod) -> bool:
    """Forget the wallet and end every agreement that draws on it. False when it was removed before.

    Accounts are locked first, in id order, as everything that moves money does.
    """
    live = Mandate.objects.filter(payment_method=method, state__in=["pending", "active", "paused"])
    for mandate in live.order_by("account_id"):
        revoke_mandate(mandate, reason="the debtor removed the wallet")
    one_at_a_time(method.debtor_id)
    row = PaymentMethod.objects.select_for_update().get(pk=method.pk)
    if row.removed_at:
        return False
    _take_away(row, tell_provider=row.is_chargeable)
    _record_removal(row, source="debtor")
    method.refresh_from_db()
    return True


def _take_away(row: PaymentMethod, *, tell_provider: bool) -> None:
    row.removed_at = now()
    row.detach_due_at = row.removed_at if tell_provider else None
    if not tell_provider:
        row.token = ""
    row.save(update_fields=["removed_at", "detach_due_at", "token", "token_index"])


def _record_removal(row: PaymentMethod, *, source: str) -> None:
    record_event(
        "wallet.removed",
        debtor=row.debtor,
        creditor=row.debtor.creditor,
        source=source,
        provider=row.provider.key,
    )


@transaction.atomic
def forget_token(provider: Provider, token: str) -> int:
    """The provider ended a wallet that was saved while paying: it is no longer anybody's. How many rows changed."""
    index = normalised_index(token, purpose="reference")
    found = PaymentMethod.objects.filter(provider=provider, origin="payment", removed_at=None, token_index=index)
    held = found.select_related("debtor__creditor", "provider").select_for_update(of=("self",))
    rows = [row for row in held if row.token == token]
    for row in rows:
        _take_away(row, tell_provider=False)
        _record_removal(row, source="provider")
    return len(rows)


def mark_used(provider: Provider, *accounts: Account) -> None:
    """These people just paid with this wallet: it is offered first next time."""
    people = [account.debtor_id for account in accounts]
    rows = PaymentMethod.objects.filter(debtor__any_of=people, provider=provider, removed_at=None)
    # People share no account: whoever notes several of them takes them in one order.
    locked = list(rows.order_by("pk").select_for_update().values_list("pk", flat=True))
    if locked:
        PaymentMethod.objects.filter(pk__any_of=locked).update(last_used_at=now())
