"""Payment links: made for a message, opened without a login, good until they expire or are revoked."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts.events import new_event, record_event, record_events
from accounts.models import Account, User
from common.bulk import insert_rows
from common.clock import now
from common.errors import InvalidInput
from common.ids import new_token
from common.money import Money
from common.rows import new_row
from payments.errors import LinkExpired, LinkRevoked, LinkUnknown
from payments.models import PaymentLink
from payments.models.links import token_hash

LONGEST_TOKEN = 64


def link_url(token: str) -> str:
    return f"{settings.PUBLIC_URL}/p/{token}/"


@transaction.atomic
def create_link(
    account: Account,
    *,
    language: str = "",
    amount: Money | None = None,
    created_by: User | None = None,
    valid_days: int = 30,
) -> tuple[PaymentLink, str]:
    """A new link and its address. The address is told once: only a hash of its token is kept."""
    if amount and (amount.currency != account.currency or amount.minor <= 0):
        raise InvalidInput(_("The amount must be positive and in the account's currency."), field="amount")
    if not 1 <= valid_days <= 365:
        raise InvalidInput(_("A link is valid for 1 to 365 days."), field="valid_days")
    links = NewLinks()
    url = links.add(account, language=language, amount=amount, created_by=created_by, valid_days=valid_days)
    (link,) = links.write()
    return link, url


class NewLinks:
    """Links that are made together: two statements for any number of them. Nothing is stored before `write`, which
    belongs into the transaction of whatever tells the addresses."""

    def __init__(self) -> None:
        self._rows: list[PaymentLink] = []

    def __len__(self) -> int:
        return len(self._rows)

    def add(
        self,
        account: Account,
        *,
        language: str = "",
        amount: Money | None = None,
        created_by: User | None = None,
        valid_days: int = 30,
    ) -> str:
        """Its address, which is told once: only a hash of its token is kept."""
        token = new_token()
        self._rows.append(
            new_row(
                PaymentLink,
                account=account,
                token_hash=token_hash(token),
                language=language,
                amount_minor=amount.minor if amount else None,
                created_by=created_by,
                expires_at=now() + timedelta(days=valid_days),
            )
        )
        return link_url(token)

    def forget_after(self, number: int) -> None:
        """Only the first so many are wanted: what told the others does not leave."""
        del self._rows[number:]

    def write(self) -> list[PaymentLink]:
        rows, self._rows = self._rows, []
        insert_rows(rows)
        record_events([
            new_event(
                "link.created", account=row.account, actor=row.created_by, link=row.pk, until=row.expires_at.isoformat()
            )
            for row in rows
        ])  # fmt: skip
        return rows


def find_link(token: str) -> PaymentLink:
    """The usable link of a token, or why there is none. Found by hash, so timing tells nothing about other tokens."""
    wanted = token_hash(token[:LONGEST_TOKEN])
    link = PaymentLink.objects.select_related("account__creditor", "account__debtor").filter(token_hash=wanted).first()
    if link is None:
        raise LinkUnknown(_("This link is not one of ours. Check the address, or ask us for a new link."))
    if link.revoked_at:
        raise LinkRevoked(_("This link was replaced. Use the newest message from us, or ask us for a new link."))
    if link.expires_at <= now():
        raise LinkExpired(_("This link has expired. Ask us for a new one."))
    return link


@transaction.atomic
def open_link(token: str) -> PaymentLink:
    """As `find_link`, and remembers that it was opened; the first time is an event."""
    link = find_link(token)
    first = PaymentLink.objects.filter(pk=link.pk, first_opened_at__isnull=True).update(first_opened_at=now())
    PaymentLink.objects.filter(pk=link.pk).update(opened_count=F("opened_count") + 1)
    if first:
        record_event("link.opened", account=link.account, source="debtor", link=link.pk)
    link.refresh_from_db(fields=["first_opened_at", "opened_count"])
    return link


@transaction.atomic
def revoke_link(link: PaymentLink, *, by: User | None = None) -> bool:
    """Make the link useless from now on. False when it was revoked before."""
    revoked = PaymentLink.objects.filter(pk=link.pk, revoked_at__isnull=True).update(revoked_at=now())
    if revoked:
        record_event("link.revoked", account=link.account, actor=by, link=link.pk)
    return bool(revoked)
