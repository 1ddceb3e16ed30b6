"""What goes into a provider and what comes out: frozen values, no transport, no database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from common.money import Money
from wallets.providers.deposits import Deposit, DepositIssue, Quote
from wallets.providers.paid_with import PaidWith
from wallets.providers.retrying import RetryRules
from wallets.providers.vocabulary import (
    ActionKind,
    Capability,
    Channel,
    Claim,
    DeclineCategory,
    EventKind,
    IdempotencyKind,
    MandateState,
    PaymentState,
    PeriodUnit,
    Reason,
    RefundState,
)


@dataclass(frozen=True, kw_only=True)
class Descriptor:
    """What a provider can do. Amounts are minor units; `idempotency_lifetime=None` means for ever.

    `amount_steps`, `min_amounts` and `max_amounts` say by currency what differs from the one value for all; read them
    through `step`, `lowest` and `highest`. The smallest and the largest amount are whole numbers of steps.

    `mandate_period`: the unit in which its mandates count their periods; MONTH means calendar months.
    `asks_referrer`: its pages open only for who comes from our registered site, and the browser has to say so.
    `shut_in_own_app`: nothing can be paid in the browser inside its own app.
    `names_payer_in_own_app`: there the app itself is the page (an SDK action), for a payer it has named before: see
    `payer_page`. A page to open (a redirect) does not work there.
    `ends_silently`: its agreements may run out without a notice, so one is asked about before each charge.
    `returns_to_referrer`: after signing on a phone it leads back to the very page the payer came from.
    """

    key: str
    display_name: str
    capabilities: frozenset[Capability]
    currencies: frozenset[str]
    reference_alphabet: str
    reference_max_length: int
    reference_min_length: int = 1
    idempotency: IdempotencyKind
    idempotency_lifetime: timedelta | None = None
    amount_step: int = 1
    min_amount: int = 1
    max_amount: int | None = None
    mandate_period: PeriodUnit = PeriodUnit.DAY
    asks_referrer: bool = False
    shut_in_own_app: bool = False
    names_payer_in_own_app: bool = False
    ends_silently: bool = False
    returns_to_referrer: bool = False
    pending_after: timedelta = timedelta(minutes=5)
    unknown_after: timedelta = timedelta(hours=24)
    amount_steps: Mapping[str, int] = field(default_factory=dict)
    min_amounts: Mapping[str, int] = field(default_factory=dict)
    max_amounts: Mapping[str, int] = field(default_factory=dict)
    retries: RetryRules = field(default_factory=RetryRules)

    def can(self, capability: Capability) -> bool:
        return capability in self.capabilities

    def step(self, currency: str) -> int:
        return self.amount_steps.get(currency, self.amount_step)

    def lowest(self, currency: str) -> int:
        return self.min_amounts.get(currency, self.min_amount)

    def highest(self, currency: str) -> int | None:
        return self.max_amounts.get(currency, self.max_amount)


@dataclass(frozen=True, kw_only=True)
class DeclineInfo:
    category: DeclineCategory
    reason: Reason
    code: str
    message: str = ""


@dataclass(frozen=True, kw_only=True)
class Action:
    """`url` to open, or `payload` to show (QR text, deposit address) or to hand to a wallet's SDK.

    Where the payer sends another currency than is owed: `amount` is exactly what to send, `rate` how it was reckoned
    ("1 USDT = 7.11 CNY") and `network` where it must be sent.
    """

    kind: ActionKind
    url: str = ""
    payload: str = ""
    expires_at: datetime | None = None
    amount: Money | None = None
    rate: str = ""
    network: str = ""


@dataclass(frozen=True, kw_only=True)
class PaymentRequest:
    """A one-off payment. `payer_hint` is what a push prompt needs (a phone number, E.164), empty elsewhere.

    `save_method`: the payer agreed that the wallet may be remembered; needs `MANDATE_WITH_PAYMENT`.
    `saved_ref`: the remembered wallet (`mandate_ref` of what was saved) the payer, who is here, confirmed this payment
    with; needs `PAY_WITH_SAVED`. It is paid at once, declined, or asks the payer for one thing more by its action.
    `agreement`: terms to be signed in the same step; needs `AGREEMENT_WITH_PAYMENT`. Look it up like any mandate.
    """

    merchant_ref: str
    amount: Money
    subject: str
    notify_url: str
    return_url: str = ""
    channel: Channel = Channel.PHONE
    expires_at: datetime | None = None
    payer_hint: str = field(default="", repr=False)
    client_ip: str = field(default="", repr=False)
    save_method: bool = False
    saved_ref: str = field(default="", repr=False)
    agreement: "MandateRequest | None" = None


@dataclass(frozen=True, kw_only=True)
class Dispute:
    """The payer's claim to `amount`, all of a payment or a part; `gone` is false once we were given it back."""

    reference: str
    amount: Money
    gone: bool
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class PaymentResult:
    """`found=False`: the provider has no such payment *yet*; that alone never proves it was not received.

    `saved` is what the provider kept of the payer's wallet, where `save_method` asked for it.
    `paid_with` is what the payer chose at a provider that offers several ways, as soon as it tells.
    `refunded` is the sum of all refunds; `refunds` and `disputes` name them where the provider tells them apart. A
    dispute of a part leaves the state at `succeeded`.
    Chains only: `quote` (store it when the payment is created), `deposits`, and `issues` for an operator.
    """

    state: PaymentState
    merchant_ref: str
    provider_ref: str = ""
    amount: Money | None = None
    action: Action | None = None
    decline: DeclineInfo | None = None
    paid_at: datetime | None = None
    refunded: Money | None = None
    refunds: "tuple[RefundResult, ...]" = ()
    disputes: tuple[Dispute, ...] = ()
    saved: "MandateResult | None" = None
    paid_with: PaidWith | None = None
    quote: Quote | None = None
    deposits: tuple[Deposit, ...] = ()
    issues: tuple[DepositIssue, ...] = ()
    found: bool = True


