"""What is particular to the bank gateway: the record that drives it, and the times it trusts."""

import copy
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from common.http import run
from common.money import Money
from tests.wallets.bank_harness import BankHarness
from tests.wallets.receiver import webhook_receiver
from wallets.providers import registry
from wallets.providers.bank_gateway import record
from wallets.providers.base import (
    ActionKind,
    Capability,
    ConfigError,
    EventKind,
    InvalidWebhook,
    PaymentState,
    RefundState,
    Unsupported,
)
from wallets.sandbox.bank.merchant import RECORD
from wallets.sandbox.testing import running_sandbox


@pytest.fixture(scope="module")
def bank_sandbox(wallet_secrets):
    with running_sandbox(wallet_secrets, only=("bank",)) as running:
        yield running


@pytest.fixture
def bank(bank_sandbox):
    bank_sandbox.control.post("reset")
    with webhook_receiver() as receiver:
        yield BankHarness(bank_sandbox, receiver)


def changed(**changes):
    about = copy.deepcopy(RECORD)
    for name, value in changes.items():
        about[name] = value
    return about


def without(*path):
    about = copy.deepcopy(RECORD)
    place = about
    for name in path[:-1]:
        place = place[name]
    del place[path[-1]]
    return about


def test_a_payment_is_a_code_to_scan_on_every_device(bank):
    for channel in ("phone", "desktop", "qr"):
        action = bank.created(channel=channel).action
        assert (action.kind, bool(action.payload)) == (ActionKind.QR, True)


def test_it_promises_no_mandate(bank):
    for capability in (Capability.MANDATE, Capability.MERCHANT_CHARGE):
        assert not bank.provider.descriptor.can(capability)


def test_what_the_record_does_not_name_cannot_be_done(bank):
    plain = bank.built(record=json.dumps(changed(paths={"create": "/order/qr", "query": "/order/query"})))
    assert not plain.descriptor.can(Capability.REFUND)
    assert not plain.descriptor.can(Capability.CLOSE)
    for asked in (
        lambda: plain.refund(bank.refund_request(bank.paid(), 1)),
        lambda: plain.get_refund("R1", "A1"),
        lambda: plain.close_payment("A1"),
    ):
        with pytest.raises(Unsupported):
            asked()


@pytest.mark.parametrize("missing", [("name",), ("paths",), ("paths", "create"), ("codes", "ok"), ("states",)])
def test_a_record_that_lacks_something_says_what(missing):
    with pytest.raises(ConfigError, match=missing[-1]):
        record.read(without(*missing))


@pytest.mark.parametrize(
    "about",
    [
        changed(paths={**RECORD["paths"], "charge": "/charge"}),
        changed(fields={"amuont": "x"}),
        changed(fields={"amount": "order_no"}),
        changed(states={"PAID": "payed"}),
        changed(codes={**RECORD["codes"], "declines": {"later/never": ["1"]}}),
        changed(amount_unit="float"),
        "not json",
        "[]",
        "7",
    ],
)
def test_a_record_that_makes_no_sense_is_a_configuration_error(about):
    with pytest.raises(ConfigError):
        record.read(about if isinstance(about, str) else json.dumps(about))


def test_a_signature_we_cannot_make_is_refused_by_name(bank):
    with pytest.raises(ConfigError, match="SM2-SM3"):
        bank.built(record=json.dumps(changed(signature="SM2-SM3")))


def test_a_record_may_be_an_object_of_the_settings_file(bank):
    config = replace(bank.config, options={**bank.config.options, "record": RECORD})
    assert registry.build("bank_gateway", config).descriptor.display_name == "Digital yuan"


@pytest.mark.parametrize("name", ["private_key", "bank_public_key"])
def test_a_key_that_is_none_is_a_configuration_error(bank, name):
    (bank.config.secrets_dir / "nokey").write_text("no key")
    config = replace(bank.config, secrets={**bank.config.secrets, name: "nokey"})
    with pytest.raises(ConfigError, match=name):
        registry.build("bank_gateway", config)


