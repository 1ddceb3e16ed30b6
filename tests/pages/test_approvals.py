"""One list of everything that waits for a second person; who asked is told that somebody else decides."""

from __future__ import annotations

import pytest
from django.urls import reverse

from common.clock import today
from compliance.models import PolicyPack
from payments.guard_rail_changes import ask_for_rail
from payments.models import AccountFact, Payment, Refund
from tests import factories

pytestmark = pytest.mark.django_db


def refund(account, by) -> Refund:
    payment = Payment.objects.create(account=account, amount_minor=500, currency="CNY", source="link", state="failed")
    return Refund.objects.create(
        payment=payment, amount_minor=500, currency="CNY", purpose="overpayment", way="transfer", reason="paid twice",
        requested_by=by, merchant_reference="r1",
    )  # fmt: skip


def rows(client):
    return client.get(reverse("approval_list")).context["rows"]


def test_a_refund_asked_for_by_an_agent_waits_for_a_lead_with_who_when_and_where(account, agent, lead, sign_in):
    asked = refund(account, agent)
    (row,) = rows(sign_in(lead))
    assert (row.asked_by, row.mine, row.href) == (agent, False, reverse("refund_page", args=[asked.reference]))
    assert "paid twice" in row.about


def test_who_asked_is_told_that_somebody_else_decides(account, lead, sign_in):
    refund(account, lead)
    html = sign_in(lead).get(reverse("approval_list")).content.decode()
    assert "You: somebody else decides" in html
    assert "<button" not in html[html.index("<tbody>") : html.index("</tbody>")]


def test_each_sees_what_their_role_decides(account, admin, lead, sign_in):
    PolicyPack.objects.all().delete()
    signer = factories.user(role="compliance", name="Sig")
    PolicyPack.objects.create(pack_id="x", version="1", title="Quiet hours", body={}, digest="d", proposed_by=admin)
    assert [row.about for row in rows(sign_in(signer))] == ["Quiet hours"]
    assert rows(sign_in(lead)) == []


def test_a_correction_and_a_guard_rail_wait_where_they_are_decided(account, agent, lead, admin, sign_in):
    AccountFact.objects.create(
        account=account, kind="waiver", on=today(), component="fees", amount_minor=500, reason="charged twice",
        requested_by=agent, needs_second=True,
    )  # fmt: skip
    bounds = {"least_units": 50, "most_parts": 6, "longest_days": 300, "down_basis_points": 0, "beyond": "nobody"}
    scope = {"creditor_id": account.creditor_id, "currency": "", "from_units": 0}
    ask_for_rail(scope, bounds, first_day=today(), reason="agreed with the bank", by=admin)
    client = sign_in(lead)
    found = rows(client)
    assert [(row.asked_by, row.href) for row in found] == [
        (agent, reverse("account_correction", args=[account.reference])), (admin, reverse("guard_rails")),
    ]  # fmt: skip
    assert all(client.get(row.href).status_code == 200 for row in found)
    assert "charged twice" in found[0].about and "agreed with the bank" in found[1].about
