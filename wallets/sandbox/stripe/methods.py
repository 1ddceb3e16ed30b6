"""What a payer of the simulated Stripe can pay with, and customers and saved payment methods."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from wallets.sandbox.store import Document
from wallets.sandbox.stripe import events, shapes
from wallets.sandbox.stripe.world import ApiError, World

YEARS_VALID = 4


@dataclass(frozen=True)
class Choice:
    """`decline`: what the issuer says every time; `asks`: the bank wants the payer to confirm."""

    type: str
    label: Any
    last4: str = "4242"
    wallet: str | None = None
    decline: str = ""
    asks: bool = False


CHOICES = {
    "visa": Choice("card", _("Visa card")),
    "apple_pay": Choice("card", "Apple Pay", wallet="apple_pay"),
    "google_pay": Choice("card", "Google Pay", wallet="google_pay"),
    "link": Choice("link", "Link"),
    "sepa_debit": Choice("sepa_debit", _("SEPA direct debit"), last4="3000"),
    "alipay": Choice("alipay", _("Alipay")),
    "wechat_pay": Choice("wechat_pay", _("WeChat Pay")),
    "visa_asks": Choice("card", _("Visa card whose bank asks to confirm"), last4="3155", asks=True),
    "visa_poor": Choice("card", _("Visa card without money"), last4="9995", decline="insufficient_funds"),
}


def offered(types: list[str]) -> list[tuple[str, Choice]]:
    return [(name, choice) for name, choice in CHOICES.items() if choice.type in types]


def new_method(world: World, name: str) -> Document:
    choice = CHOICES[name]
    fields: Document = {}
    if choice.type == "card":
        year = world.clock.now().year + YEARS_VALID
        fields["card"] = shapes.card("visa", choice.last4, year=year, month=12, wallet=choice.wallet)
    elif choice.type == "sepa_debit":
        details = {"bank_code": "19043", "branch_code": "", "country": "AT", "fingerprint": "sandbox"}
        fields["sepa_debit"] = {**details, "generated_from": {"charge": None, "setup_attempt": None}, "last4": "3000"}
    elif choice.type == "link":
        fields["link"] = {"email": None}
    else:
        fields[choice.type] = {}
    method = shapes.body(
        "payment_method",
        id=world.new_id("pm"),
        type=choice.type,
        billing_details=shapes.billing(),
        created=world.now(),
        **fields,
    )
    # How it behaves is no part of its body: the real one does not tell either.
    world.store.put("stripe.behaviour", method["id"], {"choice": name})
    return world.save(method)


def choice_of(world: World, method: str) -> Choice:
    return CHOICES[(world.store.get("stripe.behaviour", method) or {"choice": "visa"})["choice"]]


def new_customer(world: World, metadata: Document) -> Document:
    number = f"{world.store.next_number('stripe.customer'):06d}"
    fields = {"created": world.now(), "invoice_prefix": f"SB{number}", "metadata": metadata}
    return world.save(shapes.body("customer", id=world.new_id("cus", 14), **fields))


def attach(world: World, method: Document, customer: str) -> Document:
    return world.save({**method, "customer": customer})


def detach(world: World, method: Document) -> Document:
    """What ends a saved method, whoever asks; it can never be attached again."""
    if not method["customer"]:
        text = "The payment method you provided is not attached to a customer so detachment is impossible."
        raise ApiError(400, text)
    customer = method["customer"]
    detached = world.save({**method, "customer": None})
    events.emit(world, "payment_method.detached", detached, {"customer": customer})
    return detached


def expire(world: World, method: Document) -> Document:
    """The card's month is over; nobody is told."""
    last = world.clock.now().year - 1
    return world.save({**method, "card": {**method["card"], "exp_year": last, "exp_month": 12}})


def start_asking(world: World, method: Document) -> Document:
    """From now on the bank wants to hear its customer about every payment with this card."""
    world.store.put("stripe.behaviour", method["id"], {"choice": "visa_asks"})
    return method


def agreed(world: World, method: Document) -> list[Document]:
    """The SEPA mandates in force for it."""
    found = world.everything("mandate")
    return [one for one in found if one["payment_method"] == method["id"] and one["status"] == "active"]


def end_at_bank(world: World, method: Document) -> Document:
    """The debtor cancelled the SEPA mandate with the bank."""
    for mandate in agreed(world, method):
        ended = world.save({**mandate, "status": "inactive"})
        events.emit(world, "mandate.updated", ended, {"status": "active"})
    return method
