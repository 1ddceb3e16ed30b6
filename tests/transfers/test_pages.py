"""Alice writes a transfer down on the page, Lena confirms it; forms that come twice, and people who may not."""

from __future__ import annotations

import pytest
from django.urls import reverse

from common.clock import today
from payments.models import BankTransfer, Payment
from tests import factories
from tests.pages.conftest import plain_ground, signed_in
from tests.transfers.cast import confirmed, done, lies, owed_on, question, recorded

pytestmark = pytest.mark.django_db
__all__ = ["plain_ground"]


def filled(**given) -> dict[str, str]:
    first = {"token": "t1", "amount": "250.00", "currency": "CNY", "value_date": today().isoformat()}
    return first | {"bank_reference": "HB-77", "payer_name": "WANG FANG", "remark": "", "account": ""} | given


def page(client, row) -> str:
    return client.get(reverse("bank_transfer_page", args=[row.reference])).content.decode()


def confirm(client, row, step=None):
    address = reverse("bank_transfer_confirm", args=[row.reference])
    return client.post(address, {"step": (step or question(row)).pk}, follow=True)


def act(client, row, action, **given):
    return client.post(reverse("bank_transfer_act", args=[row.reference, action]), {"token": action} | given)


def test_alice_writes_it_down_and_lena_confirms_it(account, agent, lead):
    alice, lena = signed_in(agent), signed_in(lead)
    for _twice in range(2):
        alice.post(reverse("bank_transfer_new"), filled(account=account.reference.lower()))
    row = BankTransfer.objects.get()
    assert "A team lead" not in page(alice, row) and "Somebody else has to confirm it." in page(alice, row)
    assert confirm(alice, row).status_code == 403 and owed_on(account) == 125_000
    assert "Compare it with the bank's statement first." in page(lena, row)
    step = question(row)
    for _twice in range(2):
        confirm(lena, row, step)
    assert owed_on(account) == 100_000 and Payment.objects.count() == 1
    assert "on an account" in page(alice, row)
    payment = alice.get(reverse("payment_page", args=[Payment.objects.get().reference])).content.decode()
    assert row.reference in payment and "our own transfer" in payment


def test_a_lead_does_not_confirm_her_own(account, lead, admin):
    row = recorded(25_000, lead, account=account)
    answer = confirm(signed_in(lead), row).content.decode()
    assert "somebody else has to agree" in answer and owed_on(account) == 125_000
    confirm(signed_in(admin), row)
    assert owed_on(account) == 100_000


def test_an_agent_takes_back_what_is_her_own_and_no_other(account, agent, lead):
    other = factories.user(role="agent")
    row = recorded(25_000, agent, account=account)
    refuse, said = reverse("bank_transfer_refuse", args=[row.reference]), {"token": "r", "note": "not ours"}
    assert signed_in(other).post(refuse, said | {"step": question(row).pk}).status_code == 403
    assert signed_in(agent).post(refuse, {"token": "r", "step": question(row).pk}).status_code == 422
    signed_in(agent).post(refuse, said | {"step": question(row).pk})
    row.refresh_from_db()
    assert row.state == "rejected"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"amount": "0"}, "Enter the amount that arrived."),
        ({"amount": "12.345"}, "decimal"),
        ({"account": "ACC-22222222"}, "There is no such account"),
        ({"value_date": "2999-01-01"}, "This day has not come yet."),
        ({"payer_name": ""}, "required"),
    ],
)
def test_a_mistake_in_the_form_is_told_at_its_field(given, words, account, agent):
    answer = signed_in(agent).post(reverse("bank_transfer_new"), filled(**given))
    assert answer.status_code == 422 and words in answer.content.decode() and not BankTransfer.objects.exists()


def test_the_same_reference_again_names_the_record(account, agent):
    row = recorded(25_000, agent, reference="HB-77")
    answer = signed_in(agent).post(reverse("bank_transfer_new"), filled())
    assert answer.status_code == 422 and row.reference in answer.content.decode()


def test_another_things_number_is_no_accounts(account, agent, lead):
    row = confirmed(recorded(25_000, agent), lead)
    wrong = account.reference.replace("ACC", "PAY")
    answer = act(signed_in(agent), row, "place", account=wrong, reason="she called")
    assert answer.status_code == 422 and "not an account&#x27;s number" in answer.content.decode()