@dataclass(frozen=True, kw_only=True)
class MandateTerms:
    """What the debtor agrees to: at most `single_limit` once every `period` units, from `first_charge_on`."""

    single_limit: Money
    period_unit: PeriodUnit
    period: int
    first_charge_on: date
    total_limit: Money | None = None
    total_payments: int | None = None
    valid_until: date | None = None


@dataclass(frozen=True, kw_only=True)
class MandateRequest:
    """`merchant_ref`: our own number of the agreement; `login_ref`: a stable id of the debtor without personal data.

    `payer_hint` is what a prompt on the payer's phone needs (its number, E.164), empty elsewhere.
    `in_own_app`: the payer looks at us in the browser inside this wallet's own app.
    """

    merchant_ref: str
    terms: MandateTerms
    subject: str
    notify_url: str
    return_url: str = ""
    channel: Channel = Channel.PHONE
    login_ref: str = ""
    payer_hint: str = field(default="", repr=False)
    client_ip: str = field(default="", repr=False)
    in_own_app: bool = False


@dataclass(frozen=True, kw_only=True)
class MandateResult:
    """`hint` is what the payer recognises a saved wallet by, never more than its last four digits."""

    state: MandateState
    merchant_ref: str = ""
    mandate_ref: str = ""
    payer_ref: str = field(default="", repr=False)
    action: Action | None = None
    decline: DeclineInfo | None = None
    signed_at: datetime | None = None
    ended_at: datetime | None = None
    valid_until: datetime | None = None
    next_charge_on: date | None = None
    single_limit: Money | None = None
    hint: str = ""
    found: bool = True


@dataclass(frozen=True, kw_only=True)
class MandateSnapshot:
    """The mandate as we store it, handed over for one charge. `last_charged_on` is the date of the last success.

    `announced_at` is when the provider took the notice of this charge; `None` where it is not known or not needed.
    """

    mandate_ref: str
    merchant_ref: str
    state: MandateState
    terms: MandateTerms
    next_charge_on: date | None = None
    last_charged_on: date | None = None
    charged_count: int = 0
    charged_total: Money | None = None
    signed_at: datetime | None = None
    announced_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class ChargeWindow:
    """When this charge may be sent. `opens_at=None` means never under this mandate; `decline` says why."""

    open_now: bool
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    notice_by: datetime | None = None
    decline: DeclineInfo | None = None


@dataclass(frozen=True, kw_only=True)
class ChargeRequest:
    merchant_ref: str
    mandate: MandateSnapshot
    amount: Money
    subject: str
    notify_url: str
    due_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class RefundRequest:
    """`merchant_ref` names the payment, `refund_ref` this refund; repeating the same pair moves money at most once."""

    merchant_ref: str
    refund_ref: str
    amount: Money
    provider_ref: str = ""
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class RefundResult:
    state: RefundState
    refund_ref: str
    merchant_ref: str = ""
    provider_ref: str = ""
    amount: Money | None = None
    decline: DeclineInfo | None = None
    refunded_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class HttpIn:
    """An inbound call, raw: `body` is the bytes as received, header names are lower-case."""

    method: str
    path: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    query: str = ""
    received_at: datetime | None = None
    client_ip: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class HttpOut:
    status: int
    body: bytes
    content_type: str = "text/plain; charset=utf-8"


@dataclass(frozen=True, kw_only=True)
class Event:
    """One thing a verified webhook says. `confirm_first`: ask `get_payment`/`get_mandate` before acting on it. Money is
    asked about in any case; the end of an agreement holds at once unless it is to be confirmed.

    `claim`: the payer complained of `payment` at the wallet, or that is over. It moves no money: a person is told.
    `facts` is safe to store: provider field names and values without personal data.
    """

    kind: EventKind
    dedupe_key: str
    type: str
    occurred_at: datetime | None = None
    payment: PaymentResult | None = None
    mandate: MandateResult | None = None
    refund: RefundResult | None = None
    confirm_first: bool = False
    claim: Claim | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class StatementLine:
    """One line of the provider's own books. `amount` is positive for money in, negative for money out; `fee` is
    positive for what was taken from us, negative for what was given back."""

    kind: EventKind
    merchant_ref: str
    provider_ref: str
    amount: Money
    fee: Money
    booked_at: datetime
    refund_ref: str = ""