def test_amounts_in_whole_units_are_written_with_decimals(bank):
    about = record.read(changed(amount_unit="major"))
    channel = replace(bank.provider._channel, record=about)
    assert channel.amount(Money(1205, "CNY")) == "12.05"


def test_a_notice_is_good_for_five_minutes(bank):
    paid = bank.paid()
    call = bank.receiver.wait()[0]
    (event,) = bank.provider.parse_webhook(call)
    assert (event.kind, event.payment.merchant_ref) == (EventKind.PAYMENT, paid.merchant_ref)
    bank.offset = timedelta(minutes=6)
    with pytest.raises(InvalidWebhook):
        bank.provider.parse_webhook(call)


def test_a_state_nobody_listed_is_unknown(bank):
    payment = bank.paid()
    about = changed(states={"WAIT": "requires_action"})
    odd = bank.built(record=json.dumps(about))
    assert run(odd.get_payment(payment.merchant_ref)).state is PaymentState.UNKNOWN


def test_a_refund_that_was_told_is_confirmed_first(bank):
    paid = bank.paid()
    request = bank.refund_request(paid, 1234)
    assert run(bank.provider.refund(request)).state is RefundState.SUCCEEDED
    ((_, event), *_) = bank.said(lambda event: event.kind is EventKind.REFUND)
    assert (event.refund.refund_ref, event.confirm_first) == (request.refund_ref, True)


def test_the_pay_page_shows_the_amount_and_takes_it_once(bank):
    payment = bank.created(subject="<b>Plan</b>")
    page = bank.control.open(payment.action.payload)
    for _ in range(3):
        bank.control.press(f"{page}/pay")
    assert bank.debits(payment.merchant_ref) == 1


def signed_by_the_bank(bank, fields):
    from wallets.sandbox.bank.world import Seal

    return json.dumps(Seal(bank.sandbox.secrets_dir).signed(fields)).encode()


def notice(bank, **changes):
    channel = bank.provider._channel
    names = {"mchntCd": "M10086", "ordNo": "A1", "txnAmt": "100", "currency": "CNY", "state": "PAID"}
    return {**names, "notice_id": "N1", "timestamp": channel.time(bank.now()), **changes}


def test_a_notice_in_another_currency_is_refused(bank):
    from wallets.providers.base import HttpIn

    good = HttpIn(method="POST", path="/", body=signed_by_the_bank(bank, notice(bank)))
    assert bank.provider.parse_webhook(good)[0].payment.amount == Money(100, "CNY")
    for change in ({"currency": "USD"}, {"txnAmt": "1e3"}, {"txnAmt": "9" * 21}, {"txnAmt": ""}):
        with pytest.raises(InvalidWebhook):
            bank.provider.parse_webhook(replace(good, body=signed_by_the_bank(bank, notice(bank, **change))))


def test_a_name_twice_is_refused_whatever_the_signature(bank):
    from wallets.providers.base import HttpIn

    body = signed_by_the_bank(bank, notice(bank))
    twice = b'{"txnAmt": "1", ' + body[1:]
    with pytest.raises(InvalidWebhook):
        bank.provider.parse_webhook(HttpIn(method="POST", path="/", body=twice))


def test_a_refused_look_up_of_a_refund_says_nothing_about_it(bank):
    paid = bank.paid()
    bank.fault("decline", code="1001", method="refund_query")
    assert run(bank.provider.get_refund("R1", paid.merchant_ref)).state is RefundState.UNKNOWN


def test_a_number_used_again_tells_what_became_of_it(bank):
    request = bank.payment()
    payment = run(bank.provider.create_payment(request))
    bank.user_pays(payment)
    assert run(bank.provider.create_payment(request)).state is PaymentState.SUCCEEDED
