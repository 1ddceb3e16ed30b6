"""The thirteen rule types: which parameters each may have, which it must have, and what a value must look like."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from compliance.packs import checks as c
from compliance.packs.errors import Place, unknown
from compliance.packs.vocabulary import ACTIONS, COUNTS, OVER, PER, WINDOW_KINDS


@dataclass(frozen=True, slots=True)
class Type:
    """`one_of`: at least one of these must be there, or the rule would decide nothing."""

    fields: Mapping[str, c.Check]
    required: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    pattern: re.Pattern[str] | None = None
    other: c.Check | None = None  # the check of the names that `pattern` allows

    def read(self, value: Any, place: Place) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise c.wrong(value, place, wants="a mapping")
        for key in self.required:
            if key not in value:
                raise c.missing(place.inside(key))
        if self.one_of and not set(self.one_of) & set(value):
            raise c.missing(place.inside("|".join(self.one_of)))
        return {key: self._check(key, place)(one, place.inside(str(key))) for key, one in value.items()}

    def _check(self, key: Any, place: Place) -> c.Check:
        if key in self.fields:
            return self.fields[key]
        if self.other and self.pattern and isinstance(key, str) and self.pattern.fullmatch(key):
            return self.other
        raise unknown("unknown_param", key, known=self.fields, place=place.inside(str(key)))


_WINDOWS = c.list_of(c.window)
_CAP_WINDOW = c.table({"kind": c.choice(*WINDOW_KINDS), "n": c.whole(1)}, required=("kind",))
_AFTER = c.table(
    {"years": c.whole(most=100), "months": c.whole(most=1_200), "days": c.whole(), "after": c.name}, required=("after",)
)
_DUE = c.table({"within_days": c.whole(), "within_business_days": c.whole(), "after": c.name, "before": c.names})
_PERIOD = c.table(
    {"name": c.name, "days": c.whole(), "from": c.name, "assumed_receipt": c.LENGTH}, required=("name", "days")
)
_CONFIRMATION = c.table({"max": c.whole(), "within_min": c.whole(), "marketing": c.flag})
_LOCATION = c.table({"max_per_person": c.whole(), "may_state_debt": c.flag})
_CAPS = c.list_of(c.table({"max": c.whole(), "hours": c.whole(1)}, required=("max", "hours")))
_DIRECTION = c.choice("any", "in", "out")
_DAY_ONE = c.choice("event_date", "next_day")

TYPES: Mapping[str, Type] = {
    "window": Type(
        {
            "allow": _WINDOWS,
            "deny": _WINDOWS,
            "holidays": c.choice("deny", "allow"),
            "calendar": c.name,
            "honour_debtor_windows": c.flag,
        },
        required=("allow",),
    ),
    "cap": Type(
        {
            "count": c.choice(*COUNTS),
            "channels_counted": c.either(c.choice(c.EVERY), c.channels),
            "max": c.whole(),
            "window": _CAP_WINDOW,
            "per": c.among(PER),
            "exclude": c.names,
            "aggregate": c.names,
            "direction": _DIRECTION,
            "unattributed_call_counts_to": c.choice("at_least_one_debt", "no_debt"),
            "grouping": c.table({"student_loans_same_account_number": c.choice("one_debt")}),
        },
        required=("count", "max", "window"),
    ),
    "cooldown": Type(
        {
            "after": c.names,
            "days": c.whole(),
            "hours": c.whole(),
            "minutes": c.whole(),
            "day_one": _DAY_ONE,
            "direction": _DIRECTION,
            "per": c.among(PER),
            "channels_counted": c.either(c.choice(c.EVERY), c.channels),
            "every_debt_discussed": c.flag,
            "exclude": c.names,
        },
        required=("after",),
        one_of=("days", "hours", "minutes"),
    ),
    "consent": Type(
        {"any_of": c.names, "fresh_within_days": c.whole(), "refresh_by": c.names}, required=("any_of",)
    ),
    "opt_out": Type(
        {
            "keywords": c.texts,
            "free_text": c.choice("reasonable_person", "none"),
            "exclusive_channel_allowed": c.flag,
            "honour_within": c.LENGTH,
            "applies_to": c.among(
                (
                    "same_address_or_number", "same_medium", "same_matter_robocalls_and_robotexts",
                    "all_robocalls_and_robotexts_of_caller", "all_channels",
                )
            ),
            "confirmation": _CONFIRMATION,
            "reply_if_consumer_recontacts_on_medium": c.whole(),
            "permits": c.names,
        },
        required=("applies_to",),
    ),
    "audience": Type(
        {
            "allow_recipients": c.names,
            "else": c.choice("block", "review"),
            "deny_address_kinds": c.names,
            "deny_if": c.text,
            "if": c.text,
            "unless": c.names,
            "redirect_to": c.name,
            "location_enquiry": _LOCATION,
        },
        one_of=("allow_recipients", "deny_address_kinds", "deny_if"),
        pattern=re.compile(r"[a-z_]+_only_if"),
        other=c.names,
    ),
    "freeze": Type(
        {
            "trigger": c.names,
            "over": c.among(OVER),
            "blocks": c.among(ACTIONS),
            "days": c.whole(1),
            "day_one": _DAY_ONE,
            "until": c.name,
            "then_days": c.whole(1),
            "permits": c.names,
            "only_within": c.name,
            "portion_only": c.flag,
            "then": c.name,
            "bank_cutoff": c.LENGTH,
            "written_confirmation_days": c.whole(),
            "house": c.name,
        },
        required=("trigger", "over", "blocks"),
        one_of=("days", "until"),
    ),
    "notice": Type(
        {
            "notice": c.name,
            "due": _DUE,
            "period": _PERIOD,
            "fields": c.names,
            "wait": c.LENGTH,
            "else_ok": c.names,
            "bounce_voids": c.flag,
            "safe_harbour": c.name,
            "overshadow_check": c.flag,
        },
        required=("notice",),
        one_of=("due", "wait", "fields", "period"),
    ),
    "content": Type(
        {
            "must_include": c.names,
            "must_not_include": c.names,
            "must_not_require": c.names,
            "may_include": c.names,
            "first": c.names,
            "later": c.names,
            "same_language": c.flag,
            "limited_content_only": c.flag,
            "anything_else": c.choice("is_a_communication", "block"),
            "deliverable": c.name,
            "keepable": c.flag,
            "electronic_requires": c.name,
            "honour_within": c.LENGTH,
        },
        one_of=("must_include", "must_not_include", "must_not_require", "first", "later", "deliverable"),
    ),
    "mandate": Type(
        {
            "form": c.name,
            "fields": c.names,
            "requires": c.names,
            "forbids": c.names,
            "copy_to_consumer": c.flag,
            "may_condition_credit_on_it": c.flag,
            "afa_above": c.amount,
            "afa_above_by_purpose": c.amounts_by_name,
            "expires_when_idle": c.LENGTH,
        },
        one_of=("form", "fields", "requires", "forbids", "afa_above", "expires_when_idle"),
    ),
    "prenotice": Type(
        {
            "when": c.name,
            "lead": c.LENGTH,
            "not_before": c.LENGTH,
            "fields": c.names,
            "unless": c.names,
            "form": c.name,
        },
        required=("when", "lead"),
    ),
    "retry": Type(
        {
            "max": c.whole(),
            "max_retries": c.whole(),
            "max_refusals": c.whole(1),
            "max_consecutive_failures": c.whole(1),
            "within": c.LENGTH,
            "caps": _CAPS,
            "min_gap": c.LENGTH,
            "never_codes": c.codes,
            "retry_codes": c.codes,
            "needs_new_authorisation": c.codes,
            "never_mac": c.codes,
            "wait_mac": c.hours_by_code,
            "wait_codes": c.hours_by_code,
            "same_amount": c.flag,
            "needs_code": c.flag,
            "part_payment": c.flag,
            "entry_description": c.text,
            "reset_on": c.names,
            "per": c.among(PER),
            "across": c.choice("all_rails", "same_rail"),
            "until": c.name,
        },
        one_of=(
            "max", "max_retries", "max_refusals", "max_consecutive_failures", "caps", "never_codes", "retry_codes",
            "needs_new_authorisation", "never_mac", "wait_mac", "wait_codes", "same_amount", "part_payment", "min_gap",
            "needs_code",
        ),
    ),
    "retention": Type(
        {"records": c.names, "keep_until": _AFTER, "max": _AFTER},
        required=("records", "keep_until"),
        pattern=re.compile(r"[a-z_]+"),
        other=_AFTER,
    ),
}  # fmt: skip
