"""One door: a wallet that is not vetted, overdue for review or switched off takes no money in any way."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction

from common.clock import now, today
from common.errors import Conflict
from common.http import NotSent
from common.money import Money
from payments.debits import debit_due_instalments, notice_due_debits
from tests.payments.helpers import EVIDENCE, TERMS, open_page, planned_debit, tell_the_people
from wallets.gateway import call
from wallets.health import Health, Heard, forget_old_minutes, health_of, record, troubled
from wallets.models import Provider, ProviderMinute
from wallets.register_services import set_fee, set_provider_status, update_provider
from wallets.selectors import ProviderNotOffered, offers, withheld
from wallets.services import propose_mandate, start_mandate

ROOT = Path(__file__).resolve().parents[2]
UNFIT = {
    "not_vetted": {"status": "draft"},
    "switched_off": {"status": "switched_off"},
    "review_overdue": {"review_due": date(2026, 1, 1)},
}


def propose(account):
    return propose_mandate(
        account,
        "alipay",
        cap=Money(50_000, "CNY"),
        first_debit_on=today() + timedelta(days=9),
        evidence=EVIDENCE,
        terms=TERMS,
    )


@pytest.mark.parametrize(("why", "change"), UNFIT.items())
def test_an_unfit_wallet_takes_no_payment_and_no_signature(account, wallet, alipay, why, change):
    waiting = propose(account)
    Provider.objects.update(**change)
    waiting.provider.refresh_from_db()
    for attempt in (
        lambda: open_page(account),
        lambda: propose(account),
        lambda: start_mandate(waiting, return_url="http://127.0.0.1/back"),
    ):
        with pytest.raises(ProviderNotOffered) as refused:
            attempt()
        assert refused.value.details["why"] == why and refused.value.message
    assert offers("CNY") == [] and wallet.debits() == 0


@pytest.mark.parametrize(("why", "change"), UNFIT.items())
def test_an_unfit_wallet_debits_nobody_and_announces_nothing(account, wallet, alipay, why, change):
    plan = planned_debit(account, wallet)
    wallet.move_clock(hours=10)
    was = {"status": "vetted", "review_due": today() + timedelta(days=30)}
    Provider.objects.update(**change)
    assert notice_due_debits() == 0
    Provider.objects.update(**was)
    assert tell_the_people() == 1
    wallet.move_clock(days=3)
    Provider.objects.update(**(change if "status" in change else {"review_due": today()}))
    debit_due_instalments()
    assert wallet.debits() == 0
    assert plan.instalments.get(number=1).last_reason == f"provider_{why}"


def test_the_page_is_told_which_known_wallets_are_withheld(alipay):
    assert withheld("CNY") == []
    Provider.objects.update(status="switched_off")
    [(provider, why)] = withheld("CNY")
    assert provider == alipay and "switched off" in why and withheld("EUR") == []


def test_nobody_but_the_register_asks_whether_a_wallet_is_vetted():
    asks = re.compile(r"""status\s*==?\s*["']vetted["']""")
    allowed = {
        "wallets/models/register.py",
        "wallets/register_services.py",
        "wallets/views_staff.py",
        "wallets/forms.py",
    }
    sources = [path for app in ("wallets", "payments", "reminders") for path in (ROOT / app).rglob("*.py")]
    found = {
        str(path.relative_to(ROOT))
        for path in sources
        if not {"migrations", "sandbox"} & set(path.parts) and asks.search(path.read_text())
    }
    assert found <= allowed


def test_the_database_lets_no_wallet_take_money_without_a_review_date(alipay):
    with pytest.raises(IntegrityError), transaction.atomic():
        Provider.objects.update(review_due=None)


def test_a_wallet_is_not_let_in_while_its_review_is_overdue(alipay, admin):
    Provider.objects.update(status="switched_off", review_due=today())
    alipay.refresh_from_db()
    with pytest.raises(Conflict):
        set_provider_status(alipay, status="vetted", reason="back", by=admin)
    assert update_provider(alipay, by=admin, review_due=today() + timedelta(days=300))
    assert not update_provider(alipay, by=admin, review_due=today() + timedelta(days=300))
    set_provider_status(alipay, status="vetted", reason="reviewed", by=admin)
    assert Provider.objects.taking_money().get() == alipay


def test_a_fee_is_kept_by_currency_and_removed_by_nothing(alipay, admin):
    for points in (60, 55):
        set_fee(alipay, by=admin, currency="CNY", basis_points=points, fixed_minor=10)
    assert alipay.fees.get().basis_points == 55
    set_fee(alipay, by=admin, currency="CNY", basis_points=0, fixed_minor=0)
    assert not alipay.fees.exists()


def test_calls_are_counted_by_minute_and_never_one_by_one(alipay):
    moment = now()
    record([Heard(alipay.pk, moment, 20), Heard(alipay.pk, moment, 40), Heard(alipay.pk, moment, 90, "not_sent")])
    record([Heard(alipay.pk, moment, 10)])
    row = ProviderMinute.objects.get()
    assert (row.answered, row.failed, row.millis, row.slowest, row.error) == (3, 1, 160, 90, "not_sent")
    health = health_of(timedelta(hours=1))[alipay.pk]
    assert (health.calls, health.percent, health.average, health.error) == (4, 75, 40, "not_sent")


def test_every_real_call_is_counted_with_its_silence(account, wallet, alipay):
    open_page(account)
    wallet.control.fault("http_500", method="alipay.trade.query")

    def silent():
        raise NotSent("nobody listens")
        yield

    with pytest.raises(NotSent):
        call(silent(), alipay)
    health = health_of(timedelta(hours=1))[alipay.pk]
    assert health.failed == 1 and health.error == "not_sent"


@pytest.mark.parametrize(
    ("answered", "failed", "word"),
    [(0, 0, "quiet"), (4, 0, "quiet"), (100, 0, "well"), (9, 1, "shaky"), (1, 9, "failing")],
)
def test_health_in_a_word(answered, failed, word):
    assert Health(answered=answered, failed=failed).word == word


def test_a_wallet_that_hardly_answers_is_offered_last(wallet, alipay):
    assert troubled() == frozenset()
    record([Heard(alipay.pk, now(), 5, "not_sent") for _ in range(6)])
    assert troubled() == {alipay.pk}


def test_old_minutes_are_forgotten(alipay):
    record([Heard(alipay.pk, now() - timedelta(days=60), 5), Heard(alipay.pk, now(), 5)])
    assert forget_old_minutes() == 1
