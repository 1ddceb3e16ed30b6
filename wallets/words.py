"""The reasons of agreements, in words for people."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# Why an agreement is where it is, as the record keeps it; what a person wrote stays as it was written.
MANDATE_REASONS: dict[str, Promise] = {
    "nothing is owed any more": _("nothing is owed any more"),
    "the account is no longer collected": _("the account is no longer collected"),
    "the agreement was not signed": _("the agreement was not signed"),
    "given up before it was signed": _("given up before it was signed"),
    "not signed in time": _("not signed in time"),
    "another agreement is active": _("another agreement is active"),
    "ended by the debtor on our page": _("ended by the debtor on our page"),
    "paused by the debtor on our page": _("paused by the debtor on our page"),
    "the debtor removed the wallet": _("the debtor removed the wallet"),
    "the wallet took a debit back": _("the wallet took a debit back"),
    "said by the provider (notice)": _("the wallet told us"),
    "said by the provider (page)": _("the wallet said so when it was asked"),
    "said by the provider (sweep)": _("the wallet said so when it was asked"),
    "said by the provider (debit)": _("the wallet said so when it was asked"),
    "said by the provider (its last day)": _("its last day is over"),
}
