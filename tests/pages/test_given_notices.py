"""The staff pages of notices by others: what is asked and blocked, the record, the second person, a whole placement."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from common.clock import today
from compliance.given_notices import record_notice
from compliance.models import GivenNotice
from tests import factories
from tests.compliance.test_given_notices import PDF, owing, placement, told

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def law(db):
    factories.round_the_clock()


def filled(**more):
    fields = {
        "kind": "agency_referral_notice", "given_by": "Harbour Bank", "given_on": today().isoformat(), "way": "letter",
        "reference": "HB-17", "token": "form-1",
    }  # fmt: skip
    return fields | more


def test_an_agent_reads_what_is_blocked_records_the_notice_and_a_lead_confirms_it(agent, lead, sign_in):
    account = owing()
    page = reverse("given_notice_account", args=[account.reference])
    client = sign_in(agent)
    assert page in client.get(reverse("account_page", args=[account.reference])).content.decode()
    html = client.get(page).content.decode()
    assert "The notice that an agency collects" in html and "Until then nothing of this goes by machine" in html
    file = SimpleUploadedFile("letter.pdf", PDF)
    assert client.post(page, filled(document=file)).status_code == 302
    notice = GivenNotice.objects.get()
    confirm = reverse("given_notice_confirm", args=[notice.pk])
    assert client.get(confirm).status_code == 403
    assert sign_in(lead).post(confirm, {"token": "yes"}).status_code == 302
    notice.refresh_from_db()
    assert notice.confirmed_by == lead
    saved = client.get(reverse("given_notice_document", args=[notice.pk]))
    assert saved.content == PDF and saved["Content-Type"] == "application/octet-stream"
    assert saved["Content-Disposition"].startswith("attachment") and "sandbox" in saved["Content-Security-Policy"]
    assert saved["X-Content-Type-Options"] == "nosniff"


def test_a_form_without_evidence_comes_back_with_what_to_do(agent, sign_in):
    account = owing()
    page = reverse("given_notice_account", args=[account.reference])
    answer = sign_in(agent).post(page, filled(reference=""))
    assert answer.status_code == 422 and "upload a copy" in answer.content.decode()
    assert sign_in(agent).post(page, filled(kind="made_up")).status_code == 422
    assert not GivenNotice.objects.exists()


def test_taking_back_wants_a_reason(agent, lead, sign_in):
    notice = record_notice(owing(), told(), by=agent)
    page, client = reverse("given_notice_take_back", args=[notice.pk]), sign_in(lead)
    assert client.post(page, {"token": "t", "why": " "}).status_code == 422
    client.post(page, {"token": "t", "why": "Another customer's"})
    html = client.get(reverse("given_notice_list"), {"state": "taken_back"}).content.decode()
    assert "Another customer&#x27;s" in html


def test_a_placement_is_counted_before_anything_is_written(lead, admin, sign_in):
    within = placement()
    accounts = [owing(within=within) for _ in range(3)]
    client, page = sign_in(lead), reverse("given_notice_placement") + f"?portfolio={within.pk}"
    (dry,) = [covered for one, covered in client.get(page).context["dry"] if one.kind == "agency_referral_notice"]
    assert (dry.accounts, dry.new) == (3, 3) and not GivenNotice.objects.exists()
    assert client.post(page, filled()).status_code == 302
    notice = GivenNotice.objects.get()
    confirm = reverse("given_notice_confirm", args=[notice.pk])
    html = sign_in(admin).get(confirm).content.decode()
    assert "3 accounts get their line." in html
    sign_in(admin).post(confirm, {"token": "yes"})
    shown = client.get(reverse("given_notice_account", args=[accounts[2].reference])).context
    assert [row["notice"] for row in shown["rows"]] == [notice]
    assert all(one.given for one in shown["asked"] if one.kind == "agency_referral_notice")


def test_an_agent_has_no_page_for_placements_and_a_creditor_has_none_at_all(agent, bank_user, account, sign_in):
    assert sign_in(agent).get(reverse("given_notice_placement")).status_code == 403
    assert sign_in(bank_user).get(reverse("given_notice_list")).status_code == 403
    assert sign_in(bank_user).get(reverse("given_notice_account", args=[account.reference])).status_code == 403
