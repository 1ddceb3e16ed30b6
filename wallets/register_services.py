"""Keeping the provider register: switching off and on at once, with a reason; facts and fees, on the record."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.events import record_event
from accounts.models import User
from accounts.services import caller_of
from common.clock import today
from common.errors import Conflict, InvalidInput, NotFound
from common.once import use_token
from wallets.gateway import merchant_in_settings
from wallets.models import PROVIDER_STATES, Provider, ProviderFee
from wallets.open_work import open_work
from wallets.providers.registry import every_facts, facts_of

LONGEST_NAME = 60


def unregistered() -> dict[str, str]:
    """Wallets that are installed and not in the register yet: their names by key."""
    known = {*Provider.objects.values_list("key", flat=True)}
    return {key: str(facts.name) for key, facts in every_facts().items() if key not in known}


@transaction.atomic
def add_provider(key: str, *, by: User) -> Provider:
    """As a draft, at the end: it takes no money before its papers are looked at. Adding it twice adds it once."""
    if key not in every_facts():
        raise NotFound(_("No such wallet is installed here."))
    last = Provider.objects.aggregate(last=Max("position"))["last"] or 0
    name = facts_of(key).known_as[:LONGEST_NAME]
    provider, added = Provider.objects.get_or_create(key=key, defaults={"name": name, "position": last + 1})
    if added:
        record_event("provider.added", actor=by, source="staff", provider=key)
    return provider


@transaction.atomic
def set_provider_status(provider: Provider, *, status: str, reason: str, by: User, token: str = "") -> None:
    """Compare-and-set: nobody overwrites a change they have not seen. Raises `IllegalTransition` or `Conflict`."""
    if not reason.strip():
        raise InvalidInput(_("Say why, in a few words."), field="reason")
    if not use_token(caller_of(by), token):
        return
    PROVIDER_STATES.check(provider.status, status)
    if status == "vetted" and (provider.review_due is None or provider.review_due <= today()):
        raise Conflict(_("Its review is overdue. Set the date of the next review first."))
    rows = Provider.objects.filter(pk=provider.pk, status=provider.status)
    if not rows.update(status=status, status_reason=reason.strip()[:200]):
        raise Conflict(_("Somebody changed this provider a moment ago. Look at it again."))
    record_event(
        f"provider.{status}", actor=by, source="staff", provider=provider.key, before=provider.status, why=reason[:200]
    )


@transaction.atomic
def update_provider(provider: Provider, *, by: User, **fields: Any) -> bool:
    """Licence, certification, places, currencies, review date and place in the order. False when nothing changed."""
    row = Provider.objects.select_for_update().get(pk=provider.pk)
    changed = {name: value for name, value in fields.items() if getattr(row, name) != value}
    if not changed:
        return False
    Provider.objects.filter(pk=row.pk).update(**changed)
    record_event("provider.updated", actor=by, source="staff", provider=row.key, fields=sorted(changed))
    provider.refresh_from_db()
    return True


@transaction.atomic
def set_fee(provider: Provider, *, by: User, currency: str, basis_points: int, fixed_minor: int) -> None:
    """One fee for each currency; nothing at all removes it."""
    if not 0 <= basis_points <= 10_000 or fixed_minor < 0:
        raise InvalidInput(_("A fee is a share of 0 to 100 percent and a fixed part."), field="percent")
    rows = ProviderFee.objects.filter(provider=provider, currency=currency)
    values = {"basis_points": basis_points, "fixed_minor": fixed_minor}
    if not any(values.values()):
        rows.delete()
    elif rows.filter(**values).exists():
        return
    else:
        ProviderFee.objects.update_or_create(provider=provider, currency=currency, defaults=values)
    record_event("provider.fee_set", actor=by, source="staff", provider=provider.key, currency=currency, fee=values)


@transaction.atomic
def move_to_merchant(provider: Provider, *, reason: str, by: User, token: str = "") -> None:
    """Use the merchant account its settings name now. Refused while it takes money or anything is open under the old.

    Raises `Conflict` saying what is open, `ConfigError` when the settings cannot be read.
    """
    if not reason.strip():
        raise InvalidInput(_("Say why, in a few words."), field="reason")
    if not use_token(caller_of(by), token):
        return
    row = Provider.objects.select_for_update().get(pk=provider.pk)
    wanted = merchant_in_settings(row)
    if row.merchant == wanted:
        return
    if not row.standing:
        raise Conflict(_("Switch this wallet off first, so that nothing new begins while you change the account."))
    refuse_while_open(row)
    Provider.objects.filter(pk=row.pk).update(merchant=wanted)
    record_event(
        "provider.merchant_changed",
        actor=by,
        source="staff",
        provider=row.key,
        before=row.merchant,
        after=wanted,
        why=reason.strip()[:200],
    )
    provider.refresh_from_db()


def refuse_while_open(provider: Provider) -> None:
    open_now = [f"{number} {words}" for words, number in open_work(provider)]
    if open_now:
        raise Conflict(
            _("Still open under the present merchant account: %(list)s. ") % {"list": ", ".join(open_now)}
            + _("Put the former settings back and let these end, or end them; then change the account.")
        )
