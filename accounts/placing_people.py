"""The person behind one placed account: found by the creditor's customer reference, or made; told more, never less."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.imports.record import Record
from accounts.models import Consent, ContactPoint, Creditor, Debtor
from common.crypto.blind_fields import normalised_index
from common.errors import Conflict

# What a record says of a person -> the fields of the request that say it.
SAID_BY = {
    "name": ("name", "given_name", "family_name"),
    "birth_year": ("birth_year", "birth_date"),
    "country": ("country",),
    "time_zone": ("time_zone",),
    "language": ("language",),
}
OURS = "api"
EVERY = "*"


def find_or_make_debtor(creditor: Creditor, record: Record, *, given: frozenset[str], known: Debtor | None) -> Debtor:
    """`given` names the fields that were sent: what is only a default never changes a person who is known."""
    reference = known.creditor_reference if known else record.customer_reference
    person = _locked(creditor, reference) or _made(creditor, reference, record)
    if changed := _differences(person, record, given):
        for name in changed:
            setattr(person, name, getattr(record, name))
        person.save(update_fields=[*changed, *(["name_tokens"] if "name" in changed else [])])
    _add_contact_points(person, record)
    _add_consents(person, record)
    return person


def _locked(creditor: Creditor, reference: str) -> Debtor | None:
    rows = Debtor.objects.select_for_update(no_key=True)
    return rows.filter(creditor=creditor, creditor_reference=reference).first()


def _made(creditor: Creditor, reference: str, record: Record) -> Debtor:
    facts = {name: getattr(record, name) for name in SAID_BY}
    try:
        with transaction.atomic():
            return Debtor.objects.create(creditor=creditor, creditor_reference=reference, **facts)
    except IntegrityError as error:
        raise Conflict(_("This person is being placed by another request. Send yours again.")) from error


def _differences(person: Debtor, record: Record, given: frozenset[str]) -> list[str]:
    said = [name for name, fields in SAID_BY.items() if getattr(record, name) and given & set(fields)]
    if person.language_chosen and "language" in said:
        said.remove("language")
    return [name for name in said if getattr(record, name) != getattr(person, name)]


def _add_contact_points(person: Debtor, record: Record) -> None:
    kept = set(person.contact_points.values_list("kind", "value_index"))
    wanted = {"email": record.emails, "phone": record.phones, "address": [record.address] if record.address else []}
    for kind, values in wanted.items():
        for position, value in enumerate(values):
            key = (kind, normalised_index(value, purpose="contact"))
            if key in kept:
                continue
            kept.add(key)
            last = value[-4:] if kind == "phone" else ""
            ContactPoint.objects.create(debtor=person, kind=kind, value=value, position=position, last_digits=last)


def _add_consents(person: Debtor, record: Record) -> None:
    """What is news. A creditor cannot take back what the person told us: only the person can."""
    said = list(person.consents.filter(purpose="collection").order_by("-recorded_at", "-pk"))
    for channel, granted in record.consents:
        newest = next((row for row in said if row.channel == channel), None)
        if newest and newest.granted == granted:
            continue
        own = next((row for row in said if _is_own_word(row, channel)), None)
        if granted and own and not own.granted:
            continue
        Consent.objects.create(debtor=person, channel=channel, granted=granted, evidence={"source": OURS})


def _is_own_word(row: Consent, channel: str) -> bool:
    reaches = EVERY in (channel, row.channel) or row.channel == channel
    return reaches and row.by_person
