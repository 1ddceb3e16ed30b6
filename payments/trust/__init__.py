"""The trust account: what the wallets pay out to our bank, and whose it is. Callers import from here."""

from payments.trust.moving import confirm_arrival, record_arrival, reject_arrival, return_arrival

__all__ = ["confirm_arrival", "record_arrival", "reject_arrival", "return_arrival"]
