"""Every wallet on the real platform: a debtor with a phone pays from a link; agreements are signed, debited, ended.

One platform serves all of these tests, so they run in order in one process. The clock is moved for everybody at once:
the agreements go through the same days side by side, and each test looks at one wallet on one of them.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.journeys.agency import Agency, Owed
from tests.journeys.payer import Payer
from tests.journeys.people import Staff
from tests.journeys.stack import eventually

pytestmark = pytest.mark.browser

TO_PAY = [
    Owed(reference="ONCE-1", wallet="alipay", currency="CNY", country="CN", balance="1810.50"),
    Owed(reference="ONCE-2", wallet="wechat", currency="CNY", country="CN", balance="1820.50"),
    Owed(reference="ONCE-3", wallet="bank_gateway", currency="CNY", country="CN", balance="1830.50"),
    Owed(reference="ONCE-4", wallet="stripe", currency="EUR", country="DE", balance="184.50"),
    Owed(reference="ONCE-5", wallet="paypal", currency="USD", country="US", balance="185.50"),
    Owed(reference="ONCE-6", wallet="mpesa", currency="KES", country="KE", balance="18600.00"),
    Owed(reference="ONCE-7", wallet="usdt_eth", currency="USD", country="HK", balance="187.50"),
    Owed(reference="ONCE-8", wallet="usdt_tron", currency="HKD", country="HK", balance="1880.50"),
]
# On Stripe's page: what the payer chooses there, and how receipt and history name it.
INSIDE = {
    "apple_pay": "Apple Pay, Visa ending 4242",
    "google_pay": "Google Pay, Visa ending 4242",
    "link": "Link",
    "alipay": "Alipay",
    "wechat_pay": "WeChat Pay",
}
INSIDE_STRIPE = [
    Owed(reference=f"WAY-{way}", wallet="stripe", currency="EUR", country="DE", balance=f"19{number}.50", way=way)
    for number, way in enumerate(INSIDE)
]
BY_BANK = {
    name: Owed(reference=f"BANK-{name}", wallet="stripe", currency="EUR", country="DE", balance=sum_, way="sepa_debit")
    for name, sum_ in (("settle", "201.50"), ("fail", "202.50"))
}
IN_PARTS = [
    Owed(reference="PART-1", wallet="alipay", currency="CNY", country="CN", balance="610.00"),
    Owed(reference="PART-2", wallet="wechat", currency="CNY", country="CN", balance="620.00"),
    Owed(reference="PART-3", wallet="stripe", currency="HKD", country="HK", balance="630.00"),
    Owed(reference="PART-4", wallet="paypal", currency="TWD", country="TW", balance="6300.00"),
    Owed(reference="PART-6", wallet="mpesa_ratiba", currency="KES", country="KE", balance="6600.00"),
    Owed(reference="PART-7", wallet="stripe", currency="EUR", country="HK", balance="670.00", way="sepa_debit"),
]
# Keeps the agreement: when its second instalment is debited, the others have had their chance to be.
NEIGHBOUR = Owed(reference="PART-5", wallet="alipay", currency="CNY", country="CN", balance="650.00")
ENDS_IN_THE_WALLET = ("wechat", "stripe")
# Paid with the wallet's app from a code on another screen.
SCANNED = ("bank_gateway",)
# Debits by its own schedule, and only the payer can stop it.
DEBITS_ITSELF = ("mpesa_ratiba",)
BETWEEN_INSTALMENTS, NOTICE = timedelta(days=30), timedelta(days=3)
# A monthly order may come later than thirty days.
LONGER_MONTH = timedelta(days=2)
# Wherever debtors in parts live, from Nairobi to Taipei, this is an hour for debits and messages.
DAYTIME = time(15, 30, tzinfo=ZoneInfo("Asia/Taipei"))
each = pytest.mark.parametrize("owed", IN_PARTS, ids=str)


@pytest.fixture(scope="module")
def agency(stack, tmp_path_factory) -> Agency:
    everybody = [*TO_PAY, *INSIDE_STRIPE, *BY_BANK.values(), *IN_PARTS, NEIGHBOUR]
    stack.manage("create_user", "ada@agency.example", "--role", "admin", "--name", "Ada Admin")
    stack.signs_policies(*sorted({owed.country for owed in everybody}))
    made = Agency(stack)
    made.places(everybody, tmp_path_factory.mktemp("placement"))
    return made


@pytest.fixture(scope="module")
def agent(stack, browser) -> Staff:
    person = Staff(stack, browser)
    person.signs_in()
    return person


@pytest.fixture(scope="module")
def visits(agency, browser):
    """A debtor of the agency with the page of their link open, the same one each time."""
    open_pages: dict[str, Payer] = {}

    def visit(owed: Owed) -> Payer:
        if owed.reference not in open_pages:
            at_a_desk = owed.wallet in SCANNED
            open_pages[owed.reference] = Payer(agency.stack, browser, agency.link(owed), at_a_desk=at_a_desk)
        return open_pages[owed.reference]

    yield visit
    for payer in open_pages.values():
        payer.leaves()


class Days:
    """Moves the shared clock to a day of the agreements, once, after everybody has done what comes before it."""

    def __init__(self, agency: Agency, visits: Any) -> None:
        self.agency, self.visits = agency, visits
        self.first: dict[str, str] = {}
        self.counted: dict[str, int] = {}
        self.reached = date.min

    def sign(self, owed: Owed) -> None:
        self.counted.setdefault(owed.wallet, self.agency.debits(owed.wallet))
        first = min(self.first.values(), default="")
        self.first[owed.reference] = self.visits(owed).agrees_to_instalments_with(
            owed.wallet, first=first, way=owed.way
        )
        self.agency.waits_for(lambda: self.visits(owed).sees_the_agreement(), what=f"{owed.wallet}'s agreement")

    def due(self, number: int) -> date:
        return date.fromisoformat(min(self.first.values())) + number * BETWEEN_INSTALMENTS

    def come_to(self, day: date) -> None:
        if day > self.reached:
            self.agency.moves_the_clock_to(datetime.combine(day, DAYTIME))
            self.reached = day

    def wallet_runs(self, owed: Owed) -> None:
        if owed.wallet in DEBITS_ITSELF:
            self.visits(owed).looks_at_the_phone()

    def bank_pays(self, owed: Owed) -> list[dict[str, Any]]:
        """A bank that was asked takes days: it is said to have paid as soon as it works on it."""
        if owed.way:
            self.agency.bank_answers(owed.wallet, "settle")
        return self.debits(owed)

    def notices(self, owed: Owed) -> list[dict[str, Any]]:
        mails = self.agency.stack.messages(to=owed.email, channel="email")
        return [mail for mail in mails if "will be debited" in mail["subject"]]

    def debits(self, owed: Owed) -> list[dict[str, Any]]:
        return [payment for payment in self.agency.payments(owed) if payment["state"] != "open"]


@pytest.fixture(scope="module")
def days(agency, visits) -> Days:
    return Days(agency, visits)


def signed(days: Days, owed: Owed) -> None:
    if owed.reference not in days.first:
        pytest.fail(f"nothing was signed with {owed.wallet}: see the test of the signature")


@pytest.mark.parametrize("owed", [*TO_PAY, *INSIDE_STRIPE], ids=str)
def test_a_debtor_pays_from_the_link_with_the_wallet(agency, agent, visits, owed):
    before, payer = agency.debits(owed.wallet), visits(owed)
    payer.pays_with(owed.wallet, owed.way)
    assert agency.debits(owed.wallet) == before + 1
    (payment,) = agency.payments(owed)
    assert (payment["state"], payment["source"]) == ("succeeded", "link")
    assert (payment["amount_minor"], payment["currency"]) == (owed.minor, owed.currency)
    account = agency.account(owed)
    assert (account["status"], account["balance_minor"]) == ("paid", 0)
    receipt, words = payer.looks_at_the_receipt(), INSIDE.get(owed.way, "")
    assert payment["reference"] in receipt and f"{words}\n" in receipt
    seen = agent.looks_at_the_account(account["reference"])
    assert seen.count(payment["reference"]) == 1 and "nothing owed" in seen and words in seen


@pytest.mark.parametrize("outcome", BY_BANK)
def test_a_bank_debit_is_paid_only_when_the_bank_says_so(agency, agent, visits, outcome):
    owed, payer = BY_BANK[outcome], visits(BY_BANK[outcome])
    before = agency.debits(owed.wallet)
    payer.pays_with(owed.wallet, owed.way, until="text=accepted, not paid yet")
    assert agency.debits(owed.wallet) == before and agency.account(owed)["balance_minor"] == owed.minor
    assert [payment["state"] for payment in agency.payments(owed)] == ["open"]
    agency.bank_answers(owed.wallet, outcome, code="account_closed")
    (payment,) = eventually(lambda: [one for one in agency.payments(owed) if one["state"] != "open"], what="the end")
    account, words = agency.account(owed), "SEPA direct debit ending 3000"
    if outcome == "settle":
        assert (payment["state"], account["balance_minor"]) == ("succeeded", 0)
        payer.page.reload()
        assert words in payer.looks_at_the_receipt()
    else:
        assert (payment["state"], account["balance_minor"]) == ("failed", owed.minor)
        payer.page.reload()
        seen = payer.page.inner_text("main")
        assert "No money moved" in seen and "The wallet account is closed" in seen
    assert agency.debits(owed.wallet) == before + (outcome == "settle")
    assert words in agent.looks_at_the_account(account["reference"])


@pytest.mark.parametrize("owed", [*IN_PARTS, NEIGHBOUR], ids=[*map(str, IN_PARTS), "neighbour"])
def test_instalments_are_agreed_and_signed_in_the_wallet(agency, days, owed):
    days.sign(owed)
    assert agency.payments(owed) == [] and agency.debits(owed.wallet) == days.counted[owed.wallet]


@each
def test_the_debtor_is_told_before_money_is_taken(agency, days, owed):
    signed(days, owed)
    days.come_to(days.due(0) - NOTICE)
    agency.waits_for(lambda: days.notices(owed), what=f"the notice of {owed.wallet}'s debit")
    assert agency.payments(owed) == []


@each
def test_the_agreed_instalment_is_debited_once(agency, agent, days, owed):
    signed(days, owed)
    days.come_to(days.due(0))
    days.wallet_runs(owed)
    agency.waits_for(lambda: days.bank_pays(owed), what=f"{owed}'s debit")
    (payment,) = agency.payments(owed)
    source = "scheduled" if owed.wallet in DEBITS_ITSELF else "debit"
    assert (payment["state"], payment["source"]) == ("succeeded", source)
    account = agency.account(owed)
    assert account["balance_minor"] == owed.minor - payment["amount_minor"] > 0
    assert len(days.notices(owed)) == 1
    assert payment["reference"] in agent.looks_at_the_account(account["reference"])


@each
def test_the_debtor_ends_the_agreement_with_one_button(agency, visits, days, owed):
    signed(days, owed)
    payer = visits(owed)
    if owed.wallet in ENDS_IN_THE_WALLET:
        payer.ends_it_in_the_wallet(owed.wallet, owed.way)
    else:
        payer.ends_the_agreement_here()
    if owed.wallet in DEBITS_ITSELF:
        assert "*334#" in payer.page.inner_text("main"), "nobody says how to end it on the phone"
        payer.ends_the_order_on_the_phone()
    agency.waits_for(lambda: not payer.sees_the_agreement(), what=f"the end of {owed.wallet}'s agreement")


def test_after_the_end_nobody_is_debited_but_who_still_agrees(agency, days):
    signed(days, NEIGHBOUR)
    days.come_to(days.due(1) - NOTICE)
    agency.waits_for(lambda: len(days.notices(NEIGHBOUR)) == 2, what="the neighbour's second notice")
    days.come_to(days.due(1))
    agency.waits_for(lambda: len(days.debits(NEIGHBOUR)) == 2, what="the neighbour's second debit")


@each
def test_an_ended_agreement_takes_nothing_more(agency, days, owed):
    signed(days, owed)
    if owed.wallet in DEBITS_ITSELF:
        days.come_to(days.due(1) + LONGER_MONTH)
        days.wallet_runs(owed)
    assert len(agency.payments(owed)) == 1 and len(days.notices(owed)) == 1
    same = [one for one in (*IN_PARTS, NEIGHBOUR) if one.wallet == owed.wallet]
    assert agency.debits(owed.wallet) == days.counted[owed.wallet] + sum(len(agency.payments(one)) for one in same)


def test_the_books_agree(agency):
    agency.stack.manage("check_ledger")
    agency.stack.manage("verify_events")
