"""Carol Diaz in Texas owes a collector: her notice adds up to the ledger, in three languages, and goes as a letter."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from yaml import safe_load

from common.clock import now, today
from common.errors import Conflict, InvalidInput
from compliance.pack_register import SHIPPED
from compliance.packs.calendars import add_business_days
from payments.disputes.validation import FIELDS, first_day, itemise, make_notice, needs_notice, period_end
from payments.documents.validation_words import FOLDER, words_of
from payments.ledger import Line, post_entry
from payments.models import ValidationNotice
from payments.services import create_link
from reminders.letters.printing import batch_pdf
from reminders.letters.services import make_batch
from reminders.models import Message
from tests import factories
from tests.disputes.cast import read
from tests.pages.conftest import signed_in
from tests.pages_debtor.helpers import Debtor
from tests.reminders.test_conversations import dispatch_all

DAYS = st.dates(date(2026, 1, 1), date(2026, 3, 1))
KINDS = ("placement", "balance_adjustment", "accrual", "fee", "replay", "payment", "payment_reversal", "waiver",
         "write_off", "direct_payment")  # fmt: skip
MOVES = st.lists(
    st.tuples(DAYS, st.sampled_from(KINDS), st.sampled_from(("principal", "interest", "fees", "costs")),
              st.integers(-10**9, 10**9)), max_size=20,
)  # fmt: skip


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(moves=MOVES, on=DAYS)
def test_whatever_happened_the_sums_come_to_what_is_owed_and_none_is_negative(moves, on):
    found = itemise(moves, on)
    assert found.then == sum(minor for day, _kind, _part, minor in moves if day <= on)
    assert found.now == sum(minor for *_rest, minor in moves)
    assert min(found.interest, found.fees, found.other, found.credits) >= 0


def test_what_the_document_says_is_what_the_pack_asks_for():
    packs = safe_load((SHIPPED / "us-federal.yaml").read_text())
    rules = {rule["id"]: rule for pack in packs.get("packs", [packs]) for rule in pack["rules"]}
    assert set(rules["US-REGF-VN"]["params"]["fields"]) == FIELDS


@pytest.mark.parametrize("made", [date(2026, 11, 20), date(2026, 12, 24), date(2027, 1, 15)])
def test_the_period_ends_thirty_days_after_five_working_days_and_those_of_our_post(made):
    assert period_end(made) == add_business_days(made, 10, name="us-5usc6103") + timedelta(days=30)
    assert (period_end(made) - made).days >= 44


def test_every_language_says_everything_with_the_same_blanks():
    texts = {path.stem: words_of(path.stem) for path in FOLDER.glob("*.toml")}
    assert set(texts) == {"en", "es", "zh"}
    for words in texts.values():
        assert words.keys() == texts["en"].keys()
        assert words["products"].keys() == texts["en"]["products"].keys()
        for key, text in words.items():
            if key != "products":
                assert set(_blanks(text)) == set(_blanks(texts["en"][key])), key


def _blanks(text: str) -> list[str]:
    from string import Formatter

    return [name for _text, name, *_rest in Formatter().parse(text) if name]


pytestmark = pytest.mark.django_db


@pytest.fixture
def account(db):
    bank = factories.creditor(name="Bank of Rockville", country="US", role="third_party_collector", code="rockville",
                              support_phone="+1 302 555 0100")  # fmt: skip
    carol = factories.debtor(bank, name="Carol Diaz", country="US", time_zone="America/Chicago", birth_year="1985")
    factories.contact_point(carol, kind="address", value="9 Elm Street\nAustin, TX 78701")
    row = factories.account(person=carol, placement=factories.portfolio(bank), currency="USD", balance_minor=223_456)
    _move(row, "accrual", interest=7_500, at=1)
    _move(row, "fee", fees=2_500, at=1)
    _move(row, "payment", principal=-5_000, at=2)
    row.refresh_from_db()
    return row


def _move(account, kind: str, *, at: int, **parts: int) -> None:
    total = sum(parts.values())
    post_entry(
        kind, idempotency_key=f"{kind}:{account.pk}:{at}", creditor_id=account.creditor_id, currency="USD",
        effective_at=now() + timedelta(days=at),
        lines=[*(Line("receivable", minor, account=account, component=part) for part, minor in parts.items()),
               Line("placed", -total)],
    )  # fmt: skip


@pytest.fixture
def late(monkeypatch, account):
    """Three days later: what was posted since counts."""
    from payments.disputes import validation

    day = today() + timedelta(days=3)
    monkeypatch.setattr(validation, "today", lambda: day)
    return account


def made(account, by, on=None, language="en", **fields) -> ValidationNotice:
    row = make_notice(account, basis="last_statement", on=on or first_day(account), language=language, by=by, **fields)
    assert row is not None
    return row


def test_the_example_of_the_model_form_comes_out_as_it_says():
    first, later = today(), today() + timedelta(days=1)
    rows = [
        (first, "placement", "principal", 223_456),
        (later, "accrual", "interest", 7_500),
        (later, "fee", "fees", 2_500),
        (later, "payment", "principal", -5_000),
    ]
    found = itemise(rows, first)
    assert (found.then, found.interest, found.fees, found.credits) == (223_456, 7_500, 2_500, 5_000)
    assert found.now == 228_456


def test_its_sum_is_the_balance_of_the_account(late, agent):
    row = made(late, agent)
    late.refresh_from_db()
    assert row.now_minor == late.balance_minor == 228_456
    assert row.then_minor + row.interest_minor + row.fees_minor + row.other_minor - row.credits_minor == row.now_minor


def test_a_notice_that_does_not_add_up_cannot_be_kept(late, agent):
    row = made(late, agent)
    with pytest.raises(IntegrityError), transaction.atomic():
        ValidationNotice.objects.filter(pk=row.pk).update(now_minor=row.now_minor + 1)


def test_it_is_for_collectors_of_people_in_the_united_states_only(account, agent):
    assert needs_notice(account)
    with pytest.raises(Conflict):
        made(factories.account(), agent)
    with pytest.raises(InvalidInput, match="when we got the debt"):
        made(account, agent, on=today() - timedelta(days=400))


def test_without_an_address_of_ours_none_is_made(account, agent, settings):
    settings.COMPANY_ADDRESS = ""
    with pytest.raises(Conflict, match="address of the company"):
        made(account, agent)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["How can you dispute the debt?", "This is not my debt.", "$2,284.56", "– $50.00", "+ $75.00"]),
        ("es", ["¿Cómo puede disputar la deuda?", "Esta deuda no es mía.", "$2,284.56"]),
        ("zh", ["如何对债务提出异议", "这不是我的债务", "2,284.56"]),
    ],
)
def test_she_finds_it_under_documents_in_three_languages(late, agent, settings, language, words):
    settings.PUBLIC_URL = "http://testserver"
    made(late, agent)
    link, url = create_link(late)
    carol = Debtor(late, link, url.rstrip("/").rpartition("/")[2], Client())
    carol.identify()
    assert carol.url("debtor_notice_file", language) in carol.read("debtor_documents")
    answer = carol.open("debtor_notice_file", language)
    text = read(answer.content)
    for each in words:
        assert each in text
    for each in ("Carol Diaz", "9 Elm Street", "PO Box 1200", late.reference, "/dispute/"):
        assert each.replace(" ", "") in text.replace(" ", "").replace("\n", ""), each


def test_whoever_is_not_known_does_not_see_it(late, agent, settings):
    settings.PUBLIC_URL = "http://testserver"
    made(late, agent)
    link, url = create_link(late)
    carol = Debtor(late, link, url.rstrip("/").rpartition("/")[2], Client())
    assert "identity" in carol.open("debtor_notice_file", "en")["Location"]


@pytest.mark.usefixtures("ready")
def test_it_goes_as_a_letter_through_the_gate_and_is_printed_with_its_form(late, agent, lead):
    made(late, agent)
    dispatch_all()
    message = Message.objects.get(purpose="validation_notice")
    assert (message.channel, message.state, message.reason) == ("letter", "sent", "")
    text = read(batch_pdf(make_batch(by=lead)))
    assert "Notice about account" in text
    assert "How do you want to respond?" in text
    assert "$2,284.56" in text


def test_an_agent_makes_it_once_on_its_page_and_saves_it(late, agent):
    url = reverse("validation_page", args=[late.reference])
    desk = signed_in(agent)
    form = {"basis": "charge_off", "on": first_day(late).isoformat(), "language": "es", "token": "v"}
    for _time in range(2):
        assert desk.post(url, form).status_code == 302
    row = ValidationNotice.objects.get()
    assert row.reference in desk.get(url).content.decode()
    answer = desk.get(reverse("validation_file", args=[late.reference, row.pk, "zh"]))
    assert answer.content.startswith(b"%PDF")
    assert desk.post(url, form | {"on": "2001-01-01", "token": "w"}).status_code == 422
