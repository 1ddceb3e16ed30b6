"""Builders for the cast. Each returns a saved row with believable values; name only what the test is about."""

from __future__ import annotations

import itertools
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from accounts.models import Account, ContactPoint, Creditor, Debtor, Portfolio, User
from common.clock import now, today
from compliance.models import PolicyPack
from compliance.pack_register import SHIPPED, digest_of, single_bodies
from compliance.packs.loader import packs_of
from compliance.packs.matching import concerns
from compliance.packs.reader import read_file
from compliance.packs.schema import Pack
from compliance.places import places_of
from payments.ledger import Line, post_entry

_numbers = itertools.count(1)
PASSWORD = "correct-horse-battery"


def creditor(**fields: Any) -> Creditor:
    number = next(_numbers)
    defaults = {"name": "Harbour Bank", "code": f"harbour-{number}", "country": "CN", "role": "first_party_creditor"}
    return Creditor.objects.create(**defaults | fields)


def portfolio(owner: Creditor | None = None, **fields: Any) -> Portfolio:
    number = next(_numbers)
    return Portfolio.objects.create(
        **{"creditor": owner or creditor(), "name": f"Placement {number}", "placed_on": today()} | fields
    )


def debtor(owner: Creditor | None = None, **fields: Any) -> Debtor:
    number = next(_numbers)
    defaults = {
        "creditor": owner or creditor(),
        "creditor_reference": f"C{number:06d}",
        "name": "Wang Fang",
        "country": "CN",
        "time_zone": "Asia/Shanghai",
        "language": "en",
    }
    values = defaults | fields
    law_in_force(values["country"], PHONE_COUNTRY, *_country_of_zone(values["time_zone"]))
    return Debtor.objects.create(**values)


PHONE_COUNTRY = "CN"  # where the numbers of `contact_point` are
SIGNED_PACKS = Path(__file__).resolve().parents[1] / "collections_platform" / "demo" / "packs"


def law_in_force(*countries: str) -> None:
    """The shipped packs of these countries, the schemes' and the house's, signed and in force. What a test has put
    there or superseded itself stays; one about a place without law deletes them."""
    rows = [row for row in _shipped() if any(concerns(row[0], {"debtor.countries": [one]}) for one in countries)]
    there = set(PolicyPack.objects.values_list("pack_id", flat=True))
    if missing := [row for row in rows if row[0].id not in there]:
        _enact(missing)


def in_force(body: dict[str, Any]) -> None:
    """A pack of a test's own, signed and in force."""
    _enact([(packs_of(body, file="")[0], body)])


def hours_only(country: str) -> None:
    """Decent hours as the only law of a country whose law is not shipped."""
    (body,) = single_bodies(read_file(SIGNED_PACKS / "taiwan.yaml"))
    body["pack"] |= {"id": f"hours-{country.lower()}", "jurisdiction": {"country": country}}
    in_force(body)


def _enact(packs: list[tuple[Pack, dict[str, Any]]]) -> None:
    signer, enforcer = (
        User.objects.get_or_create(email=f"{name}@packs.example", defaults={"role": role, "is_active": False})[0]
        for name, role in (("signs", "compliance"), ("enforces", "admin"))
    )
    PolicyPack.objects.bulk_create(
        PolicyPack(
            pack_id=pack.id, version=pack.version, title=pack.title[:200], body=body, digest=digest_of(body),
            state="in_force", signed_by=signer, signed_at=now(), put_in_force_by=enforcer, put_in_force_at=now(),
        )
        for pack, body in packs
    )  # fmt: skip


def round_the_clock() -> None:
    """All shipped packs in force, with hours that are always open: for tests that send at whatever time they run.
    Everything else in the packs stays as it is."""
    law_in_force(*{place for pack, _body in _shipped() for place in _countries_of(pack)})
    for row in PolicyPack.objects.all():
        for rule in row.body["rules"]:
            if rule["type"] == "window":
                rule["params"] = {"allow": [{"days": "all", "from": "00:00", "to": "24:00"}]}
        PolicyPack.objects.filter(pk=row.pk).update(body=row.body, digest=digest_of(row.body))


def reword(pack_id: str, rule_id: str, *, without: str) -> None:
    """The pack in force without one parameter of a rule."""
    row = PolicyPack.objects.get(pack_id=pack_id)
    for rule in row.body["rules"]:
        if rule["id"] == rule_id:
            del rule["params"][without]
    PolicyPack.objects.filter(pk=row.pk).update(body=row.body, digest=digest_of(row.body))


def _countries_of(pack: Pack) -> list[str]:
    listed = [country for one in pack.match.get("any_of", ()) for country in one.get("in", ())]
    return [pack.jurisdiction.get("country", "*"), *listed]


@cache
def _shipped() -> list[tuple[Pack, dict[str, Any]]]:
    files = [*sorted(SHIPPED.glob("*.yaml")), *sorted(SIGNED_PACKS.glob("*.yaml"))]
    bodies = [body for file in files for body in single_bodies(read_file(file))]
    return [(packs_of(body, file="")[0], body) for body in bodies]


def _country_of_zone(zone: str) -> tuple[str, ...]:
    return places_of(country="", time_zone=zone, phones=(), addresses=()).countries


def contact_point(person: Debtor, *, kind: str = "email", value: str | None = None, **fields: Any) -> ContactPoint:
    number = next(_numbers)
    values = {"email": f"person{number}@example.com", "phone": f"+861380000{number:04d}", "app": "app"}
    text = value or values[kind]
    last = text[-4:] if kind == "phone" else ""
    return ContactPoint.objects.create(debtor=person, kind=kind, value=text, last_digits=last, **fields)


def account(
    *,
    balance_minor: int = 125_000,
    days_overdue: int = 40,
    reachable: bool = True,
    placement: Portfolio | None = None,
    person: Debtor | None = None,
    **fields: Any,
) -> Account:
    """An account with its placement posted to the ledger, so that balance and ledger agree."""
    number = next(_numbers)
    placement = placement or portfolio(person.creditor if person else None)
    person = person or debtor(placement.creditor)
    defaults = {
        "creditor": placement.creditor,
        "portfolio": placement,
        "debtor": person,
        "creditor_reference": f"HB-{number:06d}",
        "product": "credit_card",
        "currency": "CNY",
        "due_date": today() - timedelta(days=days_overdue),
        "placed_minor": balance_minor,
        "balance_minor": 0,
    }
    row = Account.objects.create(**defaults | fields)
    if reachable:
        contact_point(person, kind="email")
        contact_point(person, kind="phone")
    post_entry(
        "placement",
        idempotency_key=f"placement:{row.pk}",
        creditor_id=row.creditor_id,
        currency=row.currency,
        effective_at=now(),
        lines=[Line("receivable", balance_minor, account=row, component="principal"), Line("placed", -balance_minor)],
    )
    row.refresh_from_db()
    return row


def user(**fields: Any) -> User:
    number = next(_numbers)
    defaults = {"email": f"user{number}@agency.example", "name": f"User {number}", "role": "agent"}
    return User.objects.create_user(password=PASSWORD, **defaults | fields)
