"""Names that mean the same, so that facts from different hands are understood."""

from __future__ import annotations

from functools import lru_cache

_REPLY = (
    "consumer_initiated_now", "debtor_initiated_now", "consumer_initiated", "debtor_initiated",
    "debtor_initiated_reply", "consumer_initiated_reply", "reply_to_consumer",
)  # fmt: skip
_SAME: tuple[tuple[str, ...], ...] = (
    _REPLY,
    ("debtor.represented", "represented", "attorney_represented", "represented_by_attorney"),
    ("bankruptcy_petition", "bankruptcy", "bankruptcy_filed", "bankrupt", "petition_filed"),
    ("written_cease_or_refusal", "written_cease", "written_refusal", "cease_request", "cease_and_desist", "cease"),
    ("written_dispute", "dispute_written"),
    ("written_original_creditor_request", "original_creditor_request"),
    (
        "stop_payment_or_revocation", "stop_payment", "stop_payment_order", "revocation", "mandate_revoked",
        "authorisation_revoked", "authorization_revoked",
    ),
    ("evidence_of_financial_difficulty", "financial_difficulty"),
    ("breathing_space", "breathing_space_entered", "breathing_space_start", "breathing_space_registered"),
    ("legally_required_notice", "statutory_notice", "required_by_law", "legal_notice", "legally_required"),
    ("specified_remedy_notice", "remedy_notice", "may_invoke_remedy", "intends_to_invoke_remedy"),
    ("termination_notice", "collection_termination_notice"),
    ("location_enquiry", "location_inquiry", "location_information"),
    ("verification_sent", "verification_provided", "verification_mailed"),
    ("verification", "dispute_response", "verification_of_debt"),
    ("afa", "afa_done", "afa_completed", "afa_given", "afa_obtained", "additional_factor_authentication"),
    ("esign_101c", "esign_consent", "e_sign_consent"),
    ("new_authorisation", "new_authorization", "reauthorised", "reauthorized"),
    ("new_specific_authorisation", "new_specific_authorization"),
    ("direct_prior_consent_7d", "direct_prior_consent"),
    ("days_past_due", "debt.days_past_due", "dpd"),
    ("due_date", "debt.due_date"),
    ("deceased", "debtor.deceased", "debtor_deceased"),
    ("debtor_unreachable", "unreachable"),
    ("debtor_incapacitated", "incapacitated"),
    ("initial_communication", "first_communication"),
    ("address_bounced", "bounced", "undeliverable"),
)  # fmt: skip
_BY_NAME = {name: group for group in _SAME for name in group}


@lru_cache(maxsize=5_000)
def spellings(name: str) -> tuple[tuple[str, str], ...]:
    """Each of the names, with what owns it when it is written with a point."""
    return tuple((word, word.partition(".")[0] if "." in word else "") for word in also_called(name))


@lru_cache(maxsize=5_000)
def also_called(name: str) -> tuple[str, ...]:
    """The name itself first, then what else it is called, then its last part (`debt.hcstc` is also `hcstc`)."""
    found = [name, *_BY_NAME.get(name, ())]
    owner, _dot, last = name.rpartition(".")
    if owner in ("debt", "debtor"):
        found += [last, *_BY_NAME.get(last, ())]
    elif not owner:
        found += [f"debt.{name}", f"debtor.{name}"]
    return tuple(dict.fromkeys(found))
