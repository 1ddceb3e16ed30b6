"""Which wallets a debtor is shown for an account: those that can take some of it here, the familiar ones first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import Account
from common.money import Money
from payments.models import Attempt
from payments.wallet_ranking import Onlooker, rank
from wallets.models import PaymentMethod, Provider
from wallets.providers.base import Capability, Channel, Descriptor
from wallets.selectors import Offer, offers

RECENT = 20
# What a wallet needs so that somebody in front of this screen can pay with it.
FITS = {
    Channel.PHONE: frozenset({Capability.REDIRECT, Capability.PUSH_PROMPT, Capability.DEPOSIT_ADDRESS}),
    Channel.DESKTOP: frozenset(
        {Capability.REDIRECT, Capability.PUSH_PROMPT, Capability.DEPOSIT_ADDRESS, Capability.QR}
    ),
}


@dataclass(frozen=True)
class WalletChoice:
    """`method` is the wallet as this person linked it; `limits` says in words what it cannot take here."""

    offer: Offer
    method: PaymentMethod | None
    limits: str

    @property
    def provider(self) -> Provider:
        return self.offer.provider

    @property
    def descriptor(self) -> Descriptor:
        return self.offer.descriptor

    @property
    def name(self) -> str:
        return self.method.display_name if self.method else self.provider.display_name

    @property
    def saves(self) -> bool:
        return self.method is None and self.descriptor.can(Capability.MANDATE_WITH_PAYMENT)

    def takes(self, amount: Money) -> bool:
        """Whether it can take exactly this much."""
        about, currency = self.descriptor, amount.currency
        highest = about.highest(currency)
        fits = about.lowest(currency) <= amount.minor and (highest is None or amount.minor <= highest)
        return fits and amount.minor % about.step(currency) == 0

    @property
    def asks_phone(self) -> bool:
        return self.descriptor.can(Capability.PUSH_PROMPT)


def usable_wallets(account: Account, channel: Channel = Channel.PHONE, app: str = "") -> list[WalletChoice]:
    """Wallets that can take some part of this balance on this screen, ranked as `wallet_ranking` says.

    `app` is the key of the wallet inside which the page is looked at, if it is.
    """
    able = [offer for offer in offers(account.currency) if _can_take_some(offer.descriptor, account)]
    linked = {method.provider_id: method for method in reversed(linked_methods(account))}
    onlooker = _onlooker(account, app)
    choices = [
        WalletChoice(
            offer,
            linked.get(offer.provider.pk),
            limits_of(offer.descriptor, account, channel, inside=offer.provider.key == app),
        )
        for offer in able
    ]
    return sorted(choices, key=lambda choice: _rank(choice, onlooker, channel))


def instead_of(failed: str, choices: list[WalletChoice], amount: Money, channel: Channel) -> list[WalletChoice]:
    """The choices in the order of fail-over: able ones first, own ones, those that answer, then as the register says.

    The wallet that failed stays on the page, at its end: it may answer again.
    """

    def place(choice: WalletChoice) -> tuple[bool | int, ...]:
        return (
            choice.provider.key == failed,
            not choice.takes(amount),
            not fits_device(choice.descriptor, channel),
            choice.method is None,
            choice.offer.ailing,
            choice.provider.position,
        )

    return sorted(choices, key=place)


def agreement_wallets(account: Account) -> list[Offer]:
    """Wallets an agreement on automatic debits can be signed in, in the same order as for paying."""
    linked = {method.provider_id: method for method in reversed(linked_methods(account))}
    onlooker = _onlooker(account, "")

    def place(offer: Offer) -> tuple[int, ...]:
        return rank(onlooker, offer.provider, linked.get(offer.provider.pk), ailing=offer.ailing)

    return sorted(offers(account.currency, Capability.MANDATE), key=place)


def _onlooker(account: Account, app: str) -> Onlooker:
    return Onlooker(country=account.debtor.country, app=app, used=_last_used(account))


def linked_methods(account: Account) -> list[PaymentMethod]:
    rows = PaymentMethod.objects.filter(debtor_id=account.debtor_id, removed_at=None)
    return list(rows.select_related("provider", "debtor__creditor"))


def _can_take_some(descriptor: Descriptor, account: Account) -> bool:
    least = max(descriptor.lowest(account.currency), descriptor.step(account.currency))
    return least <= account.balance_minor


def fits_device(descriptor: Descriptor, channel: Channel) -> bool:
    return bool(FITS.get(channel, frozenset()) & descriptor.capabilities)


def _rank(choice: WalletChoice, onlooker: Onlooker, channel: Channel) -> tuple[int, ...]:
    offer = choice.offer
    shut = offer.descriptor.shut_in_own_app and offer.provider.key == onlooker.app
    unfit = shut or not fits_device(offer.descriptor, channel)
    return (unfit, *rank(onlooker, offer.provider, choice.method, ailing=offer.ailing))


def _last_used(account: Account) -> list[int]:
    """Provider ids, the newest first, each once."""
    done = Attempt.objects.filter(payment__account__debtor_id=account.debtor_id, state="succeeded")
    recent: Iterable[int] = done.order_by("-finished_at").values_list("provider_id", flat=True)[:RECENT]
    return list(dict.fromkeys(recent))


def limits_of(descriptor: Descriptor, account: Account, channel: Channel, *, inside: bool = False) -> str:
    """What does not work with this wallet for this balance on this screen, or "". `inside` its own app's browser."""
    currency, owed = account.currency, account.balance_minor
    highest, language = descriptor.highest(currency), get_language() or "en"
    said = []
    if highest is not None and highest < owed:
        said.append(_("at most %(amount)s at once") % {"amount": Money(highest, currency).format(language)})
    if owed % descriptor.step(currency):
        step = Money(descriptor.step(currency), currency).format(language)
        said.append(_("only amounts in steps of %(amount)s") % {"amount": step})
    if not fits_device(descriptor, channel):
        said.append(_("needs a second screen to scan from"))
    if inside and descriptor.shut_in_own_app:
        said.append(_("open this page in your phone's own browser to use it"))
    return " · ".join(said)
