"""The fields a placement may carry, in the order they are shown."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


@dataclass(frozen=True)
class Field:
    name: str
    label: str | Promise
    group: str = "account"
    required: bool = False


FIELDS = (
    Field("account_reference", _("Account reference"), required=True),
    Field("product", _("Product")),
    Field("segment", _("Segment")),
    Field("currency", _("Currency"), group="amounts"),
    Field("balance", _("Balance"), group="amounts"),
    Field("principal", _("Principal"), group="amounts"),
    Field("interest", _("Interest"), group="amounts"),
    Field("fees", _("Fees"), group="amounts"),
    Field("costs", _("Costs"), group="amounts"),
    Field("credit_limit", _("Credit limit"), group="amounts"),
    Field("due_date", _("Due date")),
    Field("days_past_due", _("Days past due")),
    Field("customer_reference", _("Customer reference"), group="person"),
    Field("name", pgettext_lazy("of a person", "Name"), group="person"),
    Field("given_name", _("Given name"), group="person"),
    Field("family_name", _("Family name"), group="person"),
    Field("birth_date", _("Birth date"), group="person"),
    Field("birth_year", _("Birth year"), group="person"),
    Field("country", _("Country"), group="person"),
    Field("language", _("Language"), group="person"),
    Field("time_zone", _("Time zone"), group="person"),
    Field("emails", _("E-mails"), group="contact"),
    Field("emails_2", _("More e-mails"), group="contact"),
    Field("phones", _("Phones"), group="contact"),
    Field("phones_2", _("More phones"), group="contact"),
    Field("phones_3", _("Still more phones"), group="contact"),
    Field("address", _("Address"), group="contact"),
    Field("city", _("City"), group="contact"),
    Field("region", _("State or province"), group="contact"),
    Field("postcode", _("Postcode"), group="contact"),
    Field("consent_all", _("Consent to be contacted"), group="consent"),
    Field("consent_email", _("Consent to e-mail"), group="consent"),
    Field("consent_sms", _("Consent to text messages"), group="consent"),
    Field("consent_call", _("Consent to calls"), group="consent"),
)
BY_NAME = {field.name: field for field in FIELDS}
PARTS = ("principal", "interest", "fees", "costs")
AMOUNTS = ("balance", *PARTS, "credit_limit")
DATES = ("due_date", "birth_date")
# What stands in for a field that has no column: at least one of each set must be there.
NEEDED = (("balance", *PARTS), ("due_date", "days_past_due"))
# In `Consent.channel`'s words.
CONSENT_CHANNELS = {"consent_all": "*", "consent_email": "email", "consent_sms": "sms", "consent_call": "call"}
BILLED, PAID = "billed", "paid"


def label_of(name: str) -> str:
    """What a field is called; history columns carry their month (`billed:2005-09`)."""
    kind, _colon, month = name.partition(":")
    if month:
        return f"{_('Billed') if kind == BILLED else _('Paid')} {month}"
    return str(BY_NAME[name].label)


def is_field(name: str) -> bool:
    kind, _colon, month = name.partition(":")
    if kind in (BILLED, PAID):
        year, _dash, number = month.partition("-")
        return year.isdecimal() and len(year) == 4 and number.isdecimal() and 1 <= int(number) <= 12
    return name in BY_NAME
