"""Where an SMS provider lets whom send debt-collection messages at all, whatever the law says."""

# Twilio refuses third-party debt collection in the US and Canada at registration (30863) and by content (30460).
CARRIERS_REFUSE_THIRD_PARTIES = frozenset({"US", "CA"})
FIRST_PARTY_ROLES = frozenset({"first_party_creditor"})


def sms_allowed(creditor_role: str, country: str) -> bool:
    """Denies by default: an unknown role counts as a third party, an unknown country as one that refuses them."""
    if creditor_role in FIRST_PARTY_ROLES:
        return True
    return bool(country) and country.upper() not in CARRIERS_REFUSE_THIRD_PARTIES
