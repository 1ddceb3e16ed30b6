from payments.models.deposits import Deposit, DepositAddress
from payments.models.ledger import JournalEntry, LedgerAccount, Posting
from payments.models.links import PaymentLink
from payments.models.payments import Attempt, Payment, ProviderEvent
from payments.models.plans import Instalment, Plan
from payments.models.refunds import Dispute, Refund, SurplusDecision

__all__ = [
    "Attempt",
    "Deposit",
    "DepositAddress",
    "Dispute",
    "Instalment",
    "JournalEntry",
    "LedgerAccount",
    "Payment",
    "PaymentLink",
    "Plan",
    "Posting",
    "ProviderEvent",
    "Refund",
    "SurplusDecision",
]
