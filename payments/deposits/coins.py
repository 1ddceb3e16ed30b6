"""ETH or TRX at a deposit address: a mistake, or what pays for a transfer away. Never money of the debt."""

from __future__ import annotations

from decimal import Decimal

from django.db import transaction

from payments.deposits.networks import dust
from payments.deposits.recording import Fate, hold
from payments.models import Deposit, DepositAddress
from payments.services.locking import lock_chain
from wallets.providers.watching import CoinHolding, CoinReport

NATIVE_COIN = "native_coin"


def record_coins(addresses: list[DepositAddress], report: CoinReport) -> int:
    """How many addresses hold more than was known. Each of them is a deposit that waits for a person."""
    pairs = zip(addresses, report.holdings, strict=True)
    return sum(_record(address.pk, held, report) for address, held in pairs if _changed(address, held, report))


def _changed(address: DepositAddress, held: CoinHolding, report: CoinReport) -> bool:
    return abs(held.units - int(address.coin_units)) >= dust(address.network)


@transaction.atomic
def _record(address_id: int, held: CoinHolding, report: CoinReport) -> bool:
    attempt_id = DepositAddress.objects.values_list("attempt_id", flat=True).get(pk=address_id)
    _account, _payment, attempt = lock_chain(attempt_id)
    address = DepositAddress.objects.select_for_update().get(pk=address_id)
    if report.position <= address.coin_position or held.address != address.address:
        return False
    address.attempt = attempt
    more = held.units - int(address.coin_units)
    address.coin_units, address.coin_position = Decimal(held.units), report.position
    address.save(update_fields=["coin_units", "coin_position"])
    if more < dust(address.network):
        return False
    hold(_deposit(address, more, report), Fate("held", NATIVE_COIN), "sweep")
    return True


def _deposit(address: DepositAddress, more: int, report: CoinReport) -> Deposit:
    """Nobody tells which transaction brought it, so it is named by the place and the block at which it lay there."""
    return Deposit(
        address=address,
        network=address.network,
        transaction=f"{address.address}@{report.position}",
        log_index=0,
        kind=Deposit.Kind.COIN,
        asset=report.coin,
        units=more,
        position=report.position,
        block_at=report.at,
        final=True,
    )
