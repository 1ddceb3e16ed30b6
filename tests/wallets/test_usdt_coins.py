"""ETH and TRX sent to a deposit address by mistake: no token moves, so only the balance of the address tells."""

import pytest

from common.http import OutcomeUnknown, run
from tests.wallets.usdt_fixtures import chain, chain_sandbox, ethereum, tron, usdt
from wallets.providers.base import PaymentState
from wallets.providers.watching import DepositWatcher, Watch

__all__ = ["chain", "chain_sandbox", "ethereum", "tron", "usdt"]

COINS = {"ethereum": "ETH", "tron": "TRX"}


def watch(payment):
    return Watch(merchant_ref=payment.merchant_ref, provider_ref=payment.provider_ref)


def units(report):
    return [holding.units for holding in report.holdings]


def test_coin_of_the_chain_itself_is_reported_for_each_address_once_it_is_final(chain):
    wallet = chain.provider
    assert isinstance(wallet, DepositWatcher)
    payments = [chain.created() for _ in range(3)]
    chain.send(payments[1], 7_000_000, token="coin")
    before = run(wallet.coins([watch(one) for one in payments]))
    chain.confirm()
    after = run(wallet.coins([watch(one) for one in payments]))
    assert (units(before), units(after)) == ([0, 0, 0], [0, 7_000_000, 0])
    assert after.coin == COINS[chain.network]
    assert [holding.address for holding in after.holdings] == [one.action.payload for one in payments]


def test_coin_of_the_chain_itself_is_no_payment_and_no_token_transfer(chain):
    payment = chain.created()
    chain.send(payment, token="coin")
    chain.confirm()
    result = run(chain.provider.get_payment(payment.merchant_ref, payment.provider_ref))
    assert (result.state, result.deposits, result.issues) == (PaymentState.REQUIRES_ACTION, (), ())


def test_nothing_is_asked_where_nobody_was_quoted(chain):
    assert run(chain.provider.coins([])).holdings == ()


@pytest.mark.parametrize("fault", ["garbage", "http_500"])
def test_a_balance_that_cannot_be_read_is_not_taken_for_none(chain, fault):
    payment = chain.created()
    method = {"ethereum": "eth_getBalance", "tron": "getaccount"}[chain.network]
    chain.control.fault(fault, method=method)
    with pytest.raises(OutcomeUnknown):
        run(chain.provider.coins([watch(payment)]))


@pytest.mark.parametrize("mistake", ["coin"])
def test_the_wallet_page_can_send_the_wrong_coin(chain, mistake):
    payment = chain.created()
    fields = {"network": chain.network, "to": payment.action.payload, "units": "2500000"}
    chain.control.user(mistake, **fields)
    chain.confirm()
    step = {"ethereum": 10**12, "tron": 1}[chain.network]
    assert units(run(chain.provider.coins([watch(payment)]))) == [2_500_000 * step]
