"""Stripe's webhooks: public vectors, the clock both ways, and what an event becomes."""

import hmac
import json
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from common.http import run
from common.money import Money
from tests.wallets.stripe_fixtures import stripe, stripe_sandbox
from wallets.providers.base import EventKind, HttpIn, InvalidWebhook, MandateState, PaymentState, RefundState
from wallets.providers.stripe import webhook
from wallets.providers.stripe.webhook import Addressee

__all__ = ["stripe", "stripe_sandbox"]

NOW = 1_800_000_000
SECRET = "whsec_made_for_this_test"


@pytest.fixture
def vector(shared: Path):
    folder = shared / "vectors" / "stripe"
    if not folder.is_dir():
        pytest.skip("the public Stripe vectors are not beside this checkout")
    return lambda name: json.loads((folder / name).read_text())


def addressee(secret=SECRET, account="", livemode=False):
    return Addressee(secrets=tuple(secret.split()), account=account, livemode=livemode)


def at(seconds):
    return datetime.fromtimestamp(seconds, UTC)


def call(payload, header):
    return HttpIn(method="POST", path="/", body=payload.encode(), headers={"stripe-signature": header})


def signed(payload, moment=NOW, secret=SECRET):
    digest = hmac.new(secret.encode(), f"{moment}.{payload}".encode(), sha256).hexdigest()
    return call(payload, f"t={moment},v1={digest}")


def event(kind="payment_intent.succeeded", about=None, **changes):
    fields = {"id": "evt_1", "object": "event", "type": kind, "livemode": False, "created": NOW}
    return json.dumps({**fields, "data": {"object": about or intent()}, **changes})


def intent(**changes):
    fields = {"id": "pi_1", "object": "payment_intent", "amount": 1250, "currency": "eur", "status": "succeeded"}
    return {**fields, "metadata": {"attempt_id": "A1", "flow": "off_session"}, **changes}


def read(inbound, who=None, now=NOW, marks=None):
    return webhook.events(inbound, who or addressee(), at(now), marks or {})


def test_the_public_signature_is_accepted_at_its_time_and_its_second_scheme_ignored(vector):
    case = vector("webhook_signature_static.json")
    who = addressee(case["secret"], account="acct_123")
    (said,) = read(call(case["payload"], case["header"]), who, case["timestamp"])
    assert (said.kind, said.dedupe_key, said.type) == (EventKind.OTHER, "evt_123", "invoiceitem.created")


@pytest.mark.parametrize("seconds", [301, -301, 300, -300])
def test_the_public_signature_is_refused_at_another_time(vector, seconds):
    case = vector("webhook_signature_static.json")
    with pytest.raises(InvalidWebhook, match="future"):
        read(call(case["payload"], case["header"]), addressee(case["secret"], "acct_123"), case["timestamp"] + seconds)


def test_only_the_second_scheme_is_no_signature(vector):
    case = vector("webhook_signature_static.json")
    header = case["header"].replace("v1=", "v2=")
    with pytest.raises(InvalidWebhook, match="not signed"):
        read(call(case["payload"], header), addressee(case["secret"], "acct_123"), case["timestamp"])


def test_every_public_negative_case_behaves_as_published(vector):
    cases = vector("webhook_negative_cases.json")
    payload, secret = cases["payload"], cases["secret"]
    for case in cases["cases"]:
        age = 15 if "{now-15}" in case["header"] else 0
        moment = NOW - age
        good = hmac.new(secret.encode(), f"{moment}.{payload}".encode(), sha256).hexdigest()
        header = case["header"].replace("{now-15}", str(moment)).replace("{now}", str(NOW)).replace("{good}", good)
        # Our tolerance is fixed: the case with ten seconds is asked as far outside of ours.
        late = NOW + (webhook.TOLERANCE_SECONDS if "tolerance" in case else 0)
        with pytest.raises(InvalidWebhook) as refusal:
            read(call(payload, header), addressee(secret), late)
        # The published payload is no whole event: getting that far is what "ok" means here.
        assert ("signed" not in refusal.value.message) is bool(case.get("ok")), case


@pytest.mark.parametrize("seconds", [0, 299, -299])
def test_a_notice_is_good_for_five_minutes_either_way(seconds):
    (said,) = read(signed(event()), now=NOW + seconds)
    assert (said.payment.state, said.payment.amount) == (PaymentState.SUCCEEDED, Money(1250, "EUR"))


@pytest.mark.parametrize("seconds", [300, -300, 10**9, -(10**9)])
def test_a_notice_outside_of_five_minutes_is_refused(seconds):
    with pytest.raises(InvalidWebhook):
        read(signed(event()), now=NOW + seconds)


def test_while_a_secret_is_being_replaced_both_are_good():
    who = addressee(f"whsec_new {SECRET}")
    assert read(signed(event()), who)
    assert read(signed(event(), secret="whsec_new"), who)
    with pytest.raises(InvalidWebhook):
        read(signed(event(), secret="whsec_old"), who)


@pytest.mark.parametrize("changes", [{"livemode": True}, {"livemode": None}, {"account": "acct_2"}])
def test_an_event_of_another_mode_or_account_is_refused(changes):
    with pytest.raises(InvalidWebhook, match="another account"):
        read(signed(event(**changes)))


