"""What is about to be done, and what was done before: as typed values, read from plain mappings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, tzinfo
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from compliance.packs.errors import PackError, Place, unknown
from compliance.packs.expressions import number
from compliance.packs.vocabulary import CHANNELS, CONTACT, DEBIT, SAME_ACTION, SAME_CHANNEL

UNKNOWN = "unknown"
SELF = "consumer"
SAME_PERSON = frozenset({"consumer", "debtor", "borrower", "customer", "self", "me"})
_SAME_WHO = {"lawyer": "attorney", "counsel": "attorney", "credit_bureau": "cra", "surety": "guarantor"}
IN_WORDS = frozenset({"in", "inbound", "received", "incoming"})
FAILED = frozenset({"failed", "refused", "declined", "returned", "bounced", "rejected", "nsf"})
WORKED = frozenset({"succeeded", "success", "paid", "settled", "approved", "collected"})
OPEN = frozenset({"unknown", "pending", "submitted", "in_flight"})
# Ledger lines that are neither a contact nor a debit: something became known.
RECORDS = frozenset({"note", "event", "system", "file", "court", "register"})


@dataclass(frozen=True, slots=True)
class Action:
    """`tokens` are the pieces of wording of the rendered message; None: not rendered yet."""

    kind: str
    channel: str = ""
    rail: str = ""
    rails: frozenset[str] = frozenset()
    debts: tuple[str, ...] = ()
    person: str = ""
    mandate: str = ""
    agreement: str = ""
    amount: Decimal | None = None
    purpose: str = ""
    notice: str = ""
    who: str = SELF
    address: str = ""
    address_kind: str = ""
    tokens: frozenset[str] | None = None
    text: str = ""
    part: bool = False
    tags: frozenset[str] = frozenset()
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the history. `debts` empty: nobody wrote down which debt it was about."""

    at: datetime
    channel: str = ""
    inbound: bool = False
    debts: frozenset[str] = frozenset()
    person: str = ""
    mandate: str = ""
    agreement: str = ""
    amount: Decimal | None = None
    code: str = ""
    mac: str = ""
    rail: str = ""
    tags: frozenset[str] = frozenset()
    who: str = SELF
    by: str = ""
    address: str = ""
    account: str = ""
    text: str = ""

    @property
    def is_debit(self) -> bool:
        return self.channel == DEBIT

    @property
    def failed(self) -> bool:
        return bool(self.tags & FAILED) or (bool(self.code or self.mac) and not self.tags & (WORKED | OPEN))

    @property
    def worked(self) -> bool:
        """A debit of which nobody said that it failed or is still open."""
        return not self.failed and not self.tags & OPEN

    @property
    def is_attempt(self) -> bool:
        return not self.inbound and bool(self.channel) and self.channel not in RECORDS and not self.is_debit


def aware(moment: datetime, zone: tzinfo) -> datetime:
    """Times written without an offset are the debtor's own."""
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def read_moment(value: Any, *, zone: tzinfo, place: Place) -> datetime:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            value = None
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time.min)
    if not isinstance(value, datetime):
        raise PackError(
            "bad_moment",
            place=place,
            problem=_("This is not a moment."),
            todo=_("Write it like 2026-11-24T10:00:00+01:00, in quotes."),
        )
    return aware(value, zone)


def read_channel(value: Any, place: Place) -> str:
    word = SAME_CHANNEL.get(str(value), str(value))
    if word not in CHANNELS and word not in RECORDS and word != DEBIT:
        raise unknown("unknown_channel", value, known=CHANNELS | RECORDS | {DEBIT}, place=place)
    return word


_TOKEN_FIELDS = (
    "content",
    "contents",
    "contains",
    "includes",
    "include",
    "tokens",
    "elements",
    "wording",
    "must_include",
)
_SCALARS = ("person", "mandate", "agreement", "purpose", "notice")


