from payments.models.accrual import (
    AccountFact,
    AccrualState,
    AllocationOrder,
    FeeRule,
    InterestTerms,
    ReplayDue,
    RuleChange,
)
from payments.models.debt_disputes import DebtDispute, DisputeEvidence, DisputeRemark
from payments.models.deposits import Deposit, DepositAddress
from payments.models.guard_rails import PlanRail
from payments.models.ledger import JournalEntry, LedgerAccount, Posting
from payments.models.links import PaymentLink
from payments.models.moves import AccountMove, Agency, EndRule
from payments.models.payments import Attempt, Payment, ProviderEvent
from payments.models.plans import Instalment, Plan
from payments.models.promises import Promise, PromisePart, PromiseRule, QuietPeriod
from payments.models.reconciliation import Expectation, LedgerReading, ReconciliationItem, StatementLine, StatementRun
from payments.models.refunds import Dispute, Refund, SurplusDecision
from payments.models.remittance import CommissionTerms, Remittance, RemittanceLine
from payments.models.retries import RetryDecision, RetryFold, RetryStatistic
from payments.models.transfers import BankTransfer, TransferStep
from payments.models.trust import TrustTransfer
from payments.models.validation import ValidationNotice

__all__ = [
    "AccountFact",
    "AccountMove",
    "AccrualState",
    "Agency",
    "AllocationOrder",
    "Attempt",
    "BankTransfer",
    "CommissionTerms",
    "DebtDispute",
    "Deposit",
    "DepositAddress",
    "Dispute",
    "DisputeEvidence",
    "DisputeRemark",
    "EndRule",
    "Expectation",
    "FeeRule",
    "Instalment",
    "InterestTerms",
    "JournalEntry",
    "LedgerAccount",
    "LedgerReading",
    "Payment",
    "PaymentLink",
    "Plan",
    "PlanRail",
    "Posting",
    "Promise",
    "PromisePart",
    "PromiseRule",
    "ProviderEvent",
    "QuietPeriod",
    "ReconciliationItem",
    "Refund",
    "Remittance",
    "RemittanceLine",
    "ReplayDue",
    "RetryDecision",
    "RetryFold",
    "RetryStatistic",
    "RuleChange",
    "StatementLine",
    "StatementRun",
    "SurplusDecision",
    "TransferStep",
    "TrustTransfer",
    "ValidationNotice",
]
