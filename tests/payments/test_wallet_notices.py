"""Where the wallet wants its own notice before a debit (WeChat Pay): it comes first, and nothing is debited without."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings as django_settings

from common import clock
from common.clock import now, today
from common.models import ClockShift
from common.money import Money
from payments.debits import debit_due_instalments, notice_due_debits
from payments.models import Attempt, Instalment
from payments.plans import create_plan
from payments.services import look_up_due_attempts
from tests.payments.helpers import EVIDENCE, TERMS, balance, kinds, tell_the_people
from tests.wallets.receiver import webhook_receiver
from wallets.models import Provider
from wallets.sandbox.testing import ControlClient, running_sandbox
from wallets.services import propose_mandate, refresh_mandate, start_mandate, sweep_mandates

pytestmark = pytest.mark.django_db(transaction=True)
BEIJING = ZoneInfo("Asia/Shanghai")


@dataclass
class Phone:
    control: ControlClient

    def sign(self, url: str) -> None:
        self.control.press(f"{self.control.open(url)}/sign")

    def move_clock(self, **step: float) -> None:
        ahead = ClockShift.advance(timedelta(**step), sandbox=True)
        self.control.post("clock", offset_seconds=int(ahead.total_seconds()))
        clock.forget()

    def debits(self) -> int:
        return self.control.debits()


@pytest.fixture(scope="module")
def running_wechat(secrets_folder):
    with running_sandbox(django_settings.SECRETS_DIR, only=("wechat",)) as running:
        yield running


@pytest.fixture
def phone(running_wechat, settings, db):
    running_wechat.control.post("reset")
    settings.SANDBOX, settings.WALLET_SANDBOX_URL = True, running_wechat.base_url
    with webhook_receiver() as receiver:
        settings.PUBLIC_URL = receiver.url.removesuffix("/hook")
        Provider.objects.create(
            key="wechat",
            name="WeChat Pay",
            status="vetted",
            currencies=["CNY"],
            review_due=today() + timedelta(days=90),
        )
        made = Phone(running_wechat.control.of("wechat"))
        there = now().astimezone(BEIJING)
        morning = datetime.combine(there.date() + timedelta(days=1), time(0, 30), BEIJING)
        made.move_clock(seconds=(morning - there).total_seconds())
        yield made


@pytest.fixture
def plan(account, phone):
    mandate = propose_mandate(
        account,
        "wechat",
        cap=Money(50_000, "CNY"),
        first_debit_on=today("Asia/Shanghai") + timedelta(days=4),
        period=30,
        evidence=EVIDENCE,
        terms=TERMS,
    )
    page = start_mandate(mandate, return_url="http://127.0.0.1/back", client_ip="203.0.113.7")
    phone.sign(page.url or page.payload)
    refresh_mandate(mandate)
    assert mandate.state == "active"
    return create_plan(account, parts=[(mandate.first_debit_on, 40_000)], mandate=mandate)


def row() -> Instalment:
    return Instalment.objects.get()


def reach_the_notice(phone) -> None:
    """Half past ten on the third day before."""
    phone.move_clock(days=1, hours=10)


def test_the_wallet_hears_of_a_debit_before_the_person_does(plan, account, phone):
    reach_the_notice(phone)
    assert tell_the_people() == 1
    assert row().announced_at is not None and row().announced_at <= row().notice_sent_at
    phone.move_clock(days=3)
    assert debit_due_instalments().sent == 1
    for _rung in range(3):
        phone.move_clock(hours=2)
        look_up_due_attempts()
    assert phone.debits() == 1 and balance(account) == 125_000 - 40_000


def test_a_notice_the_wallet_refuses_tells_nobody_and_is_tried_again_the_next_day(plan, account, phone):
    reach_the_notice(phone)
    phone.control.fault("decline", method="notice", code="PARAM_ERROR")
    for _round in range(3):
        assert notice_due_debits() == 0
    assert (row().state, row().announced_at, row().last_reason) == ("scheduled", None, "invalid_request")
    assert "debit.noticed" not in kinds(account)
    phone.move_clock(days=1, minutes=5)
    assert tell_the_people() == 1
    assert (row().state, row().last_reason) == ("noticed", "") and row().announced_at


def test_a_notice_that_cannot_be_given_at_night_is_given_in_the_morning(plan, account, phone):
    phone.move_clock(days=1, hours=22)
    assert notice_due_debits() == 0 and row().last_reason == "notice_not_given"
    assert notice_due_debits() == 0 and "debit.noticed" not in kinds(account)
    phone.move_clock(hours=10)
    assert notice_due_debits() == 1


def test_a_debit_without_the_wallets_notice_is_not_made(plan, account, phone):
    reach_the_notice(phone)
    tell_the_people()
    Instalment.objects.update(announced_at=None)
    phone.move_clock(days=3)
    assert debit_due_instalments().sent == 0 and phone.debits() == 0
    assert (row().state, row().notice_round) == ("scheduled", 1)


def test_a_notice_that_ran_out_is_given_again_and_the_debit_is_made_once(plan, account, phone):
    reach_the_notice(phone)
    assert tell_the_people() == 1
    phone.move_clock(days=12)
    assert debit_due_instalments().sent == 0
    assert (row().state, row().announced_at, row().last_reason) == ("scheduled", None, "outside_window")
    assert "debit.called_off" in kinds(account)
    assert tell_the_people() == 1
    phone.move_clock(days=3)
    assert debit_due_instalments().sent == 1
    for _rung in range(3):
        phone.move_clock(hours=2)
        look_up_due_attempts()
    assert phone.debits() == 1


def reach_the_debit(phone) -> None:
    reach_the_notice(phone)
    assert tell_the_people() == 1
    phone.move_clock(days=3)


def test_a_contract_that_ran_out_without_a_word_is_found_out_before_the_debit(plan, account, phone):
    reach_the_debit(phone)
    phone.control.user("expire", contract_id=plan.mandate.provider_reference)
    assert debit_due_instalments().settled == 0
    plan.mandate.refresh_from_db()
    assert (plan.mandate.state, Attempt.objects.get().reason) == ("expired", "mandate_expired")
    assert phone.debits() == 0 and "mandate.expired" in kinds(account)


def test_a_contract_ended_in_wechat_whose_notice_is_lost_is_found_out_before_the_debit(plan, account, phone):
    reach_the_debit(phone)
    phone.control.fault("drop")
    phone.control.user("unsign", contract_id=plan.mandate.provider_reference)
    assert debit_due_instalments().settled == 0
    plan.mandate.refresh_from_db()
    assert (plan.mandate.state, Attempt.objects.get().reason) == ("revoked", "mandate_revoked")
    assert phone.debits() == 0 and balance(account) == 125_000


@pytest.mark.parametrize(("end", "state"), [("expire", "expired"), ("unsign", "revoked")])
def test_a_contract_that_ended_in_silence_is_noticed_within_a_day_though_nothing_is_due(plan, phone, end, state):
    phone.control.fault("drop")
    phone.control.user(end, contract_id=plan.mandate.provider_reference)
    phone.move_clock(days=1, minutes=1)
    assert sweep_mandates() == 1
    plan.mandate.refresh_from_db()
    assert plan.mandate.state == state and plan.mandate.ended_at
