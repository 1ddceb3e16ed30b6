"""What the policy packs ask about, told from plain values: pure, for one person or for millions.

What the platform has no record of and a rule needs is told as `unknown`, which goes to a person; what is simply not
there (no consent, no refusal) is not told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from compliance.gate import COLLECTION, PURPOSES, Purpose
from compliance.packs.actions import UNKNOWN, Action
from compliance.packs.vocabulary import CONTACT
from compliance.places import Places

# Every reminder and word of a failed debit asks for money; the packs call that a demand.
DEMAND, REPLY, CONFIRMATION = "demand", "reply", "opt_out_confirmation"
ASKED = "consumer_initiated_now"
REQUIRED_BY_LAW = frozenset({"legally_required_notice", "required_by_law"})
_REQUIRED = frozenset({"pre_debit_notice"})
_FACT_OF_HOLD: Mapping[str, tuple[str, ...]] = {
    "cease": ("written_cease_or_refusal",),
    "represented": ("debtor.represented",),
    "bankruptcy": ("bankruptcy_petition",),
    "breathing_space": ("breathing_space",),
    "dispute": ("written_dispute", "dispute"),
    "hardship": ("evidence_of_financial_difficulty", "hardship_notice"),
    "deceased": ("deceased",),
}
# Notices that somebody else gives, or gave before we came: only a note in the ledger shows them.
_NOTICES_OF_ROLE: Mapping[str, tuple[str, ...]] = {
    "third_party_collector": ("agency_referral_notice", "agent_notice"),
    "debt_buyer": ("transfer_notice",),
}
# The shortest period after which a debt is barred anywhere we know of.
_SURELY_NOT_BARRED = timedelta(days=3 * 365)
_FREE_MAIL = frozenset({
    "gmail.com", "outlook.com", "hotmail.com", "live.com", "yahoo.com", "icloud.com", "me.com", "aol.com", "gmx.com",
    "proton.me", "protonmail.com", "comcast.net", "verizon.net", "att.net", "sbcglobal.net", "qq.com", "163.com",
    "126.com", "sina.com", "foxmail.com", "yahoo.com.tw", "yahoo.co.uk", "btinternet.com",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Word:
    """The binding word about a channel: granted or refused, when, and whether the person said it themselves."""

    granted: bool
    at: datetime
    by_person: bool = True
    everything: bool = False


@dataclass(frozen=True, slots=True)
class About:
    """A person and one of their debts as the rows tell it. `holds`: kind and when it began, those in force."""

    role: str
    places: Places
    product: str = ""
    due_date: date | None = None
    language: str = ""
    holds: tuple[tuple[str, datetime], ...] = ()


def facts_about(about: About, *, today: date) -> dict[str, Any]:
    """Facts of the person and the debt that are the same for every channel, and for debits."""
    places = about.places
    facts: dict[str, Any] = {
        "role": about.role or UNKNOWN,
        "debtor.countries": list(places.countries),
        "debt.product": about.product,
        "debt.purchased": about.role == "debt_buyer",
        "debtor.language": about.language,
        "autodialled_or_artificial_voice": False,  # people dial; see `channel_facts` for texts
    }
    if places.subdivisions is not None:
        facts["debtor.subdivisions"] = list(places.subdivisions)
    if places.localities is not None:
        facts["debtor.localities"] = list(places.localities)
    if about.due_date is not None:
        facts["due_date"] = about.due_date
        facts["debt.time_barred"] = False if today - about.due_date < _SURELY_NOT_BARRED else UNKNOWN
    for notice in _NOTICES_OF_ROLE.get(about.role, ()):
        facts[notice] = UNKNOWN
    for kind, since in about.holds:
        for name in _FACT_OF_HOLD.get(kind, ()):
            facts[name] = max(since, facts[name]) if name in facts else since
    return facts


def channel_facts(about: About, *, channel: str, word: Word | None) -> dict[str, Any]:
    """Facts about reaching this person by one channel. Texts go out by machine, calls are dialled by people."""
    facts: dict[str, Any] = {"autodialled_or_artificial_voice": channel == "sms"}
    if word is None or not word.granted:
        return facts
    facts["prior_express_consent"] = facts["provable_consent_for_purpose"] = word.at
    # A creditor that collects its own debts heard it itself; what it told an agency is no word to the agency.
    if word.by_person or about.role == "first_party_creditor":
        name = "direct_consent_for_address" if channel == "email" else "direct_consent_for_number"
        facts[name] = facts["consented_to_this_address"] = word.at
    return facts


def purpose_of(purpose: str) -> Purpose:
    return PURPOSES.get(purpose, COLLECTION)


def asked_for(purpose: str) -> bool:
    """Answers to what the person has just done or asked."""
    return not purpose_of(purpose).window


def contact_action(
    *,
    account: str,
    debtor: str,
    channel: str,
    purpose: str,
    address: str = "",
    address_kind: str = "",
    tokens: frozenset[str] | None = None,
    text: str = "",
) -> Action:
    """A contact as the packs see it. `address`: a digest, only ever compared; `tokens` None: not rendered yet."""
    if purpose == CONFIRMATION:
        named = CONFIRMATION
    elif asked_for(purpose):
        named = REPLY
    else:
        named = DEMAND if purpose_of(purpose).needs_debt else purpose
    tags = {purpose, *(REQUIRED_BY_LAW if purpose in _REQUIRED else ()), *((ASKED,) if asked_for(purpose) else ())}
    return Action(
        kind=CONTACT,
        channel=channel,
        debts=(account,),
        person=debtor,
        purpose=named,
        address=address,
        address_kind=address_kind,
        tokens=tokens,
        text=text,
        tags=frozenset(tags),
    )


def kind_of_address(channel: str, value: str) -> str:
    """A mailbox that everybody can have is the person's own; any other may be their employer's."""
    if channel != "email" or not value:
        return ""
    return "personal" if value.rpartition("@")[2].lower() in _FREE_MAIL else UNKNOWN
