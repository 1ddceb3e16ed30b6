"""What real people would read: a text filled from accounts as they stand, with nothing made or sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from accounts.models import Account
from common.clock import today
from common.errors import PlatformError
from payments.debtor_wallets import usable_wallets
from reminders.dispatch.content import WALLETS_NAMED, sender_of
from reminders.dispatch.names import form_of_address
from reminders.message_texts.places import Place
from reminders.rendering.content import Content, render
from reminders.rendering.syntax import names_in
from reminders.rendering.texts import TemplateText
from reminders.rendering.variables import Fact, example_facts, variables_of

SHOWN = 3
# The layout fills them; a link is only made for a message that is sent.
OURS = frozenset({"company", "phone", "opt_out"})
DEBT = frozenset({"amount", "balance", "due_date", "days_overdue"})


@dataclass(frozen=True, slots=True)
class Preview:
    """`made_up`: the variables whose values are examples, as the account knows none of its own. `framed`:
    where its HTML is kept for a look."""

    account: Account | None
    content: Content | None
    made_up: tuple[str, ...] = ()
    problem: str = ""
    framed: str = ""


def previews(place: Place, text: TemplateText, accounts: list[Account]) -> list[Preview]:
    return [_preview(place, text, account) for account in accounts]


def accounts_to_show(place: Place) -> list[Account]:
    """A few open ones of people who read this language; of anybody where nobody does."""
    rows = Account.objects.select_related("debtor", "creditor").filter(status="open", balance_minor__gt=0)
    found = list(rows.filter(debtor__language__iexact=place.language).order_by("-pk")[:SHOWN])
    return found or list(rows.order_by("-pk")[:SHOWN])


def _preview(place: Place, text: TemplateText, account: Account) -> Preview:
    own = _facts_of(account, place)
    facts = {name: fact for name, fact in {**example_facts(), **own}.items() if name not in OURS}
    used = names_in(" ".join((text.body, text.subject, text.button)))
    made_up = tuple(sorted(used - own.keys() - OURS - {"link", "page"}))
    try:
        content = render(text, channel=place.channel, language=place.language, facts=facts, sender=sender_of(account))
    except PlatformError as error:
        return Preview(account, None, made_up, error.message)
    return Preview(account, content, made_up)


def _facts_of(account: Account, place: Place) -> Mapping[str, Fact]:
    """What the account itself says; what a payment or an agreement would say stays an example."""
    facts: dict[str, Fact] = {
        "first_name": form_of_address(account.debtor, place.language),
        "creditor": account.creditor.name,
        "reference": account.reference,
        "balance": account.balance,
        "required_notice": "",
    }
    known = variables_of(place.key)
    if known >= DEBT:
        about: dict[str, Fact] = {
            "amount": account.balance,
            "due_date": account.due_date,
            "days_overdue": account.days_past_due(today()),
        }
        facts.update(about)
    if "wallets" in known:
        facts["wallets"] = ", ".join(choice.name for choice in usable_wallets(account)[:WALLETS_NAMED])
    return facts
