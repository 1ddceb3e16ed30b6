"""The settings record of one bank: what its fields, states and codes are called.

Banks open their digital-yuan wallets by contract, each with its own names for the same things; this record holds what
the contract says. Whatever it leaves out is as in `FIELDS` and `PATHS`.
"""

import json
import string
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta, timezone, tzinfo
from typing import Any

from wallets.providers.errors import ConfigError
from wallets.providers.messages import DeclineInfo
from wallets.providers.vocabulary import DeclineCategory, PaymentState, Reason, RefundState

FIELDS = {
    "merchant": "merchant_id",
    "reference": "order_no",
    "amount": "amount",
    "currency": "currency",
    "subject": "subject",
    "notify_url": "notify_url",
    "expires": "expires",
    "timestamp": "timestamp",
    "nonce": "nonce",
    "sign": "sign",
    "code": "code",
    "message": "message",
    "state": "state",
    "bank_reference": "bank_order_no",
    "qr": "qr_code",
    "paid_at": "paid_at",
    "refund_reference": "refund_no",
    "refund_amount": "refund_amount",
    "refund_state": "refund_state",
    "notice_id": "notice_id",
    "day": "day",
    "page": "page",
    "pages": "pages",
    "lines": "lines",
}
NEEDED_PATHS = ("create", "query")
KNOWN_PATHS = frozenset({"create", "query", "close", "refund", "refund_query", "statement"})
UNITS = ("minor", "major")
SIGNATURES = ("RSA-SHA256",)
MOST_OFFSET = 14


@dataclass(frozen=True, kw_only=True)
class Record:
    name: str
    currency: str
    paths: Mapping[str, str]
    fields: Mapping[str, str]
    unit: str
    zone: tzinfo
    ok: str
    missing: frozenset[str]
    used: frozenset[str]
    slow_down: frozenset[str]
    declines: Mapping[str, tuple[DeclineCategory, Reason]]
    states: Mapping[str, PaymentState]
    refund_states: Mapping[str, RefundState]
    alphabet: str
    longest: int
    smallest: int
    largest: int | None
    reply: str

    def classify(self, code: str, message: str = "") -> DeclineInfo:
        """An unlisted code is an unknown outcome, never a failure."""
        category, reason = self.declines.get(code, (DeclineCategory.UNKNOWN_OUTCOME, Reason.UNMAPPED))
        return DeclineInfo(category=category, reason=reason, code=code[:40], message=message[:200])


def read(source: Any) -> Record:
    """From JSON text or an object; raises `ConfigError` naming what is missing or unknown."""
    try:
        raw = json.loads(source) if isinstance(source, str) else dict(source)
        return _record(raw)
    except KeyError as error:
        raise ConfigError(f"Bank gateway: the record lacks {error}. See the bank's interface document.") from error
    except (TypeError, ValueError, AttributeError) as error:
        raise ConfigError(f"Bank gateway: the record cannot be read: {error}.") from error


def _record(raw: Mapping[str, Any]) -> Record:
    _check(raw)
    codes, limits, reference = raw["codes"], raw.get("limits", {}), raw.get("reference", {})
    offset = int(raw.get("utc_offset_hours", 8))
    return Record(
        name=str(raw["name"]),
        currency=str(raw.get("currency", "CNY")),
        paths=dict(raw["paths"]),
        fields={**FIELDS, **raw.get("fields", {})},
        unit=str(raw.get("amount_unit", "minor")),
        zone=timezone(timedelta(hours=offset)),
        ok=str(codes["ok"]),
        missing=frozenset(codes["missing"]),
        used=frozenset(codes.get("used", ())),
        slow_down=frozenset(codes.get("slow_down", ())),
        declines=_declines(codes.get("declines", {})),
        states={name: PaymentState(state) for name, state in raw["states"].items()},
        refund_states={name: RefundState(state) for name, state in raw.get("refund_states", {}).items()},
        alphabet=str(reference.get("alphabet", string.digits + string.ascii_letters)),
        longest=int(reference.get("length", 32)),
        smallest=int(limits.get("smallest", 1)),
        largest=limits.get("largest"),
        reply=str(raw.get("notice_reply", "SUCCESS")),
    )


def _check(raw: Mapping[str, Any]) -> None:
    signature = raw.get("signature", SIGNATURES[0])
    if signature not in SIGNATURES:
        message = f"Bank gateway: signature {signature!r} cannot be made here; only {', '.join(SIGNATURES)} can."
        raise ConfigError(f"{message} SM2 needs a signing module: see docs/decisions/0011.")
    if raw.get("amount_unit", "minor") not in UNITS:
        raise ValueError(f"amount_unit must be one of {', '.join(UNITS)}")
    lacking = [name for name in NEEDED_PATHS if name not in raw["paths"]]
    if lacking:
        raise ValueError(f"there is no path for {', '.join(lacking)}")
    unknown = {*raw["paths"]} - KNOWN_PATHS | {*raw.get("fields", {})} - {*FIELDS}
    if unknown:
        raise ValueError(f"nothing is called {', '.join(sorted(unknown))}")
    names = [*{**FIELDS, **raw.get("fields", {})}.values()]
    if len(set(names)) != len(names):
        raise ValueError("two fields have the same name")


def _declines(table: Mapping[str, Any]) -> dict[str, tuple[DeclineCategory, Reason]]:
    """`{"retry_later/insufficient_funds": ["1001", ...]}` by code."""
    found: dict[str, tuple[DeclineCategory, Reason]] = {}
    for meaning, listed in table.items():
        category, _slash, reason = meaning.partition("/")
        found |= {str(code): (DeclineCategory(category), Reason(reason)) for code in listed}
    return found
