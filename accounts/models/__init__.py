from accounts.models.api_keys import ApiKey
from accounts.models.consents import Consent
from accounts.models.creditors import Creditor, Portfolio
from accounts.models.debtors import ContactPoint, Debtor
from accounts.models.debts import Account, AccountHistory
from accounts.models.events import Event, EventSeal
from accounts.models.hardship import HardshipCase, HardshipStatement
from accounts.models.holds import Hold
from accounts.models.imports import ImportChunk, ImportJob, ImportMapping, ImportProblem
from accounts.models.office import OfficeHours
from accounts.models.users import Team, User
from accounts.models.webhooks import WebhookDelivery, WebhookEndpoint
from accounts.models.work import FollowUp, Note, WorkItem, WorkLease, WorkSweep

__all__ = [
    "Account",
    "AccountHistory",
    "ApiKey",
    "Consent",
    "ContactPoint",
    "Creditor",
    "Debtor",
    "Event",
    "EventSeal",
    "FollowUp",
    "HardshipCase",
    "HardshipStatement",
    "Hold",
    "ImportChunk",
    "ImportJob",
    "ImportMapping",
    "ImportProblem",
    "Note",
    "OfficeHours",
    "Portfolio",
    "Team",
    "User",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WorkItem",
    "WorkLease",
    "WorkSweep",
]
