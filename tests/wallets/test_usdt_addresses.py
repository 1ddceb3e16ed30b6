"""Addresses and quotes against what other people published, and against a wallet that holds the private key."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from bip32 import BIP32
from hypothesis import given
from hypothesis import strategies as st

from common.errors import InvalidInput
from common.money import Money
from wallets.providers.errors import ConfigError
from wallets.providers.usdt.addresses import (
    AddressBook,
    checksummed,
    child_path,
    keccak256,
    read_ethereum,
    read_tron,
    tron_address,
)
from wallets.providers.usdt.quoting import Terms, coins_for, read_terms, write_terms
from wallets.providers.usdt_eth.logs import TRANSFER
from wallets.providers.usdt_eth.settings import USDT_CONTRACT as ETHEREUM_USDT
from wallets.providers.usdt_tron.chain import TRANSFER as TRON_TRANSFER
from wallets.providers.usdt_tron.settings import USDT_CONTRACT as TRON_USDT

WALLET = BIP32.from_seed(b"a seed that only this test has..")
ACCOUNT = "m/44'/60'/0'"


@pytest.fixture
def vectors(shared: Path) -> dict:
    file = shared / "vectors" / "chain" / "addresses_and_topics.json"
    if not file.is_file():
        pytest.skip("the public chain vectors are not beside this checkout")
    return json.loads(file.read_text())


@pytest.fixture
def book():
    return AddressBook(WALLET.get_xpub_from_path(ACCOUNT).encode(), "ethereum")


def test_published_checksums_are_right_and_wrong_ones_are_refused(vectors):
    assert all(checksummed(read_ethereum(address)) == address for address in vectors["eip55_valid"])
    for address in vectors["eip55_invalid"]:
        with pytest.raises(ValueError, match="address"):
            read_ethereum(address)


def test_the_contracts_the_event_and_the_call_are_the_published_ones(vectors):
    assert (vectors["usdt_erc20"]["address"], vectors["usdt_trc20"]["base58"]) == (ETHEREUM_USDT, TRON_USDT)
    assert TRANSFER == "0x" + TRON_TRANSFER == vectors["transfer_topic0"]
    assert keccak256(b"Transfer(address,address,uint256)").hex() == TRON_TRANSFER
    assert keccak256(b"transfer(address,uint256)").hex()[:8] == vectors["transfer_selector"][2:]


def test_published_tron_addresses_read_and_wrong_ones_do_not(vectors):
    known = vectors["usdt_trc20"]
    assert "41" + read_tron(known["base58"]).hex() == known["hex"]
    assert tron_address(read_tron(known["base58"])) == known["base58"]
    for address in vectors["tron_invalid"]:
        with pytest.raises(ValueError, match="address"):
            read_tron(address)


@given(st.binary(min_size=20, max_size=20))
def test_every_address_survives_writing_and_reading(raw):
    assert read_ethereum(checksummed(raw)) == read_tron(tron_address(raw)) == raw


@given(st.binary(min_size=20, max_size=20), st.integers(0, 33), st.sampled_from("123456789ABCDEFGHJKLMNPQRSTUVWXYZ"))
def test_a_mistyped_tron_address_is_refused(raw, place, letter):
    good = tron_address(raw)
    typed = good[:place] + letter + good[place + 1 :]
    if typed == good:
        return
    with pytest.raises(ValueError, match="address"):
        read_tron(typed)


@pytest.mark.parametrize("text", ["", "0x", "0x" + "g" * 40, "0X" + "1" * 40, "T" * 34, "T" * 33, "0" * 34, "é" * 34])
def test_what_is_no_address_is_refused(text):
    for read in (read_ethereum, read_tron):
        with pytest.raises(ValueError, match="address"):
            read(text)


def test_whoever_holds_the_private_key_can_spend_from_the_derived_address(book):
    keys = pytest.importorskip("eth_keys", reason="the extra `sandbox` is not installed").keys
    derived = book.derive("a" * 64)
    private = WALLET.get_privkey_from_path(f"{ACCOUNT}/{derived.path}")
    assert keys.PrivateKey(private).public_key.to_checksum_address() == checksummed(derived.raw)


def test_a_reference_has_one_address_and_two_have_two(book):
    addresses = {book.derive(f"{number:064x}").raw for number in range(300)}
    assert len(addresses) == 300
    assert book.derive("7").raw == book.derive("7").raw


@given(st.text(min_size=1, max_size=64), st.text(min_size=1, max_size=64))
def test_paths_have_four_levels_that_need_no_private_key_and_differ_by_chain_and_reference(first, second):
    path = child_path("ethereum", first)
    assert len(path) == 4
    assert all(0 <= index < 1 << 31 for index in path)
    assert path != child_path("tron", first)
    assert (path == child_path("ethereum", second)) == (first == second)


@pytest.mark.parametrize("kind", ["private", "rubbish", "empty", "cut"])
def test_only_an_extended_public_key_is_taken(kind):
    xpub = WALLET.get_xpub_from_path(ACCOUNT)
    keys = {"private": WALLET.get_xpriv_from_path(ACCOUNT), "rubbish": "xpub123", "empty": "", "cut": xpub[:-1]}
    with pytest.raises(ConfigError) as refused:
        AddressBook(keys[kind].encode(), "ethereum")
    assert "xprv" not in str(refused.value)


@pytest.mark.parametrize(
    ("asked", "rate", "units"),
    [
        (Money(1234, "USD"), "1", 12_340_000),
        (Money(100, "USD"), "1.0004", 999_601),
        (Money(71049, "CNY"), "7.1049", 100_000_000),
        (Money(1000, "JPY"), "150", 6_666_667),
        (Money(12_345_678, "USDT"), "1", 12_345_678),
    ],
)
def test_a_debt_is_reckoned_exactly_and_rounded_up_to_the_chains_smallest_unit(asked, rate, units):
    assert coins_for(asked, Decimal(rate)) == Money(units, "USDT")


@given(st.integers(1, 10**12), st.decimals("0.001", "1000", places=6))
def test_the_quoted_coins_are_worth_the_debt_and_not_a_unit_more(minor, rate):
    units = coins_for(Money(minor, "USD"), rate).minor
    assert (units - 1) * rate < minor * 10**4 <= units * rate


@given(
    st.integers(1, 10**15 - 1),
    st.integers(1, 10**18 - 1),
    st.integers(0, 10**13 - 1),
    st.integers(0, 10**10),
    st.sampled_from(["", "ab" * 32]),
)
def test_a_quote_travels_in_the_provider_reference(minor, units, start, expires, paid_by):
    until = datetime.fromtimestamp(expires, UTC)
    terms = Terms(
        asked=Money(minor, "USD"), to_send=Money(units, "USDT"), start=start, expires_at=until, paid_by=paid_by
    )
    written = write_terms(terms, "a" * 64)
    assert read_terms(written, "a" * 64) == terms
    assert len(written) <= 128
    with pytest.raises(InvalidInput):
        read_terms(written, "b" * 64)


@pytest.mark.parametrize("text", ["", "u1", "x" * 200, "u1.1.USD.1.1.1.00000000", "2026112222001", "u1.-1.USD.1.1.1.0"])
def test_what_is_not_our_provider_reference_is_refused(text):
    with pytest.raises(InvalidInput):
        read_terms(text, "a" * 64)
