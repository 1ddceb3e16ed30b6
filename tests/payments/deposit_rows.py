"""A deposit as rows alone, for tests of pages: what it looks like needs no chain."""

from __future__ import annotations

from accounts.models import Account
from common.clock import now
from payments.models import Attempt, Deposit, DepositAddress, Payment
from wallets.models import Provider


def held_deposit(account: Account) -> Deposit:
    """Coins that came after the time was over, not booked yet."""
    provider, _made = Provider.objects.get_or_create(key="usdt_tron", defaults={"name": "USDT (TRON)"})
    payment = Payment.objects.create(
        account=account, state="cancelled", amount_minor=5_000, currency=account.currency, source="link"
    )
    attempt = Attempt.objects.create(
        payment=payment,
        provider=provider,
        merchant_reference=f"{payment.pk:064x}",
        state="closed",
        amount_minor=5_000,
        currency=account.currency,
    )
    address = DepositAddress.objects.create(
        attempt=attempt, network="tron", address=f"T{payment.pk:033d}", token="TR7", to_send_units=50_000_000
    )
    return Deposit.objects.create(
        address=address,
        network="tron",
        transaction=f"{payment.pk:064x}",
        log_index=0,
        kind=Deposit.Kind.QUOTED,
        asset="TR7",
        units=50_000_000,
        position=1,
        block_at=now(),
        final=True,
        state="held",
        problem="paid_late",
        worth_minor=5_000,
    )
