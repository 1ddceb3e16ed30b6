"""From a number or mailbox back to the people it belongs to, through the blind index."""

from __future__ import annotations

from accounts.models import ContactPoint
from common.crypto.blind_fields import normalised_index


def points_with_number(number: str) -> list[ContactPoint]:
    """`number`: of a phone, or a mailbox."""
    index = normalised_index(number, purpose="contact")
    if not index:
        return []
    rows = ContactPoint.objects.filter(kind="email" if "@" in number else "phone", value_index=index).select_related(
        "debtor__creditor"
    )
    return list(rows.order_by("id"))