def test_an_event_of_our_connected_account_is_ours_and_one_without_account_is_not():
    who = addressee(account="acct_1")
    assert read(signed(event(account="acct_1")), who)
    with pytest.raises(InvalidWebhook):
        read(signed(event()), who)


@pytest.mark.parametrize(
    "payload",
    [
        "[]", "null", "7", "{}", '{"object":"event"}', "[" * 60_000, '{"object":"event","livemode":false}',
        event(id=""), event(id=7), event(data=[]), event(data={"object": []}), event(about=intent(amount="12")),
        event(about=intent(amount=1.5)), event(about=intent(currency=None)), event(about=intent(amount=10**400)),
    ],
)  # fmt: skip
def test_a_signed_event_that_makes_no_sense_is_refused_and_nothing_worse(payload):
    with pytest.raises(InvalidWebhook):
        read(signed(payload))


@pytest.mark.parametrize("header", ["", "t=,v1=", "t=x,v1=y", "v1", "t=1" * 5000, "t=٣,v1=a", "\x00", "t=-5,v1=a"])
def test_a_header_that_is_none_is_refused(header):
    with pytest.raises(InvalidWebhook):
        read(call(event(), header))


def test_an_unknown_status_is_an_unknown_outcome():
    (said,) = read(signed(event(about=intent(status="on_the_moon"))))
    assert said.payment.state is PaymentState.UNKNOWN


def test_an_unlisted_decline_of_a_debit_is_an_unknown_outcome_and_a_listed_one_a_failure():
    def state(code):
        error = {"type": "card_error", "code": "card_declined", "decline_code": code}
        about = intent(status="requires_payment_method", last_payment_error=error)
        return read(signed(event("payment_intent.payment_failed", about)))[0].payment.state

    assert (state("moon_phase"), state("insufficient_funds")) == (PaymentState.UNKNOWN, PaymentState.FAILED)


def test_a_failed_try_on_a_page_is_not_the_end_of_the_payment():
    about = intent(status="requires_payment_method", metadata={"attempt_id": "A1", "flow": "checkout"})
    (said,) = read(signed(event("payment_intent.payment_failed", about)))
    assert said.payment.state is PaymentState.REQUIRES_ACTION


def test_a_payment_that_is_not_ours_is_none_of_our_business():
    (said,) = read(signed(event(about=intent(metadata={}))))
    assert (said.kind, said.payment) == (EventKind.OTHER, None)


def test_what_is_kept_of_an_event_has_no_personal_data():
    about = intent(receipt_email="jane@example.com", shipping={"name": "Jane"}, description="Jane's debt")
    (said,) = read(signed(event(about=about)))
    assert "ane" not in repr(said.facts)
    assert said.confirm_first


def test_an_ended_sepa_mandate_and_a_detached_method_are_revocations():
    ended = {"object": "mandate", "id": "mandate_1", "payment_method": "pm_1", "status": "inactive"}
    gone = {"object": "payment_method", "id": "pm_2", "customer": None}
    (first,) = read(signed(event("mandate.updated", ended)))
    (second,) = read(signed(event("payment_method.detached", gone)))
    assert [one.mandate.mandate_ref for one in (first, second)] == ["pm_1", "pm_2"]
    assert {one.mandate.state for one in (first, second)} == {MandateState.REVOKED}


def test_a_refund_that_bounced_later_is_a_failed_refund():
    marks = {"attempt_id": "A1", "refund_ref": "R1"}
    about = {"object": "refund", "id": "re_1", "amount": 5, "currency": "eur", "status": "failed", "metadata": marks}
    (said,) = read(signed(event("refund.failed", about)))
    assert (said.refund.state, said.refund.refund_ref, said.confirm_first) == (RefundState.FAILED, "R1", True)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("needs_response", PaymentState.REVERSED),
        ("lost", PaymentState.REVERSED),
        ("won", PaymentState.UNKNOWN),
        ("warning_needs_response", PaymentState.UNKNOWN),
    ],
)
def test_a_dispute_reverses_only_when_the_money_is_gone(status, state):
    about = {"object": "dispute", "id": "du_1", "payment_intent": "pi_1", "amount": 5, "currency": "eur"}
    (said,) = read(signed(event("charge.dispute.created", {**about, "status": status})), marks={"pi_1": "A1"})
    assert (said.payment.state, said.payment.merchant_ref, said.confirm_first) == (state, "A1", True)


def test_a_dispute_learns_whose_payment_it_is_about_before_it_is_read(stripe):
    paid = stripe.paid()
    stripe.reverse(paid.merchant_ref)
    stripe.receiver.wait(2)
    dispute = next(one for one in stripe.receiver.calls if b"charge.dispute.created" in one.body)
    assert stripe.provider.parse_webhook(dispute)[0].payment.merchant_ref == ""
    run(stripe.provider.prepare_webhook(dispute))
    assert stripe.provider.parse_webhook(dispute)[0].payment.merchant_ref == paid.merchant_ref
    assert stripe.provider.prepare_webhook(dispute) is None


def test_a_forged_dispute_makes_us_ask_nothing(stripe):
    stripe.paid()
    assert stripe.provider.prepare_webhook(signed(event("charge.dispute.created", {"payment_intent": "pi_1"}))) is None


def test_the_platform_is_subscribed_to_every_event_it_reads():
    from wallets.sandbox.stripe.events import SUBSCRIBED

    assert frozenset(webhook.EVENTS) == SUBSCRIBED
