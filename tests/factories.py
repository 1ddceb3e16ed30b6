"""Builders for the cast. Each returns a saved row with believable values; name only what the test is about."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

from accounts.models import Account, ContactPoint, Creditor, Debtor, Portfolio, User
from common.clock import now, today
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
    return Debtor.objects.create(**defaults | fields)


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
