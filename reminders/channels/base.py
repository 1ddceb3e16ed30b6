"""What a message channel promises: values in, values out, no database.

The contract for whoever sends:

* `send` and `send_all` never raise for what a provider may answer; refusals and silence are results.
* UNKNOWN means the message may have left. Ask `look_up` before sending it again. `look_up` answers None only when the
  provider says it never got the message, which is the one case where sending again cannot duplicate.
* A callback may come twice, late or out of order: keep each `dedupe_key` once, apply it only if `supersedes` says so.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from urllib.parse import parse_qsl


class Outcome(StrEnum):
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


class Affects(StrEnum):
    """Who has to do something about a refusal."""

    ADDRESS = "address"  # this number or mailbox does not work: mark the contact point
    OPT_OUT = "opt_out"  # the person does not want it: withdraw consent, never send again
    TEMPLATE = "template"  # the content was filtered: stop the template
    OPERATOR = "operator"  # our account, key or sender: nobody's retries are to be spent on it
    LATER = "later"  # nobody: try again, at most `max_retries` times


class DeliveryState(StrEnum):
    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    CLICKED = "clicked"
    COMPLAINED = "complained"
    OPTED_OUT = "opted_out"


# A mailbox may bounce after its server said "delivered", and a click proves delivery whatever came before.
DELIVERY_RANK: Mapping[DeliveryState, int] = {state: rank for rank, state in enumerate(DeliveryState)}


def supersedes(new: DeliveryState, old: DeliveryState | None) -> bool:
    """Whether a receipt may move a message on; false for the same state again or a late earlier one."""
    return old is None or DELIVERY_RANK[new] > DELIVERY_RANK[old]


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a provider's error code means to us, in our stable vocabulary."""

    reason: str
    permanent: bool
    affects: Affects
    max_retries: int | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    filename: str
    content: bytes
    mime_type: str = "application/pdf"


@dataclass(frozen=True, slots=True)
class OutboundMessage:
    """One message ready to leave; `message_id` is ours, unique, and the provider's reference wherever it takes one.

    `from_` empty means the channel's configured sender. `unsubscribe_url` answers a one-click POST (e-mail only).
    """

    message_id: str
    to: str
    text: str
    from_: str = ""
    subject: str = ""
    html: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, hash=False)
    attachments: tuple[Attachment, ...] = ()
    language: str = "en"
    callback_url: str = ""
    unsubscribe_url: str = ""


@dataclass(frozen=True, slots=True)
class SendResult:
    """What became of one sending. `state` is set when accepted; `reason`, `code` and `affects` when rejected."""

    outcome: Outcome
    provider_ref: str = ""
    state: DeliveryState | None = None
    reason: str = ""
    code: str = ""
    permanent: bool = False
    affects: Affects | None = None
    max_retries: int | None = None
    retry_after: int | None = None  # seconds

    @classmethod
    def accepted(cls, provider_ref: str, state: DeliveryState = DeliveryState.QUEUED) -> "SendResult":
        return cls(Outcome.ACCEPTED, provider_ref=provider_ref, state=state)

    @classmethod
    def rejected(cls, meaning: Meaning, *, code: str = "", retry_after: int | None = None) -> "SendResult":
        return cls(
            Outcome.REJECTED,
            reason=meaning.reason,
            code=code,
            permanent=meaning.permanent,
            affects=meaning.affects,
            max_retries=meaning.max_retries,
            retry_after=retry_after,
        )

    @classmethod
    def unknown(cls, reason: str) -> "SendResult":
        return cls(Outcome.UNKNOWN, reason=reason)


@dataclass(frozen=True, slots=True)
class HttpIn:
    """A provider's call to us. `url` is the public address it called, rebuilt from settings, never from Host."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers.items() if key.lower() == name.lower()), "")

    def form(self) -> list[tuple[str, str]]:
        return parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True)


@dataclass(frozen=True, slots=True)
class ReceiptEvent:
    """What a provider says about a message it took. Find the row by `message_id`, else by `provider_ref`."""

    dedupe_key: str
    provider_ref: str
    state: DeliveryState
    message_id: str = ""
    reason: str = ""
    code: str = ""
    permanent: bool = False
    affects: Affects | None = None
    max_retries: int | None = None


class Keyword(StrEnum):
    """The one word an inbound message consists of, when the channel itself gives it a meaning."""

    STOP = "stop"
    START = "start"
    HELP = "help"


@dataclass(frozen=True, slots=True)
class InboundText:
    """A debtor's answer. `answered_by_provider`: it already replied to the keyword, so we must not."""

    dedupe_key: str
    provider_ref: str
    from_: str
    to: str
    text: str
    keyword: Keyword | None = None
    answered_by_provider: bool = False


class Channel(Protocol):
    key: str

    def send(self, message: OutboundMessage) -> SendResult: ...

    def send_all(self, messages: Iterable[OutboundMessage]) -> Iterator[tuple[OutboundMessage, SendResult]]:
        """Sends many at once, as concurrently as the channel can; yields each result when it is known, in any order."""
        ...

    def look_up(self, message: OutboundMessage, *, sent_after: datetime) -> SendResult | None:
        """What the provider knows of a message of unknown fate; None: it never got it; UNKNOWN: it cannot say."""
        ...

    def parse_callback(self, request: HttpIn) -> list[ReceiptEvent]:
        """Raises InvalidCallback when the request is not provably the provider's."""
        ...

    def parse_inbound(self, request: HttpIn) -> list[InboundText]:
        """Raises InvalidCallback when the request is not provably the provider's."""
        ...