def test_nobodys_money_shows_whose_it_may_be_and_is_put_there_by_two(account, agent, lead):
    row = confirmed(recorded(25_000, agent, payer_name="Zhang", remark=f"for {account.reference}"), lead)
    alice, lena = signed_in(agent), signed_in(lead)
    assert f"?account={account.reference}#place" in page(alice, row)
    for _twice in range(2):
        assert act(alice, row, "place", account=account.reference, reason="she wrote the number").status_code == 302
    confirm(lena, row)
    assert owed_on(account) == 100_000 and lies("suspense") == 0


def test_a_person_is_found_by_the_senders_name(account, agent, lead):
    row = confirmed(recorded(25_000, agent, payer_name=account.debtor.name), lead)
    assert account.reference in page(signed_in(agent), row)


def test_what_goes_back_waits_for_its_number_at_the_bank(agent, lead):
    row = done(confirmed(recorded(25_000, agent), lead), "return", (agent, lead))
    alice = signed_in(agent)
    assert act(alice, row, "sent", reference="").status_code == 422
    for _twice in range(2):
        act(alice, row, "sent", reference="OUT-5")
    row.refresh_from_db()
    assert (row.state, lies("refunds"), lies("trust")) == ("returned", 0, 0) and "OUT-5" in page(alice, row)


def test_a_confirmation_counts_for_what_stood_on_the_page_only(account, agent, lead):
    row = confirmed(recorded(25_000, agent), lead)
    old = row.steps.get()
    act(signed_in(agent), row, "return", reason="nobody knows it")
    answer = confirm(signed_in(lead), row, old).content.decode()
    row.refresh_from_db()
    assert row.state == "suspense" and "decided already" in answer


def test_the_list_is_filtered_and_its_numbers_open_it(account, agent, lead):
    placed = confirmed(recorded(10_000, agent, account=account), lead)
    nobodys = confirmed(recorded(20_000, agent, reference="HB 12"), lead)
    waiting = recorded(30_000, agent)
    alice = signed_in(agent)

    def shown(**given):
        found = alice.get(reverse("bank_transfer_list"), given)
        return {row.pk for row, *_rest in found.context["rows"]}

    assert shown() == {nobodys.pk, waiting.pk} and shown(show="all") == {placed.pk, nobodys.pk, waiting.pk}
    assert shown(show="confirm") == {waiting.pk} and shown(show="placed") == {placed.pk}
    assert shown(show="suspense", currency="CNY") == {nobodys.pk} and shown(show="suspense", owner="me") == set()
    assert shown(show="all", find="hb12") == {nobodys.pk} and shown(show="all", find=placed.reference) == {placed.pk}
    assert shown(show="all", find=account.reference) == {placed.pk} and shown(age="day") == set()
    act(alice, nobodys, "take")
    assert shown(owner="me") == {nobodys.pk}
    text = alice.get(reverse("bank_transfer_list")).content.decode()
    for address in ("?show=confirm", "?show=suspense&amp;currency=CNY", "?show=to_return"):
        assert address in text
    assert "?show=suspense&amp;currency=CNY" in signed_in(lead).get(reverse("trust_page")).content.decode()


def test_a_refund_of_a_transfer_has_its_page(account, agent, lead):
    row = confirmed(recorded(130_000, agent, account=account), lead)
    alice, lena = signed_in(agent), signed_in(lead)
    form = {"token": "f", "amount": "50.00", "purpose": "overpayment", "way": "transfer", "reason": "paid too much"}
    assert alice.post(reverse("refund_new", args=[row.payment.reference]), form).status_code == 302
    refund = row.payment.refunds.get()
    assert lena.get(reverse("refund_page", args=[refund.reference])).status_code == 200
    lena.post(reverse("refund_approve", args=[refund.reference]))
    alice.post(reverse("refund_transfer", args=[refund.reference]), {"token": "g", "reference": "OUT-1"})
    refund.refresh_from_db()
    assert refund.state == "succeeded" and lies("trust") == 125_000
    for step in ("ask", "again", "give-up"):
        answer = alice.post(reverse("refund_act", args=[refund.reference, step]), {"token": step, "note": "why"})
        assert answer.status_code == 302, "no wallet is asked about it"
    assert "50.00" in lena.get(reverse("refund_list"), {"show": "all"}).content.decode()
