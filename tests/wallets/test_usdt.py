"""USDT on the wire: quotes, everything a payer can get wrong, faults of nodes, and what the simulated chains keep."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import httpx
import pytest

from common.errors import InvalidInput
from common.http import run
from common.money import Money
from tests.wallets.usdt_fixtures import chain, chain_sandbox, ethereum, tron, usdt
from tests.wallets.usdt_harness import PAST_THE_DEADLINE
from wallets.providers import registry
from wallets.providers.base import (
    ActionKind,
    ConfigError,
    HttpIn,
    InvalidWebhook,
    NotSent,
    OutcomeUnknown,
    PaymentState,
    RateLimited,
)
from wallets.providers.watching import DepositWatcher, Watch
from wallets.sandbox.app import make_sandbox
from wallets.sandbox.chain import assembler
from wallets.sandbox.chain.tokens import ETHEREUM_LOOK_ALIKE, ETHEREUM_USDT

__all__ = ["chain", "chain_sandbox", "ethereum", "tron", "usdt"]


def looked_up(harness, payment):
    return run(harness.provider.get_payment(payment.merchant_ref, payment.provider_ref))


def problems(result):
    return [issue.problem for issue in result.issues]


def watches(*payments):
    return [Watch(merchant_ref=one.merchant_ref, provider_ref=one.provider_ref) for one in payments]


# Quotes


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
    result = looked_up(chain, payment)
    assert problems(result) == [found]
    assert result.issues[0].amount == Money(abs(units), "USDT")
    assert result.state is (PaymentState.PENDING if units < 0 else PaymentState.SUCCEEDED)


def test_two_parts_that_make_the_whole_are_the_payment(chain):
    payment = chain.created()
    chain.send(payment, chain.units(payment) - 5_000_000)
    chain.confirm()
    assert looked_up(chain, payment).state is PaymentState.REQUIRES_ACTION
    chain.send(payment, 5_000_000)
    chain.confirm()
    result = looked_up(chain, payment)
    assert (result.state, problems(result), len(result.deposits)) == (PaymentState.SUCCEEDED, [], 2)


def test_a_second_payment_is_one_success_and_one_item(chain):
    payment = chain.created()
    chain.deposits(payment, "second")
    chain.confirm()
    result = looked_up(chain, payment)
    assert (result.state, problems(result)) == (PaymentState.SUCCEEDED, ["second_payment"])
    assert result.issues[0].amount == payment.action.amount


def test_a_late_payment_waits_for_an_operator(chain):
    payment = chain.created()
    chain.deposits(payment, "late")
    chain.confirm()
    chain.move_clock(chain.now() + timedelta(hours=1))
    chain.confirm()
    result = looked_up(chain, payment)
    assert (result.state, problems(result), result.decline.code) == (PaymentState.PENDING, ["paid_late"], "paid_late")


def test_another_coin_of_the_same_name_is_no_payment_but_an_item(chain):
    payment = chain.created()
    chain.deposits(payment, "wrong_token")
    chain.confirm()
    result = looked_up(chain, payment)
    assert (result.state, problems(result)) == (PaymentState.REQUIRES_ACTION, ["wrong_token"])
    assert chain.debits(payment.merchant_ref) == 0
    chain.user_pays(payment)
    assert looked_up(chain, payment).state is PaymentState.SUCCEEDED


@pytest.mark.parametrize("units", [0, 1, 9_999])
def test_transfers_of_nothing_and_of_dust_are_noise(chain, units):
    payment = chain.created()
    chain.send(payment, units)
    chain.confirm()
    result = looked_up(chain, payment)
    assert (result.state, result.issues) == (PaymentState.REQUIRES_ACTION, ())


def test_a_transfer_that_failed_on_the_chain_is_no_money(chain):
    payment = chain.created()
    chain.send(payment, poor=True)
    chain.confirm()
    assert looked_up(chain, payment).deposits == ()


def test_a_quote_that_ran_out_unpaid_is_closed_only_when_the_chain_is_past_it(chain):
    payment = chain.created()
    chain.move_clock(payment.action.expires_at + timedelta(seconds=1))
    chain.confirm()
    assert looked_up(chain, payment).state is PaymentState.REQUIRES_ACTION
    chain.move_clock(payment.action.expires_at + timedelta(hours=1))
    chain.confirm()
    result = looked_up(chain, payment)
    assert (result.state, result.decline.code) == (PaymentState.CLOSED, "expired")


def test_money_from_a_blocked_sender_waits_for_an_operator(chain, chain_sandbox):
    payment = chain.created()
    chain.user_pays(payment)
    sender = looked_up(chain, payment).deposits[0].sender
    list_file = chain_sandbox.secrets_dir / "blocked.txt"
    list_file.write_text(f"{sender}\n")
    config = replace(chain.config, secrets={**chain.config.secrets, "blocked_senders": "blocked.txt"})
    result = run(registry.build(chain.key, config).get_payment(payment.merchant_ref, payment.provider_ref))
    assert (result.state, problems(result)) == (PaymentState.REQUIRES_ACTION, ["blocked_sender"])
    assert sender not in repr(result.deposits)


# Many at once, and what chains take back


def test_one_sweep_answers_for_many_payments(chain):
    assert isinstance(chain.provider, DepositWatcher)
    payments = [chain.created() for _ in range(4)]
    chain.deposits(payments[0], "exact")
    chain.deposits(payments[1], "over")
    chain.deposits(payments[2], "wrong_token")
    chain.confirm()
    swept = run(chain.provider.sweep(watches(*payments)))
    assert [result.merchant_ref for result in swept.payments] == [payment.merchant_ref for payment in payments]
    assert [problems(result) for result in swept.payments] == [[], ["overpaid"], ["wrong_token"], []]
    keys = [deposit.key for result in swept.payments for deposit in result.deposits]
    assert len(set(keys)) == 3
    assert all(key.split(":")[0] == chain.network for key in keys)


def test_a_reorganisation_before_finality_makes_the_payment_open_again_and_then_paid(ethereum):
    payment = ethereum.created()
    ethereum.send(payment)
    assert looked_up(ethereum, payment).state is PaymentState.PENDING
    ethereum.control.user("reorganise", depth=1)
    assert looked_up(ethereum, payment).state is PaymentState.REQUIRES_ACTION
    assert ethereum.debits(payment.merchant_ref) == 0
    ethereum.user_pays(payment)
    assert looked_up(ethereum, payment).state is PaymentState.SUCCEEDED


def test_a_payment_mined_again_after_a_reorganisation_is_one_payment(ethereum):
    payment = ethereum.created()
    ethereum.send(payment)
    first = looked_up(ethereum, payment).deposits[0]
    ethereum.control.user("reorganise", depth=1, keep=True)
    ethereum.confirm()
    result = looked_up(ethereum, payment)
    assert (result.state, result.issues, len(result.deposits)) == (PaymentState.SUCCEEDED, (), 1)
    assert result.deposits[0].key == first.key
    assert result.deposits[0].block_hash != first.block_hash


def test_a_node_without_the_finalized_tag_is_given_twelve_blocks(ethereum):
    ethereum.control.post("chain/settings", no_finalized_tag=True)
    payment = ethereum.created()
    ethereum.user_pays(payment)
    assert looked_up(ethereum, payment).state is PaymentState.PENDING
    ethereum.control.user("mine", depth=12)
    assert looked_up(ethereum, payment).state is PaymentState.SUCCEEDED


def test_tron_money_counts_once_it_is_solid(tron):
    payment = tron.created()
    tron.send(payment)
    assert looked_up(tron, payment).state is PaymentState.REQUIRES_ACTION
    tron.move_clock(tron.now() + timedelta(minutes=1))
    assert looked_up(tron, payment).state is PaymentState.SUCCEEDED


def test_every_page_of_a_long_list_is_read(tron):
    payment = tron.created()
    for _ in range(205):
        tron.send(payment, 1, token="other")
    tron.send(payment)
    tron.confirm()
    result = looked_up(tron, payment)
    assert (result.state, len(result.deposits)) == (PaymentState.SUCCEEDED, 206)


@pytest.mark.parametrize(
    ("fault", "method", "error"),
    [
        ("wrong_trade", "trc20", OutcomeUnknown),
        ("wrong_trade", "receipt", OutcomeUnknown),
        ("garbage", "receipt", OutcomeUnknown),
        ("http_429", "trc20", RateLimited),
    ],
)
def test_a_grid_that_does_not_agree_with_itself_is_not_believed(tron, fault, method, error):
    payment = tron.created()
    tron.user_pays(payment)
    tron.fault(fault, method=method)
    with pytest.raises(error):
        looked_up(tron, payment)
    assert looked_up(tron, payment).state is PaymentState.SUCCEEDED


@pytest.mark.parametrize(
    ("fault", "method", "error"),
    [
        ("wrong_trade", "eth_getLogs", OutcomeUnknown),
        ("decline", "eth_getTransactionReceipt", OutcomeUnknown),
        ("garbage", "eth_getLogs", OutcomeUnknown),
        ("http_429", "eth_getLogs", RateLimited),
        ("timeout_after_commit", "eth_getLogs", OutcomeUnknown),
    ],
)
def test_a_node_that_does_not_answer_the_question_is_not_believed(ethereum, fault, method, error):
    payment = ethereum.created()
    ethereum.user_pays(payment)
    ethereum.fault(fault, method=method)
    with pytest.raises(error):
        looked_up(ethereum, payment)
    assert looked_up(ethereum, payment).state is PaymentState.SUCCEEDED


# The simulated chains


def test_the_token_is_what_its_source_says():
    source = assembler.SOURCE.read_text()
    kept = assembler.SOURCE.with_name("token.hex").read_text()
    assert assembler.creation(assembler.assemble(source)).hex() == kept.strip()


def test_the_wallet_page_sends_and_carries_no_inline_code(chain, chain_sandbox):
    payment = chain.created()
    shown = httpx.get(payment.action.url, trust_env=False)
    assert shown.status_code == 200
    assert payment.action.payload in shown.text
    assert not any(mark in shown.text for mark in ("<script", " style=", " onclick="))
    amount = payment.action.amount.to_decimal_string()
    page = f"{chain_sandbox.base_url}/chain/{chain.network}"
    chain.control.press(f"{page}/exact", to=payment.action.payload, amount=amount)
    chain.confirm()
    assert looked_up(chain, payment).state is PaymentState.SUCCEEDED


@pytest.mark.parametrize(
    ("choice", "found"),
    [("less", "underpaid"), ("more", "overpaid"), ("twice", "second_payment"), ("other", "wrong_token")],
)
def test_each_mistake_of_the_wallet_page_is_found(chain, chain_sandbox, choice, found):
    payment = chain.created()
    fields = {"to": payment.action.payload, "amount": payment.action.amount.to_decimal_string()}
    chain.control.press(f"{chain_sandbox.base_url}/chain/{chain.network}/{choice}", **fields)
    chain.move_clock(payment.action.expires_at + timedelta(hours=1))
    chain.confirm()
    assert problems(looked_up(chain, payment)) == [found]


def test_a_payer_who_is_late_sends_when_the_time_is_over(chain, chain_sandbox):
    payment = chain.created()
    until = str(int(payment.action.expires_at.timestamp()))
    fields = {"to": payment.action.payload, "amount": payment.action.amount.to_decimal_string(), "until": until}
    chain.control.press(f"{chain_sandbox.base_url}/chain/{chain.network}/late", **fields)
    assert chain.debits(payment.merchant_ref) == 0
    chain.move_clock(payment.action.expires_at + timedelta(minutes=20))
    looked_up(chain, payment)
    chain.move_clock(chain.now() + timedelta(hours=1))
    chain.confirm()
    assert problems(looked_up(chain, payment)) == ["paid_late"]


@pytest.mark.parametrize(
    "fields", [{"to": "x"}, {"to": ""}, {"amount": "-1"}, {"amount": "1.2345678"}, {"amount": "ten"}]
)
def test_the_wallet_sends_nothing_to_nowhere(chain, chain_sandbox, fields):
    payment = chain.created()
    wanted = {"to": payment.action.payload, "amount": "1", **fields}
    url = f"{chain_sandbox.base_url}/chain/{chain.network}/exact"
    assert httpx.post(url, data=wanted, trust_env=False).status_code == 409


def test_the_control_page_shows_the_chains(chain, chain_sandbox):
    chain.user_pays(chain.created())
    answer = httpx.get(f"{chain_sandbox.base_url}/control/chain/", trust_env=False)
    assert answer.status_code == 200
    assert "reorganise" in answer.text


def test_a_restart_plays_the_same_chain_again(tmp_path, wallet_secrets):
    pytest.importorskip("eth_tester", reason="the extra `sandbox` is not installed")
    state = tmp_path / "wallets.sqlite3"
    before = make_sandbox(secrets_dir=wallet_secrets, state=state, only=("chain",))
    evm = before.simulators["chain"].evm
    transaction = evm.transfer(token="usdt", to="0x" + "12" * 20, value=5)
    evm.mine(2)
    head = evm.block(evm.head)
    before.close()
    after = make_sandbox(secrets_dir=wallet_secrets, state=state, only=("chain",))
    again = after.simulators["chain"].evm
    assert again.head == head["number"]
    assert again.block(again.head)["timestamp"] == head["timestamp"]
    assert again.receipt(transaction)["logs"][0]["address"] == ETHEREUM_USDT
    after.close()


def test_both_coins_lie_where_the_settings_say(tmp_path, wallet_secrets):
    pytest.importorskip("eth_tester", reason="the extra `sandbox` is not installed")
    sandbox = make_sandbox(secrets_dir=wallet_secrets, only=("chain",))
    evm = sandbox.simulators["chain"].evm
    sent = [evm.transfer(token=token, to="0x" + "12" * 20, value=5) for token in ("usdt", "other")]
    found = [evm.receipt(transaction)["logs"][0]["address"] for transaction in sent]
    assert found == [ETHEREUM_USDT, ETHEREUM_LOOK_ALIKE]
    sandbox.close()


def test_nothing_heavy_starts_before_it_is_needed(wallet_secrets):
    sandbox = make_sandbox(secrets_dir=wallet_secrets, only=("chain",))
    assert not sandbox.simulators["chain"].evm.started
    sandbox.close()


def test_without_the_extra_packages_the_node_says_so_plainly(ethereum, chain_sandbox, monkeypatch):
    import sys

    chain_sandbox.control.post("reset")
    monkeypatch.setitem(sys.modules, "eth_tester", None)
    question = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}
    answer = httpx.post(f"{chain_sandbox.base_url}/chain/ethereum/rpc", json=question, trust_env=False)
    assert (answer.status_code, "extra `sandbox`" in answer.text) == (503, True)
    with pytest.raises(NotSent):
        ethereum.created()


def test_no_private_key_is_kept_anywhere(chain, chain_sandbox):
    files = [path for path in chain_sandbox.secrets_dir.rglob("*usdt*/*") if path.is_file()]
    assert files
    assert all(path.read_text().startswith("xpub") for path in files)
    assert all(path.stat().st_mode & 0o077 == 0 for path in files)


def test_the_deadline_leaves_a_few_minutes_for_a_block(chain):
    payment = chain.created()
    chain.move_clock(payment.action.expires_at + PAST_THE_DEADLINE - timedelta(minutes=3))
    chain.user_pays(payment)
    assert looked_up(chain, payment).state is PaymentState.SUCCEEDED
