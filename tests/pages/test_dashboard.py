"""Every number of the dashboard equals the list it opens."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.models import Event
from accounts.services import place_hold
from accounts.work_items import refresh_everything
from analytics import dashboard as numbers
from common.clock import now
from common.money import Money
from payments.models import Instalment, Payment, PaymentLink, Plan
from reminders.models import Message
from tests import factories

pytestmark = pytest.mark.django_db


def message(account, state, **fields):
    values = {"purpose": "overdue_friendly", "occasion": f"{state}-{account.pk}", "channel": "email", "due_at": now()}
    return Message.objects.create(account=account, debtor=account.debtor, state=state, **values | fields)


def paid(account, minor, *, days_ago=0):
    from payments.ledger import Line, post_entry

    at = now() - timedelta(days=days_ago)
    entry, _new = post_entry(
        "payment",
        idempotency_key=f"test:{account.pk}:{days_ago}",
        creditor_id=account.creditor_id,
        currency=account.currency,
        effective_at=at,
        lines=[
            Line("receivable", -minor, account=account, component="principal"),
            Line("clearing", minor, qualifier="alipay"),
        ],
    )
    Payment.objects.create(
        account=account,
        state="succeeded",
        amount_minor=minor,
        currency=account.currency,
        source="link",
        entry=entry,
        finished_at=at,
    )


@pytest.fixture
def world(agent):
    """Two creditors, two currencies, every stage of the funnel, every age, holds and promises."""
    bank, telecom = factories.portfolio(), factories.portfolio(factories.creditor(name="Telecom"))
    ages = [-4, 5, 29, 33, 60, 61, 90, 91, 300]
    accounts = [factories.account(placement=bank, days_overdue=age) for age in ages]
    foreign = [factories.account(placement=telecom, days_overdue=age, currency="EUR") for age in (3, 40)]
    for account, state in zip(accounts, ["sent", "delivered", "blocked", "failed", "bounced", "due"], strict=False):
        message(account, state)
    expires = now() + timedelta(days=9)
    for index, account in enumerate([accounts[0], accounts[1], foreign[0]]):
        PaymentLink.objects.create(
            account=account, token_hash=f"{index}" * 64, expires_at=expires, first_opened_at=now() if index else None
        )
    paid(accounts[1], 1000)
    paid(accounts[2], 2500, days_ago=6)
    paid(accounts[3], 400, days_ago=20)
    paid(accounts[4], 700, days_ago=45)
    paid(foreign[0], 990)
    place_hold(accounts[5], kind="dispute", reason="x", by=agent)
    for account, state, instalment in (
        (accounts[6], "active", "missed"),
        (accounts[7], "active", "scheduled"),
        (accounts[8], "completed", "paid"),
    ):
        plan = Plan.objects.create(account=account, state=state, currency=account.currency, total_minor=100)
        Instalment.objects.create(
            plan=plan, number=1, due_on=now().date(), amount_minor=100, state=instalment, paid_minor=0
        )
    return bank.creditor, telecom.creditor


def shown_count(client, href: str) -> int:
    context = client.get(href).context
    return context["total"] if "total" in context else context["count"]


def every_number(scope):
    yield from numbers.ageing(scope)
    yield from numbers.funnel(scope)
    yield from numbers.promises(scope)
    yield from numbers.open_work(scope)
    yield from numbers.message_numbers(scope)
    for row in numbers.collected(scope):
        yield from row.numbers


@pytest.mark.parametrize("which", ["all", "bank", "telecom"])
def test_every_number_equals_the_list_it_opens(world, lead, sign_in, which):
    creditor = {"all": None, "bank": world[0], "telecom": world[1]}[which]
    refresh_everything()
    client, seen = sign_in(lead), list(every_number(numbers.Scope(lead, creditor)))
    wrong = [(str(number.label), number.value, number.href) for number in seen]
    assert [entry for entry in wrong if shown_count(client, entry[2]) != entry[1]] == []
    assert sum(number.value for number in seen) > 10


def test_the_money_collected_equals_the_total_of_the_list(world, lead, sign_in):
    client = sign_in(lead)
    for row in numbers.collected(numbers.Scope(lead)):
        for number in row.numbers:
            totals = client.get(number.href).context["totals"]
            assert totals == ([number.money] if number.money else [])


def test_collected_counts_days_that_end_today(world, lead):
    by_currency = {row.currency: row.numbers for row in numbers.collected(numbers.Scope(lead))}
    assert [number.money for number in by_currency["CNY"]] == [
        Money(1000, "CNY"), Money(3500, "CNY"), Money(3900, "CNY"),
    ]  # fmt: skip


def test_ageing_puts_each_open_account_in_one_band(world, lead):
    ageing = numbers.ageing(numbers.Scope(lead, world[0]))
    assert [number.value for number in ageing] == [1, 2, 2, 2, 2]


def test_a_creditor_sees_the_same_page_with_its_own_numbers_only(world, sign_in):
    user = factories.user(role="creditor", creditor=world[1])
    client = sign_in(user)
    assert [number.value for number in numbers.funnel(numbers.Scope(user))] == [2, 0, 1, 1, 1]
    for number in [*numbers.funnel(numbers.Scope(user)), *numbers.open_work(numbers.Scope(user))]:
        assert shown_count(client, number.href) == number.value
    assert client.get(reverse("dashboard")).status_code == 200


def test_the_page_draws_links_for_its_numbers(world, lead, sign_in):
    html = sign_in(lead).get(reverse("dashboard")).content.decode()
    for number in every_number(numbers.Scope(lead)):
        assert number.href.replace("&", "&amp;") in html


def test_the_saved_file_holds_what_the_list_shows_and_is_on_the_record(world, lead, sign_in):
    client = sign_in(lead)
    answer = client.get(reverse("account_export"), {"age": "91-"})
    lines = answer.content.decode("utf-8-sig").strip().splitlines()
    assert len(lines) == 1 + shown_count(client, reverse("account_list") + "?age=91-")
    assert Event.objects.get(kind="accounts.exported").data == {"count": len(lines) - 1}


def test_a_name_that_is_a_formula_leaves_as_text(lead, sign_in):
    factories.account(person=factories.debtor(name="=HYPERLINK(1)"))
    assert "'=HYPERLINK" in sign_in(lead).get(reverse("account_export")).content.decode()
