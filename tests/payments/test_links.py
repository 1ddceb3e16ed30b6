"""Payment links: unguessable, hashed at rest, opened once for the record, and finished when they should be."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import Event
from common.errors import InvalidInput
from common.money import Money
from payments.errors import LinkExpired, LinkRevoked, LinkUnknown
from payments.models import PaymentLink
from payments.services import create_link, open_link, revoke_link
from tests.payments.helpers import kinds


def token_of(url):
    return url.rstrip("/").rpartition("/")[2]


def test_the_address_holds_128_random_bits_and_the_database_does_not_hold_them(account):
    link, url = create_link(account)
    _other, other_url = create_link(account)
    token = token_of(url)
    assert len(token) == 22 and token != token_of(other_url)
    stored = PaymentLink.objects.filter(pk=link.pk).values().get()
    assert token not in str(stored)
    assert token not in str(list(Event.objects.values_list("data", flat=True)))


def test_opening_is_counted_and_the_first_time_is_an_event(account):
    _link, url = create_link(account)
    first = open_link(token_of(url))
    again = open_link(token_of(url))
    assert (first.opened_count, again.opened_count) == (1, 2)
    assert first.first_opened_at == again.first_opened_at
    assert kinds(account).count("link.opened") == 1


def test_a_link_that_never_was_is_unknown(db):
    with pytest.raises(LinkUnknown):
        open_link("A" * 22)
    with pytest.raises(LinkUnknown):
        open_link("A" * 5_000_000)


def test_an_expired_link_says_so(account):
    link, url = create_link(account)
    PaymentLink.objects.filter(pk=link.pk).update(expires_at=link.created_at - timedelta(seconds=1))
    with pytest.raises(LinkExpired):
        open_link(token_of(url))


def test_a_revoked_link_says_so_and_is_revoked_once(account):
    link, url = create_link(account)
    assert revoke_link(link) and not revoke_link(link)
    with pytest.raises(LinkRevoked):
        open_link(token_of(url))
    assert kinds(account).count("link.revoked") == 1


@pytest.mark.parametrize("amount", [Money(-5, "CNY"), Money(100, "EUR")])
def test_a_link_only_asks_for_a_positive_amount_in_the_accounts_currency(account, amount):
    with pytest.raises(InvalidInput):
        create_link(account, amount=amount)
