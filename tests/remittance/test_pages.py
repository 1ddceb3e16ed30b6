"""The pages: from the draft to the bank's reference, and what a creditor reads of its own."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.models import WebhookDelivery, WebhookEndpoint
from payments.models import CommissionTerms, Posting, Remittance
from payments.remittance import approve, draft_next, mark_paid
from tests import factories
from tests.pages.conftest import plain_ground, signed_in
from tests.remittance.cast import agreed, approved_remittance, at, fee, month, pay

pytestmark = pytest.mark.django_db
__all__ = ["plain_ground"]
TERMS = {
    "token": "t1",
    "currency": "CNY", "valid_from": "2026-01-01", "basis": "tiered", "tiers": "0:15, 90:25.5", "rounding": "half_even",
    "way": "net", "cadence": "weekly", "zone": "Asia/Shanghai",
}  # fmt: skip


@pytest.fixture
def draft(account):
    agreed(account.creditor)
    pay(account, 10_000, month(1))
    return draft_next(account.creditor_id, "CNY")


@pytest.fixture
def bank_user(account):
    return factories.user(role="creditor", name="Ben Bank", creditor=account.creditor)


def address(name, remittance):
    return reverse(name, args=[remittance.reference])


def test_lena_approves_and_adam_pays(draft, lead, admin):
    assert signed_in(lead).post(address("remittance_approve", draft)).status_code == 302
    paid = {"bank_reference": "TRF 7788", "token": "t1"}
    assert signed_in(admin).post(address("remittance_paid", draft), paid).status_code == 302
    draft.refresh_from_db()
    assert (draft.state, draft.approved_by, draft.paid_by) == ("paid", lead, admin)
    assert "TRF 7788" in signed_in(lead).get(address("remittance_page", draft)).content.decode()


def test_lena_cannot_pay_what_she_approved(draft, lead):
    lena = signed_in(lead)
    lena.post(address("remittance_approve", draft))
    page = lena.get(address("remittance_page", draft))
    assert "Somebody else has to pay it" in page.content.decode()
    given = {"bank_reference": "TRF 7788", "token": "t1"}
    assert lena.post(address("remittance_paid", draft), given).status_code == 403


def test_paying_is_a_right_of_its_own(draft, lead, admin):
    """Who may approve may not pay, who may pay may not approve, and an agent may neither."""
    adam, cora = signed_in(admin), signed_in(factories.user(role="compliance"))
    assert adam.post(address("remittance_approve", draft)).status_code == 403
    assert cora.post(address("remittance_approve", draft)).status_code == 302
    given = {"bank_reference": "TRF 7788", "token": "t1"}
    for role in ("agent", "lead", "compliance"):
        assert signed_in(factories.user(role=role)).post(address("remittance_paid", draft), given).status_code == 403
    ben = signed_in(factories.user(role="creditor", creditor=draft.creditor))
    assert ben.post(address("remittance_paid", draft), given).status_code == 403
    assert adam.post(address("remittance_paid", draft), given).status_code == 302


def test_who_drafted_it_cannot_pay_it(account, lead, admin):
    agreed(account.creditor)
    pay(account, 10_000, month(1))
    drafted = draft_next(account.creditor_id, "CNY", by=admin)
    signed_in(lead).post(address("remittance_approve", drafted))
    adam = signed_in(admin)
    assert "You drafted or approved this" in adam.get(address("remittance_page", drafted)).content.decode()
    given = {"bank_reference": "TRF 7788", "token": "t1"}
    assert adam.post(address("remittance_paid", drafted), given).status_code == 409


def test_the_creditor_hears_of_the_pay_out_by_webhook(draft, lead, admin):
    WebhookEndpoint.objects.create(creditor=draft.creditor, url="https://bank.example/hook", secret="s" * 24, kinds=[])
    signed_in(lead).post(address("remittance_approve", draft))
    signed_in(admin).post(address("remittance_paid", draft), {"bank_reference": "TRF 7788", "token": "t1"})
    told = WebhookDelivery.objects.get(kind="remittance.paid").payload["data"]
    assert (told["remittance"], told["payout_minor"], told["bank_reference"]) == (draft.reference, 8_000, "TRF 7788")


def test_what_is_held_for_the_creditor_on_the_page_is_what_the_ledger_says(account, lead, admin):
    agreed(account.creditor)
    pay(account, 10_000, month(2))
    first = draft_next(account.creditor_id, "CNY")
    approve(first, by=lead)
    mark_paid(first, by=admin, bank_reference="TRF 1")
    pay(account, 5_000, month(1))
    second = draft_next(account.creditor_id, "CNY")
    shown = signed_in(lead).get(address("remittance_page", second)).context["notes"]
    held = {row.label: row.amount.minor for row in shown}["Held for the creditor at the end of the period"]
    rows = Posting.objects.filter(
        ledger_account__creditor=account.creditor,
        ledger_account__kind__in=["trust", "clearing"],
        entry__effective_at__lt=at(month(0), 0),
    )
    assert held == sum(rows.values_list("amount_minor", flat=True)) == 15_000


def test_a_payment_without_the_banks_reference_is_asked_for_it(draft, lead, admin):
    signed_in(lead).post(address("remittance_approve", draft))
    answer = signed_in(admin).post(address("remittance_paid", draft), {"bank_reference": "", "token": "t1"})
    assert answer.status_code == 422


def test_each_number_opens_the_lines_behind_it(account, lead, draft):
    lena = signed_in(lead)
    page = lena.get(address("remittance_page", draft))
    assert "?show=commission#lines" in page.content.decode()
    shown = lena.get(address("remittance_page", draft), {"show": "taken_back"})
    assert shown.context["lines"] == []
    assert len(lena.get(address("remittance_page", draft), {"show": "collected"}).context["lines"]) == 1


def test_the_button_drafts_what_is_due(account, lead):
    agreed(account.creditor)
    pay(account, 10_000, month(1))
    signed_in(lead).post(reverse("remittance_draft"))
    assert Remittance.objects.get().drafted_by == lead


def test_a_creditor_sees_its_own_once_it_is_approved(draft, bank_user, lead):
    ben = signed_in(bank_user)
    assert ben.get(address("remittance_page", draft)).status_code == 404
    signed_in(lead).post(address("remittance_approve", draft))
    page = ben.get(address("remittance_page", draft)).content.decode()
    assert "80.00" in page
    assert (lead.name in page, "Cancel this remittance" in page) == (False, False)
    assert draft.reference in ben.get(reverse("remittance_list")).content.decode()


def test_another_creditor_sees_nothing_of_it(account):
    remittance = approved_remittance(account)
    stranger = signed_in(factories.user(role="creditor", creditor=factories.creditor(name="Other Bank")))
    assert stranger.get(address("remittance_page", remittance)).status_code == 404
    assert stranger.get(reverse("remittance_file", args=[remittance.reference, "csv"])).status_code == 404
    assert remittance.reference not in stranger.get(reverse("remittance_list")).content.decode()


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_pdf_is_one_with_our_font_in_both_languages(account, lead, language):
    lead.language = language
    lead.save()
    remittance = approved_remittance(account)
    answer = signed_in(lead).get(
        reverse("remittance_file", args=[remittance.reference, "pdf"]), headers={"accept-language": language}
    )
    assert answer.content.startswith(b"%PDF")
    assert b"NotoSansSC" in answer.content


def test_the_table_sums_to_the_remittance_and_runs_no_formula(account, lead):
    account.creditor_reference = '=HYPERLINK("http://bad.example")'
    account.save()
    pay(account, 333, month(1))
    fee(account, 20, month(1))
    remittance = approved_remittance(account)
    answer = signed_in(lead).get(reverse("remittance_file", args=[remittance.reference, "csv"]))
    import csv
    from decimal import Decimal

    rows = list(csv.DictReader(answer.content.decode("utf-8-sig").splitlines()))
    assert sum(Decimal(row["Commission"]) for row in rows) == remittance.money("commission").to_decimal()
    assert {row["Creditor's reference"][:2] for row in rows if row["Creditor's reference"]} == {"'="}


def test_cora_sets_terms_and_reads_the_old_ones_beside_them(account):
    cora = signed_in(factories.user(role="compliance"))
    agreed(account.creditor, rate=1_000)
    answer = cora.post(reverse("terms_edit", args=[account.creditor.code]), TERMS)
    assert answer.status_code == 302
    terms = CommissionTerms.objects.latest("pk")
    assert (terms.tier_days, terms.tier_rates, terms.zone) == ([0, 90], [1_500, 2_550], "Asia/Shanghai")
    page = cora.get(reverse("terms_edit", args=[account.creditor.code])).content.decode()
    assert "from 90 days 25.5 %" in page and "10 %" in page


@pytest.mark.parametrize(
    "wrong",
    [
        {"tiers": "30:15"},
        {"tiers": "a:b"},
        {"tiers": "0:NaN"},
        {"tiers": ""},
        {"zone": "Mars/Olympus"},
        {"basis": "percent", "percentage": "101"},
        {"basis": "account", "flat": "-3"},
        {"basis": "payment", "flat": "1.234"},
    ],
)
def test_terms_that_make_no_sense_are_refused_with_the_form(account, admin, wrong):
    answer = signed_in(admin).post(reverse("terms_edit", args=[account.creditor.code]), TERMS | wrong)
    assert answer.status_code == 422
    assert not CommissionTerms.objects.exists()


def test_terms_for_days_already_accounted_for_are_refused(draft, admin):
    given = TERMS | {"valid_from": draft.last_day.isoformat()}
    answer = signed_in(admin).post(reverse("terms_edit", args=[draft.creditor.code]), given)
    assert (answer.status_code, "already accounted" in answer.content.decode()) == (422, True)
