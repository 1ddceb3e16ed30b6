"""Quotes of USDT, and everything a payer can get wrong with one."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from common.errors import InvalidInput
from common.http import run
from common.money import Money
from tests.wallets.usdt_fixtures import chain, chain_sandbox, ethereum, tron, usdt
from tests.wallets.usdt_harness import problems
from wallets.providers import registry
from wallets.providers.base import ActionKind, ConfigError, HttpIn, InvalidWebhook, NotSent, PaymentState
from wallets.sandbox.chain.tokens import ETHEREUM_USDT

__all__ = ["chain", "chain_sandbox", "ethereum", "tron", "usdt"]


def test_a_quote_says_what_to_send_where_at_which_rate_from_whom_and_until_when(chain):
    payment = chain.created(amount=Money(1234, "EUR"))
    quote, action = payment.quote, payment.action
    assert quote.asked == Money(1234, "EUR")
    assert 0 <= quote.to_send.minor * Decimal(quote.rate) / 10**6 - Decimal("12.34") < Decimal("0.000002")
    assert (quote.source, quote.network) == ("sandbox", chain.network)
    assert abs(quote.rate_at - chain.now()) < timedelta(minutes=1)
    assert timedelta(minutes=29) < quote.expires_at - chain.now() <= timedelta(minutes=30)
    assert (action.kind, action.payload, action.amount) == (ActionKind.ADDRESS, quote.address, quote.to_send)
    assert (action.network, action.rate) == (chain.network, f"1 USDT = {quote.rate} EUR")
    assert quote.address == chain.address(payment.merchant_ref)


def test_a_quote_never_outlives_the_page_nor_half_an_hour(chain):
    short = chain.created(expires_at=chain.now() + timedelta(minutes=5))
    long = chain.created(expires_at=chain.now() + timedelta(days=5))
    assert short.action.expires_at <= chain.now() + timedelta(minutes=5)
    assert long.action.expires_at <= chain.now() + timedelta(minutes=30)


def test_a_debt_in_the_coin_itself_needs_no_rate(chain):
    chain.fault("http_500", method="rates")
    payment = chain.created(amount=Money(2_500_000, "USDT"))
    assert (payment.quote.to_send, payment.quote.rate) == (Money(2_500_000, "USDT"), "1")


@pytest.mark.parametrize("fault", ["http_500", "http_429", "garbage", "stale_timestamp", "timeout_before_commit"])
def test_without_a_rate_to_rely_on_nothing_is_quoted(chain, fault):
    chain.fault(fault, method="rates")
    with pytest.raises(NotSent):
        chain.created()


def test_a_coin_that_lost_its_peg_is_not_taken(chain):
    chain.control.post("chain/settings", peg_lost=True)
    with pytest.raises(NotSent, match="dollar"):
        chain.created()


def test_without_a_node_to_rely_on_nothing_is_quoted(chain):
    for fault in ("http_500", "garbage", "wrong_trade" if chain.network == "ethereum" else "http_500"):
        chain.fault(fault, method="eth_chainId" if chain.network == "ethereum" else "getnowblock")
        with pytest.raises(NotSent):
            chain.created()


@pytest.mark.parametrize("minor", [99, 0, -5])
def test_less_than_is_worth_a_fee_is_refused(chain, minor):
    with pytest.raises(InvalidInput):
        chain.created(amount=Money(minor, "USD"))


def test_a_link_for_a_real_wallet_names_token_chain_and_amount(ethereum):
    provider = ethereum.built(pay_link="")
    payment = run(provider.create_payment(ethereum.payment()))
    asked = f"transfer?address={payment.action.payload}&uint256={payment.action.amount.minor}"
    assert payment.action.url == f"ethereum:{ETHEREUM_USDT}@31337/{asked}"


@pytest.mark.parametrize(
    "options", [{"token_contract": "0x1"}, {"dust": "1.5"}, {"dust": "-1"}, {"pay_link": "{secret}"}, {"pay_link": "{"}]
)
def test_settings_that_make_no_sense_are_refused_by_name(chain, options):
    with pytest.raises(ConfigError):
        chain.built(**options)


def test_a_contract_with_a_mistyped_letter_is_refused(ethereum):
    with pytest.raises(ConfigError):
        ethereum.built(token_contract=ETHEREUM_USDT.swapcase().replace("0X", "0x"))


def test_a_chain_is_a_number(ethereum):
    with pytest.raises(ConfigError, match="chain_id"):
        ethereum.built(chain_id="main")


def test_a_debt_worth_less_than_the_dust_gets_no_quote(chain):
    with pytest.raises(InvalidInput):
        run(chain.built(dust=str(10**15)).create_payment(chain.payment()))


def test_the_key_of_the_grid_goes_with_each_question(tron):
    (tron.config.secrets_dir / "grid_key").write_text("made-for-this-test\n")
    provider = registry.build("usdt_tron", replace(tron.config, secrets={**tron.config.secrets, "api_key": "grid_key"}))
    payment = tron.created()
    request = next(provider.get_payment(payment.merchant_ref, payment.provider_ref))
    assert request.headers["tron-pro-api-key"] == "made-for-this-test"


def test_no_webhook_is_ever_believed(chain):
    with pytest.raises(InvalidWebhook):
        chain.provider.parse_webhook(HttpIn(method="POST", path="/", body=b"{}"))


# What a payer gets wrong


@pytest.mark.parametrize(
    ("units", "found"), [(-1, "underpaid"), (1, "overpaid"), (1_000_000, "overpaid")], ids=["under", "over", "far over"]
)
def test_too_little_and_too_much_are_items_for_an_operator(chain, units, found):
    payment = chain.created()
    chain.send(payment, chain.units(payment) + units)
    chain.move_clock(payment.action.expires_at + timedelta(hours=1))
    chain.confirm()
    result = chain.looked_up(payment)
    assert problems(result) == [found]
    assert result.issues[0].amount == Money(abs(units), "USDT")
    assert result.state is (PaymentState.PENDING if units < 0 else PaymentState.SUCCEEDED)


def test_two_parts_that_make_the_whole_are_the_payment(chain):
    payment = chain.created()
    chain.send(payment, chain.units(payment) - 5_000_000)
    chain.confirm()
    assert chain.looked_up(payment).state is PaymentState.REQUIRES_ACTION
    chain.send(payment, 5_000_000)
    chain.confirm()
    result = chain.looked_up(payment)
    assert (result.state, problems(result), len(result.deposits)) == (PaymentState.SUCCEEDED, [], 2)


def test_a_second_payment_is_one_success_and_one_item(chain):
    payment = chain.created()
    chain.deposits(payment, "second")
    chain.confirm()
    result = chain.looked_up(payment)
    assert (result.state, problems(result)) == (PaymentState.SUCCEEDED, ["second_payment"])
    assert result.issues[0].amount == payment.action.amount


def test_a_late_payment_waits_for_an_operator(chain):
    payment = chain.created()
    chain.deposits(payment, "late")
    chain.confirm()
    chain.move_clock(chain.now() + timedelta(hours=1))
    chain.confirm()
    result = chain.looked_up(payment)
    assert (result.state, problems(result), result.decline.code) == (PaymentState.PENDING, ["paid_late"], "paid_late")


def test_another_coin_of_the_same_name_is_no_payment_but_an_item(chain):
    payment = chain.created()
    chain.deposits(payment, "wrong_token")
    chain.confirm()
    result = chain.looked_up(payment)
    assert (result.state, problems(result)) == (PaymentState.REQUIRES_ACTION, ["wrong_token"])
    assert chain.debits(payment.merchant_ref) == 0
    chain.user_pays(payment)
    assert chain.looked_up(payment).state is PaymentState.SUCCEEDED


@pytest.mark.parametrize("units", [0, 1, 9_999])
def test_transfers_of_nothing_and_of_dust_are_noise(chain, units):
    payment = chain.created()
    chain.send(payment, units)
    chain.confirm()
    result = chain.looked_up(payment)
    assert (result.state, result.issues) == (PaymentState.REQUIRES_ACTION, ())


def test_a_transfer_that_failed_on_the_chain_is_no_money(chain):
    payment = chain.created()
    chain.send(payment, poor=True)
    chain.confirm()
    assert chain.looked_up(payment).deposits == ()


def test_a_quote_that_ran_out_unpaid_is_closed_only_when_the_chain_is_past_it(chain):
    payment = chain.created()
    chain.move_clock(payment.action.expires_at + timedelta(seconds=1))
    chain.confirm()
    assert chain.looked_up(payment).state is PaymentState.REQUIRES_ACTION
    chain.move_clock(payment.action.expires_at + timedelta(hours=1))
    chain.confirm()
    result = chain.looked_up(payment)
    assert (result.state, result.decline.code) == (PaymentState.CLOSED, "expired")


def test_money_from_a_blocked_sender_waits_for_an_operator(chain, chain_sandbox):
    payment = chain.created()
    chain.user_pays(payment)
    sender = chain.looked_up(payment).deposits[0].sender
    list_file = chain_sandbox.secrets_dir / "blocked.txt"
    list_file.write_text(f"{sender}\n")
    config = replace(chain.config, secrets={**chain.config.secrets, "blocked_senders": "blocked.txt"})
    result = run(registry.build(chain.key, config).get_payment(payment.merchant_ref, payment.provider_ref))
    assert (result.state, problems(result)) == (PaymentState.REQUIRES_ACTION, ["blocked_sender"])
    assert sender not in repr(result.deposits)
