"""A wallet this repository knows nothing of, from the register to the books: only its package was installed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.test import Client

from accounts.models import Event
from accounts.timeline import timeline_of
from common import clock
from common.models import ClockShift
from common.once import new_form_token
from payments.documents.payer_numbers import payer_number
from payments.models import Attempt, Posting, ReconciliationItem, StatementLine, StatementRun
from payments.reconciliation import reconcile_due
from payments.refunds.options import choices_of
from tests import factories
from tests.pages.conftest import signed_in
from tests.pages_debtor.helpers import path_of, pay_in_wallet
from tests.wallets.mpesa_fixtures import LOCAL
from tests.wallets.toy_harness import toy_installed
from wallets.models import Provider
from wallets.sandbox.testing import running_sandbox

pytestmark = pytest.mark.django_db(transaction=True)
IN_ITS_APP = "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 ToyWalletApp/3.1"


@pytest.fixture(scope="module")
def running(secrets_folder):
    with toy_installed(), running_sandbox(django_settings.SECRETS_DIR, only=("toy", "alipay")) as started:
        yield started


@pytest.fixture
def toy(running, settings, db):
    """The simulated wallet, empty, and no row in the register."""
    running.control.post("reset")
    settings.CACHES = LOCAL
    cache.clear()
    settings.SANDBOX, settings.WALLET_SANDBOX_URL = True, running.base_url
    settings.PUBLIC_URL = "http://testserver"
    return running.control.of("toy")


@pytest.fixture
def staff(toy, settings):
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    return signed_in(factories.user(role="admin", email="ada@agency.example", name="Ada Admin"))


@pytest.fixture
def registered(staff):
    """Added and vetted on the pages of the register, beside a wallet of ours that comes first."""
    Provider.objects.create(key="alipay", name="Alipay", status="vetted", currencies=["CNY"], position=1)
    staff.post("/providers/toy/add/")
    staff.post("/providers/toy/vetted/", {"reason": "contract seen", "token": new_form_token()})
    return Provider.objects.get(key="toy")


def paid_with_it(debtor, toy):
    """One payment through the pages, as a person makes it."""
    page = debtor.press_pay(provider="toy")["Location"]
    answer = debtor.client.get(path_of(pay_in_wallet(toy, page)))
    assert "paid" in answer.content.decode().lower()
    return Attempt.objects.get()


def test_the_register_offers_what_is_installed_and_keeps_it_from_money_until_it_is_vetted(staff, debtor):
    assert "Add Toy Wallet" in staff.get("/providers/").content.decode()
    for _twice in range(2):
        staff.post("/providers/toy/add/")
    added = Provider.objects.get(key="toy")
    assert (added.status, added.display_name) == ("draft", "Toy Wallet")
    assert Event.objects.filter(kind="provider.added").count() == 1
    assert "Add Toy Wallet" not in staff.get("/providers/").content.decode()
    assert "Pay with Toy Wallet" not in debtor.read()


def test_the_register_says_what_it_can_do_as_it_is_set_up(staff, registered):
    page = staff.get("/providers/toy/").content.decode()
    assert "a payment page of its own" in page and "signed notices" in page
    assert "refunds of a part" not in page and "agreements on automatic debits" not in page


def test_what_is_not_installed_cannot_be_added(staff):
    assert staff.post("/providers/nobodys/add/").status_code == 404
    assert not Provider.objects.exists()


def test_the_pay_page_offers_it_after_ours_and_first_inside_its_own_app(registered, debtor):
    page = debtor.read()
    assert page.index("Pay with Alipay") < page.index("Pay with Toy Wallet")
    debtor.client = Client(headers={"user-agent": IN_ITS_APP})
    page = debtor.read()
    assert page.index("Pay with Toy Wallet") < page.index("Pay with Alipay")


def test_a_payment_is_made_in_it_and_the_payer_reads_their_own_number(registered, debtor, toy):
    attempt = paid_with_it(debtor, toy)
    assert (attempt.state, attempt.provider, toy.debits(reference=attempt.merchant_reference)) == (
        "succeeded",
        registered,
        1,
    )
    assert payer_number(attempt) == f"TOY-{attempt.provider_reference}" != "TOY-"
    said = " ".join(str(entry) for entry in timeline_of(debtor.account).items)
    assert "Toy Wallet" in said


def test_what_it_cannot_do_is_not_offered(registered, debtor, toy):
    attempt = paid_with_it(debtor, toy)
    refusal = choices_of(attempt.payment).wallet_refusal
    assert refusal == "Toy Wallet cannot give money back for us. Give it back by our own transfer."


def test_its_books_are_read_by_its_own_calendar_and_match(registered, debtor, toy):
    attempt = paid_with_it(debtor, toy)
    for _step in range(12):
        ahead = ClockShift.advance(timedelta(hours=4), sandbox=True)
        toy.post("clock", offset_seconds=int(ahead.total_seconds()))
        clock.forget()
        reconcile_due()
    (line,) = StatementLine.objects.filter(run__provider=registered)
    assert line.merchant_reference == attempt.merchant_reference
    assert StatementRun.objects.filter(provider=registered, state="read").exists()
    assert not ReconciliationItem.objects.exclude(state="resolved").exists()
    assert Posting.objects.filter(ledger_account__kind="provider_fees", ledger_account__qualifier="toy").exists()
