"""A wallet that may take no money says why on the pages of an agreement, too, and nothing waits there in vain."""

from __future__ import annotations

from datetime import timedelta
from html import unescape

import pytest

from common.clock import today
from tests.pages_debtor.helpers import path_of
from tests.pages_debtor.test_agreements import agree
from wallets.models import Mandate, Provider

pytestmark = pytest.mark.django_db(transaction=True)
UNFIT = [
    ({"status": "draft"}, "We have not finished checking it"),
    ({"status": "switched_off"}, "It is switched off for now"),
    ({"review_due": today}, "The yearly check of its licence is due"),
]


def make_unfit(change: dict) -> None:
    Provider.objects.update(**{name: value() if callable(value) else value for name, value in change.items()})


@pytest.fixture(params=UNFIT, ids=["unvetted", "switched off", "expired"])
def unfit(request):
    return request.param


def page(debtor, name: str, *args: str) -> str:
    return unescape(debtor.read(name, *args))


def test_an_agreement_in_force_says_that_nothing_is_taken_and_why(wallet, debtor, unfit):
    started, _page, _fields = agree(debtor)
    debtor.client.get(path_of(wallet.press(f"{wallet.open(started['Location'])}/sign")))
    mandate = Mandate.objects.get()
    assert mandate.state == "active" and "Next payment" in page(debtor, "mandate_page", mandate.reference)
    change, words = unfit
    make_unfit(change)
    shown = page(debtor, "mandate_page", mandate.reference)
    assert words in shown and "Nothing is taken at the moment" in shown and "Next payment" not in shown
    Provider.objects.update(status="vetted", review_due=today() + timedelta(days=9))
    assert "Next payment" in page(debtor, "mandate_page", mandate.reference)


def test_an_agreement_that_waits_for_its_signature_says_why_it_cannot_be_signed(wallet, debtor, unfit):
    agree(debtor)
    mandate = Mandate.objects.get()
    change, words = unfit
    make_unfit(change)
    for shown in (
        page(debtor, "mandate_page", mandate.reference),
        unescape(debtor.client.get(debtor.send("mandate_sign", mandate.reference)["Location"]).content.decode()),
    ):
        assert words in shown and "cannot be reached" not in shown and "Choose another way" in shown
    debtor.send("mandate_end", mandate.reference)
    mandate.refresh_from_db()
    assert mandate.state == "revoked"


def test_no_plan_is_offered_and_the_page_says_why(wallet, debtor, unfit):
    debtor.identify()
    change, words = unfit
    make_unfit(change)
    shown = page(debtor, "mandate_offer")
    assert (
        words in shown and "Write to us" in shown and "Choose" not in shown.partition("<h1>")[2].partition("</main>")[0]
    )
