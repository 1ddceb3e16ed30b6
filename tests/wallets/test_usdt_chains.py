"""What chains and nodes do to payments: many at once, taken back, mined again, answered wrongly."""

from datetime import timedelta

import pytest

from common.http import run
from tests.wallets.usdt_fixtures import chain, chain_sandbox, ethereum, tron, usdt
from tests.wallets.usdt_harness import problems
from wallets.providers.base import OutcomeUnknown, PaymentState, RateLimited
from wallets.providers.watching import DepositWatcher, Watch

__all__ = ["chain", "chain_sandbox", "ethereum", "tron", "usdt"]


def test_one_sweep_answers_for_many_payments(chain):
    assert isinstance(chain.provider, DepositWatcher)
    payments = [chain.created() for _ in range(4)]
    chain.deposits(payments[0], "exact")
    chain.deposits(payments[1], "over")
    chain.deposits(payments[2], "wrong_token")
    chain.confirm()
    swept = run(
        chain.provider.sweep([Watch(merchant_ref=one.merchant_ref, provider_ref=one.provider_ref) for one in payments])
    )
    assert [result.merchant_ref for result in swept.payments] == [payment.merchant_ref for payment in payments]
    assert [problems(result) for result in swept.payments] == [[], ["overpaid"], ["wrong_token"], []]
    keys = [deposit.key for result in swept.payments for deposit in result.deposits]
    assert len(set(keys)) == 3
    assert all(key.split(":")[0] == chain.network for key in keys)


def test_a_reorganisation_before_finality_makes_the_payment_open_again_and_then_paid(ethereum):
    payment = ethereum.created()
    ethereum.send(payment)
    assert ethereum.looked_up(payment).state is PaymentState.PENDING
    ethereum.control.user("reorganise", depth=1)
    assert ethereum.looked_up(payment).state is PaymentState.REQUIRES_ACTION
    assert ethereum.debits(payment.merchant_ref) == 0
    ethereum.user_pays(payment)
    assert ethereum.looked_up(payment).state is PaymentState.SUCCEEDED


def test_a_payment_mined_again_after_a_reorganisation_is_one_payment(ethereum):
    payment = ethereum.created()
    ethereum.send(payment)
    first = ethereum.looked_up(payment).deposits[0]
    ethereum.control.user("reorganise", depth=1, keep=True)
    ethereum.confirm()
    result = ethereum.looked_up(payment)
    assert (result.state, result.issues, len(result.deposits)) == (PaymentState.SUCCEEDED, (), 1)
    assert result.deposits[0].key == first.key
    assert result.deposits[0].block_hash != first.block_hash


def test_a_node_without_the_finalized_tag_is_given_twelve_blocks(ethereum):
    ethereum.control.post("chain/settings", no_finalized_tag=True)
    payment = ethereum.created()
    ethereum.user_pays(payment)
    assert ethereum.looked_up(payment).state is PaymentState.PENDING
    ethereum.control.user("mine", depth=12)
    assert ethereum.looked_up(payment).state is PaymentState.SUCCEEDED


def test_tron_money_counts_once_it_is_solid(tron):
    payment = tron.created()
    tron.send(payment)
    assert tron.looked_up(payment).state is PaymentState.REQUIRES_ACTION
    tron.move_clock(tron.now() + timedelta(minutes=1))
    assert tron.looked_up(payment).state is PaymentState.SUCCEEDED


def test_every_page_of_a_long_list_is_read(tron):
    payment = tron.created()
    for _ in range(205):
        tron.send(payment, 1, token="other")
    tron.send(payment)
    tron.confirm()
    result = tron.looked_up(payment)
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
        tron.looked_up(payment)
    assert tron.looked_up(payment).state is PaymentState.SUCCEEDED


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
        ethereum.looked_up(payment)
    assert ethereum.looked_up(payment).state is PaymentState.SUCCEEDED
