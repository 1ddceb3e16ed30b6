"""Why a wallet cannot take this payment: one table of reasons, each with words for the person who would pay.

Asked in order, the first that holds is told. What passes all of them is offered, so a page never offers and explains
the same wallet, and never leaves one out without a word.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from babel import Locale
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import Account
from common.money import Money
from payments.services.payable import payable
from payments.wallet_ranking import Onlooker, handiness
from wallets.gateway import adapter
from wallets.models import Provider
from wallets.providers.base import Capability, ConfigError, Descriptor

# So many of a wallet's currencies or countries are named; of more, only that ours is not among them.
NAMED = 3


@dataclass(frozen=True)
class Case:
    """A wallet asked for on a page. `about` is None where its settings cannot be read."""

    account: Account
    who: Onlooker
    provider: Provider
    about: Descriptor | None


@dataclass(frozen=True)
class Withheld:
    provider: Provider
    why: str
    words: str


def _not_vetted() -> str:
    return _("We have not finished checking it, so it takes no money yet.")


def _switched_off() -> str:
    return _("It is switched off for now. That is on our side.")


def _review_overdue() -> str:
    return _("The yearly check of its licence is due, so it takes no money until that is done.")


STANDINGS = {"not_vetted": _not_vetted, "switched_off": _switched_off, "review_overdue": _review_overdue}


def standing_words(provider: Provider) -> str:
    """Why it takes no money at all, or ""."""
    return STANDINGS[provider.standing]() if provider.standing else ""


def _standing(case: Case) -> str:
    return standing_words(case.provider)


def _not_set_up(case: Case) -> str:
    return "" if case.about else _("It is not set up completely on our side.")


def _by_agreement_only(case: Case) -> str:
    able = case.about is not None and case.about.can(Capability.ONE_OFF)
    return "" if able else _("It makes automatic payments by an agreement only, not single ones.")


def _currency(case: Case) -> str:
    currency, taken = case.account.currency, sorted(case.about.currencies) if case.about else []
    if currency in taken:
        return ""
    if len(taken) <= NAMED:
        words = _("It takes %(currencies)s only, and this account is in %(currency)s.")
        return words % {"currencies": ", ".join(taken), "currency": currency}
    return _("It does not take %(currency)s.") % {"currency": currency}


def _country(case: Case) -> str:
    """Coins are lawful money for debts in few places: they are offered where the register names the country."""
    coins = case.about is not None and case.about.can(Capability.DEPOSIT_ADDRESS)
    if not coins or case.who.country in case.provider.regions:
        return ""
    return _("It may not be used for this in %(country)s.") % {"country": country_name(case.who.country)}


def _too_small(case: Case) -> str:
    lowest = case.about.lowest(case.account.currency) if case.about else 0
    if lowest <= payable(case.account).minor:
        return ""
    return _("The smallest amount it takes is %(amount)s, and you owe less.") % {"amount": _money(case, lowest)}


def _device(case: Case) -> str:
    if case.about is None or handiness(case.about, case.who.channel) is not None:
        return ""
    return _("It pays by a code you scan with its app: open this page on another screen, for example a computer.")


def _own_app(case: Case) -> str:
    shut = case.about is not None and case.about.shut_in_own_app and case.provider.key == case.who.app
    return _("It does not open inside its own app: open this page in your phone's own browser.") if shut else ""


REASONS: dict[str, Callable[[Case], str]] = {
    "standing": _standing,
    "not_set_up": _not_set_up,
    "by_agreement_only": _by_agreement_only,
    "currency": _currency,
    "country": _country,
    "too_small": _too_small,
    "device": _device,
    "own_app": _own_app,
}


def withheld_from(account: Account, who: Onlooker, provider: Provider) -> Withheld | None:
    """Why this wallet is not offered, or None when it can take at least a part of what is owed."""
    case = Case(account, who, provider, _about(provider))
    for why, reason in REASONS.items():
        if words := reason(case):
            return Withheld(provider, provider.standing or why, words)
    return None


def _about(provider: Provider) -> Descriptor | None:
    if provider.standing:
        return None
    try:
        return adapter(provider).descriptor
    except ConfigError:
        return None


def _money(case: Case, minor: int) -> str:
    return Money(minor, case.account.currency).format(get_language() or "en")


def country_name(code: str) -> str:
    locale = Locale.parse(get_language() or "en", sep="-")
    return str(locale.territories.get(code, code))