def read_action(raw: Mapping[str, Any], *, place: Place) -> Action:
    to = _recipient(raw, "recipient")
    kind = str(raw.get("kind") or (DEBIT if raw.get("rail") else CONTACT))
    rails = {str(raw[key]) for key in ("rail", "network", "scheme", "card_network") if raw.get(key)}
    message = raw.get("message")
    text = raw.get("text") or raw.get("body") or (message if isinstance(message, str) else "")
    return Action(
        kind=SAME_ACTION.get(kind, kind),
        channel=read_channel(raw["channel"], place.inside("channel")) if raw.get("channel") else "",
        rail=str(raw.get("rail") or ""),
        rails=frozenset(rails),
        debts=_debts(raw),
        amount=_amount(raw.get("amount"), place),
        who=_who(to.get("who", to.get("recipient")), told="who" in to and to["who"] is None and "to" in raw),
        address=str(to.get("address") or raw.get("address") or ""),
        address_kind=_kind_of_address(to, raw),
        tokens=_tokens(raw, message),
        text=str(text),
        part=bool(raw.get("part") or raw.get("partial") or raw.get("part_payment")),
        tags=_words(raw.get("tags")),
        more=raw,
        **{key: str(raw.get(key) or "") for key in _SCALARS},
    )


def _recipient(raw: Mapping[str, Any], other: str) -> Mapping[str, Any]:
    to = raw.get("to")
    return to if isinstance(to, Mapping) else {"who": raw.get("to", raw.get(other))}


def _debts(raw: Mapping[str, Any]) -> tuple[str, ...]:
    listed = raw.get("debts", raw.get("debt", raw.get("account")))
    if listed is None:
        return ()
    return tuple(str(one) for one in listed) if isinstance(listed, list | tuple) else (str(listed),)


def _who(value: Any, *, told: bool) -> str:
    if value is None:
        return UNKNOWN if told else SELF
    who = str(value)
    return SELF if who in SAME_PERSON else _SAME_WHO.get(who, who)


def _kind_of_address(to: Mapping[str, Any], raw: Mapping[str, Any]) -> str:
    for source in (to, raw):
        if "address_kind" in source:
            return UNKNOWN if source["address_kind"] is None else str(source["address_kind"])
    return str(to.get("kind") or "")


def _tokens(raw: Mapping[str, Any], message: Any) -> frozenset[str] | None:
    found = [raw[key] for key in _TOKEN_FIELDS if key in raw]
    if isinstance(message, Mapping):
        found += [message[key] for key in _TOKEN_FIELDS if key in message]
    elif isinstance(message, list):
        found.append(message)
    if not found:
        return None
    return frozenset(word for one in found for word in _words(one))


def _words(value: Any) -> frozenset[str]:
    if value is None:
        return frozenset()
    if isinstance(value, Mapping):
        return frozenset(str(key) for key, one in value.items() if one)
    return frozenset(str(one) for one in value) if isinstance(value, list | tuple | set) else frozenset({str(value)})


def _amount(value: Any, place: Place) -> Decimal | None:
    if value is None:
        return None
    exact = number(value)
    if exact is None:
        raise PackError("bad_amount", place=place.inside("amount"), problem=_("This is not an amount of money."))
    return exact


_ENTRY_TAGS = ("tags", "tag", "outcome", "outcomes", "result", "event", "purpose", "notice")


def read_entry(raw: Any, *, zone: tzinfo, place: Place) -> Entry:
    if not isinstance(raw, Mapping) or "at" not in raw:
        raise PackError("bad_entry", place=place, problem=_("A line of the history needs its time, as `at`."))
    to = _recipient(raw, "who")
    channel = raw.get("channel") or (DEBIT if raw.get("kind") == DEBIT else "note")
    return Entry(
        at=read_moment(raw["at"], zone=zone, place=place.inside("at")),
        channel=read_channel(channel, place.inside("channel")),
        inbound=str(raw.get("direction", "out")) in IN_WORDS,
        debts=frozenset(_debts(raw)),
        person=str(raw.get("person") or raw.get("debtor") or ""),
        mandate=str(raw.get("mandate") or ""),
        agreement=str(raw.get("agreement") or ""),
        amount=_amount(raw.get("amount"), place),
        code=_code(raw.get("code")),
        mac=_code(raw.get("mac")),
        rail=str(raw.get("rail") or ""),
        tags=frozenset(word for key in _ENTRY_TAGS for word in _words(raw.get(key))),
        who=_who(to.get("who"), told=False),
        by=str(raw.get("by") or raw.get("actor") or raw.get("agency") or raw.get("source") or ""),
        address=str(to.get("address") or raw.get("address") or raw.get("from") or ""),
        account=str(raw.get("account_number") or raw.get("account") or ""),
        text=str(raw.get("text") or raw.get("body") or ""),
    )


def _code(value: Any) -> str:
    return "" if value is None else str(value).strip().upper()
