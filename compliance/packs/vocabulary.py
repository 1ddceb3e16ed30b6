"""The words of `policy-pack/1`: what a pack may say, in one place."""

from __future__ import annotations

from collections.abc import Mapping

SCHEMA = "policy-pack/1"
STATUSES = ("draft", "signed_off", "in_force", "superseded")
STRENGTHS = ("law", "presumption", "safe_harbour", "guidance", "scheme", "house")
ROLES = frozenset({"third_party_collector", "debt_buyer", "first_party_creditor"})
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SEEN = ("seen", "seen-secondary", "known", "house", "draft")

CHANNELS = frozenset({
    "voice", "voicemail", "voicemail_drop", "sms", "mms", "email", "letter", "push", "web_push", "social", "visit",
    "whatsapp", "rcs", "in_app", "inbox", "chat", "fax",
})  # fmt: skip
# A rule about the first also binds the others: a voicemail drop is a call to whoever hears it.
CHANNEL_FAMILIES: Mapping[str, frozenset[str]] = {
    "voice": frozenset({"voice", "voicemail", "voicemail_drop"}),
    "voicemail": frozenset({"voicemail", "voicemail_drop"}),
    "sms": frozenset({"sms", "mms"}),
    "push": frozenset({"push", "web_push"}),
}
SAME_CHANNEL: Mapping[str, str] = {
    "call": "voice", "phone": "voice", "text": "sms", "e-mail": "email", "e_mail": "email", "mail": "email",
    "post": "letter", "ringless_voicemail": "voicemail_drop",
}  # fmt: skip
# Rails are an open list (adapters come and go); these are the ones a misspelt rail is held against.
RAILS = frozenset({
    "ach", "debit_card", "credit_card", "prepaid_wallet", "wallet", "card", "card_cpa", "card_emandate", "upi_autopay",
    "ppi", "nach", "visa", "mastercard", "amex", "unionpay", "sepa_dd", "bacs_dd", "pix_automatico", "becs_dd",
    "daishou", "direct_debit",
})  # fmt: skip
RAIL_FAMILIES: Mapping[str, frozenset[str]] = {
    "card": frozenset({"card", "visa", "mastercard", "amex", "unionpay", "debit_card", "credit_card", "card_cpa"}),
    "card_cpa": frozenset({"card_cpa"}),
}
CONTACT, DEBIT, FURNISH, DELETE = "contact", "debit", "furnish", "delete"
ACTIONS = frozenset({CONTACT, DEBIT, FURNISH, DELETE, "demand", "interest", "enforce", "visit", "suit", "sell"})
SAME_ACTION: Mapping[str, str] = {"erase": DELETE, "purge": DELETE, "charge": DEBIT, "pull": DEBIT, "report": FURNISH}
UNITS = ("minutes", "hours", "days", "business_days", "months", "years")
WINDOW_KINDS = ("rolling_days", "rolling_hours", "calendar_day", "calendar_week", "calendar_month")
COUNTS = ("attempts", "contacts", "conversations")
PER = ("person", "debt", "account", "agreement", "mandate", "address")
OVER = ("person", "debt", "mandate", "joint_debtors", "address", "agreement")
