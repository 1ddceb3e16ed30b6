"""The simulated chains: their wallet page, their restart, and what they keep."""

import sys
from datetime import timedelta

import httpx
import pytest

from tests.wallets.usdt_fixtures import chain, chain_sandbox, ethereum, skip_without_ethereum, tron, usdt
from tests.wallets.usdt_harness import PAST_THE_DEADLINE, problems
from wallets.providers.base import NotSent, PaymentState
from wallets.sandbox.app import make_sandbox
from wallets.sandbox.chain import assembler
from wallets.sandbox.chain.tokens import ETHEREUM_LOOK_ALIKE, ETHEREUM_USDT

__all__ = ["chain", "chain_sandbox", "ethereum", "tron", "usdt"]


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
    assert chain.looked_up(payment).state is PaymentState.SUCCEEDED


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
    assert problems(chain.looked_up(payment)) == [found]


def test_a_payer_who_is_late_sends_when_the_time_is_over(chain, chain_sandbox):
    payment = chain.created()
    until = str(int(payment.action.expires_at.timestamp()))
    fields = {"to": payment.action.payload, "amount": payment.action.amount.to_decimal_string(), "until": until}
    chain.control.press(f"{chain_sandbox.base_url}/chain/{chain.network}/late", **fields)
    assert chain.debits(payment.merchant_ref) == 0
    chain.move_clock(payment.action.expires_at + timedelta(minutes=20))
    chain.looked_up(payment)
    chain.move_clock(chain.now() + timedelta(hours=1))
    chain.confirm()
    assert problems(chain.looked_up(payment)) == ["paid_late"]


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
    skip_without_ethereum()
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
    skip_without_ethereum()
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


def test_the_libraries_of_the_chain_leave_the_process_its_limits(ethereum):
    """A deeply nested JSON text must stay an error of its reader; with another limit it would end the process."""
    ethereum.created()
    assert sys.getrecursionlimit() < 5_000


def test_without_the_extra_packages_the_node_says_so_plainly(ethereum, chain_sandbox, monkeypatch):
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
    assert chain.looked_up(payment).state is PaymentState.SUCCEEDED
