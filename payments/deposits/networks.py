"""Public chains as people know them: their names, their coins, and how their wallets write a transaction."""

from __future__ import annotations

from wallets.providers.registry import network_of

AT_ONCE = 200


def network_words(name: str) -> str:
    """As wallets let people choose it; unknown ones as they are."""
    network = network_of(name)
    return network.words if network else name


def written(name: str, transaction: str) -> str:
    """A transaction's number as the wallets of that network show it."""
    network = network_of(name)
    return f"{network.prefix}{transaction}" if network else transaction


def watched_at_once(name: str) -> int:
    network = network_of(name)
    return network.at_once if network else AT_ONCE


def dust(name: str) -> int:
    """Below so many smallest units of the network's own coin there is nothing to look at."""
    network = network_of(name)
    return network.native_dust if network else 1


def native_words(name: str, units: int, coin: str) -> str:
    """0.05 ETH, to its last decimal."""
    network = network_of(name)
    return network.in_native(units) if network else f"{units} {coin}"


def coin_words(name: str, units: int) -> str:
    """The whole transfer of the coin that was asked for, to its last decimal."""
    network = network_of(name)
    return network.in_coin(units) if network else str(units)
