"""Agreements for automatic payments: evidence kept, signed in the wallet, ended by either side."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError

from common.clock import today
from common.errors import InvalidInput
from common.money import Money
from payments.models import ProviderEvent
from payments.services import apply_waiting_events
from tests.payments.helpers import EVIDENCE, TERMS, kinds, signed_mandate
from wallets.models import Mandate
from wallets.services import (
    MandateExists,
    apply_mandate_notice,
    propose_mandate,
    refresh_mandate,
    revoke_mandate,
    start_mandate,
    tell_providers_of_endings,
)

BACK = "http://127.0.0.1/back"


@pytest.fixture(autouse=True)
def no_broker(monkeypatch):
    monkeypatch.setattr("payments.tasks.enqueue_event", lambda event_id: None)


def proposed(account, **changes):
    wanted = {
        "cap": Money(50_000, "CNY"),
        "first_debit_on": today() + timedelta(days=3),
        "period": 30,
        "evidence": EVIDENCE,
        "terms": TERMS,
    }
    return propose_mandate(account, "alipay", **wanted | changes)


def at_the_wallet(wallet):
    return [one["status"] for one in wallet.control.get("alipay/agreements")["agreements"]]


def test_terms_and_evidence_are_kept_as_they_were_shown(account, wallet, alipay):
    mandate = proposed(account)
    assert mandate.terms_text == TERMS.text and mandate.terms_version == "2026-1"
    assert mandate.evidence == EVIDENCE and mandate.state == "pending"


@pytest.mark.parametrize("missing", ["agreed_at", "ip", "user_agent"])
def test_a_mandate_without_evidence_is_refused(account, wallet, alipay, missing):
    with pytest.raises(InvalidInput):
        proposed(account, evidence={**EVIDENCE, missing: ""})
    assert not Mandate.objects.exists()


def test_the_wallets_signed_notice_makes_it_active(account, wallet, alipay):
    mandate = proposed(account)
    wallet.sign(start_mandate(mandate, return_url=BACK).url)
    wallet.deliver()
    mandate.refresh_from_db()
    assert mandate.state == "active" and mandate.provider_reference and mandate.signed_at
    assert kinds(account).count("mandate.signed") == 1
    wallet.hand_over(wallet.notices()[0])
    apply_waiting_events()
    assert kinds(account).count("mandate.signed") == 1


def test_a_refused_signature_leaves_it_waiting(account, wallet, alipay):
    mandate = proposed(account)
    start_mandate(mandate, return_url=BACK)
    assert refresh_mandate(mandate).state == "pending"


def test_one_agreement_at_a_time(account, wallet, alipay):
    signed_mandate(account, wallet)
    with pytest.raises(MandateExists):
        proposed(account)


def test_of_two_signed_agreements_the_second_is_ended_at_the_wallet(account, wallet, alipay):
    first, second = proposed(account), proposed(account)
    wallet.sign(start_mandate(first, return_url=BACK).url)
    wallet.sign(start_mandate(second, return_url=BACK).url)
    refresh_mandate(first)
    assert refresh_mandate(second).state == "revoked"
    assert tell_providers_of_endings() == 1
    assert sorted(at_the_wallet(wallet)) == ["NORMAL", "UNSIGN"]


def test_revoking_counts_at_once_and_the_wallet_is_told(account, wallet, alipay):
    mandate = signed_mandate(account, wallet)
    assert revoke_mandate(mandate, reason="changed my mind")
    assert not revoke_mandate(mandate, reason="again")
    assert mandate.state == "revoked" and at_the_wallet(wallet) == ["NORMAL"]
    assert tell_providers_of_endings() == 1
    assert at_the_wallet(wallet) == ["UNSIGN"] and tell_providers_of_endings() == 0
    assert kinds(account).count("mandate.revoked") == 1


@pytest.mark.parametrize(("confirm", "state"), [(True, "active"), (False, "revoked")])
def test_an_ending_the_wallet_wants_confirmed_is_asked_about_and_any_other_holds_at_once(
    account, wallet, alipay, confirm, state
):
    mandate = signed_mandate(account, wallet)
    said = {"merchant_reference": mandate.merchant_reference, "mandate_ref": mandate.provider_reference}
    changed, _why = apply_mandate_notice(alipay, **said, state="revoked", confirm=confirm)
    mandate.refresh_from_db()
    assert (changed, mandate.state) == (not confirm, state)


def test_the_wallet_is_told_again_when_it_did_not_answer(account, wallet, alipay):
    mandate = signed_mandate(account, wallet)
    revoke_mandate(mandate, reason="changed my mind")
    wallet.control.fault("http_500", method="alipay.user.agreement.unsign")
    assert tell_providers_of_endings() == 0 and tell_providers_of_endings() == 0
    wallet.move_clock(minutes=2)
    assert tell_providers_of_endings() == 1 and at_the_wallet(wallet) == ["UNSIGN"]


def test_an_agreement_signed_after_it_was_revoked_here_is_ended_there(account, wallet, alipay):
    mandate = proposed(account)
    page = start_mandate(mandate, return_url=BACK)
    revoke_mandate(mandate, reason="changed my mind")
    tell_providers_of_endings()
    wallet.sign(page.url)
    wallet.deliver()
    mandate.refresh_from_db()
    assert mandate.state == "revoked" and tell_providers_of_endings() == 1
    assert at_the_wallet(wallet) == ["UNSIGN"]


def test_a_payer_who_unsigns_in_the_wallet_ends_it_here(account, wallet, alipay):
    mandate = signed_mandate(account, wallet)
    wallet.control.user("unsign", agreement_no=mandate.provider_reference)
    wallet.deliver(2)
    mandate.refresh_from_db()
    assert mandate.state == "revoked" and ProviderEvent.objects.get().outcome == "applied"
    assert "mandate.revoked" in kinds(account)


def test_a_late_signing_notice_does_not_bring_an_ended_agreement_back(account, wallet, alipay):
    mandate = signed_mandate(account, wallet)
    signing = wallet.notices()[0]
    wallet.control.user("unsign", agreement_no=mandate.provider_reference)
    wallet.deliver(2)
    wallet.hand_over(signing)
    apply_waiting_events()
    mandate.refresh_from_db()
    assert mandate.state == "revoked"


def test_the_database_allows_one_live_agreement_per_account(account, wallet, alipay):
    signed_mandate(account, wallet)
    other = Mandate.objects.get()
    other.pk, other.merchant_reference, other.provider_reference = None, "another", ""
    with pytest.raises(IntegrityError):
        other.save()
