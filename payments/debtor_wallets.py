"""Which wallets a debtor is shown for an account: those that can take some of it here, the familiar ones first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import Account
from common.money import Money
from payments.debtor_withheld import Withheld, withheld_from
from payments.models import Attempt
from payments.services.payable import payable
from payments.wallet_ranking import Entrant, Onlooker, rank
from wallets.gateway import adapter
from wallets.health import troubled
from wallets.models import PaymentMethod, Provider
from wallets.providers.base import Capability, Channel, Descriptor
from wallets.selectors import Offer, offers

RECENT = 20


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


@dataclass(frozen=True)
class Purse:
    """Every wallet of the register for one person, account and screen: offered, saved for one tap, or withheld."""

    offered: list[WalletChoice]
    saved: list[WalletChoice]
    withheld: list[Withheld]


def purse_of(account: Account, channel: Channel = Channel.PHONE, app: str = "", asked: Money | None = None) -> Purse:
    """`asked` is what the page asks for, everything unless something else is said: who takes it whole comes first.

    `app` is the key of the wallet inside which the page is looked at, if it is.
    """
    methods, who = linked_methods(account), _onlooker(account, channel, app)
    linked = {method.provider_id: method for method in reversed(methods)}
    ailing, offered, withheld = troubled(), [], []
    for provider in Provider.objects.all():
        against = withheld_from(account, who, provider)
        if against:
            withheld.append(against)
            continue
        offer = Offer(provider, adapter(provider).descriptor, provider.pk in ailing)
        offered.append(WalletChoice(offer, linked.get(provider.pk), limits_of(offer.descriptor, account)))
    money = asked or payable(account)
    offered.sort(key=lambda choice: rank(who, _entrant(choice, money)))
    return Purse(offered, _saved(offered, methods, account), withheld)


def usable_wallets(account: Account, channel: Channel = Channel.PHONE, app: str = "") -> list[WalletChoice]:
    """Wallets that can take some part of this balance on this screen, ranked as `wallet_ranking` says."""
    return purse_of(account, channel, app).offered


def _entrant(choice: WalletChoice, money: Money) -> Entrant:
    return Entrant(
        provider=choice.provider,
        descriptor=choice.descriptor,
        method=choice.method,
        ailing=choice.offer.ailing,
        whole=choice.takes(money),
    )


def _saved(offered: list[WalletChoice], methods: list[PaymentMethod], account: Account) -> list[WalletChoice]:
    """What the person saved while paying and may be charged with one tap, in their own order."""
    able = {choice.provider.pk: choice for choice in offered if choice.descriptor.can(Capability.PAY_WITH_SAVED)}
    return [
        WalletChoice(able[method.provider_id].offer, method, able[method.provider_id].limits)
        for method in methods
        if method.is_chargeable and method.provider_id in able
    ]


def instead_of(failed: str, choices: list[WalletChoice], amount: Money) -> list[WalletChoice]:
    """The choices in the order of fail-over: able ones first, own ones, those that answer, then as the register says.

    The wallet that failed stays on the page, at its end: it may answer again.
    """

    def place(choice: WalletChoice) -> tuple[bool | int, ...]:
        return (
            choice.provider.key == failed,
            not choice.takes(amount),
            choice.method is None,
            choice.offer.ailing,
            choice.provider.position,
        )

    return sorted(choices, key=place)


def agreement_wallets(account: Account, channel: Channel = Channel.PHONE, app: str = "") -> list[Offer]:
    """Wallets an agreement on automatic debits can be signed in, in the same order as for paying."""
    linked = {method.provider_id: method for method in reversed(linked_methods(account))}
    who = _onlooker(account, channel, app)

    def place(offer: Offer) -> tuple[int, ...]:
        method = linked.get(offer.provider.pk)
        entrant = Entrant(provider=offer.provider, descriptor=offer.descriptor, method=method, ailing=offer.ailing)
        return rank(who, entrant)

    return sorted(offers(account.currency, Capability.MANDATE), key=place)


def _onlooker(account: Account, channel: Channel, app: str) -> Onlooker:
    return Onlooker(country=account.debtor.country, channel=channel, app=app, used=_last_used(account))


def linked_methods(account: Account) -> list[PaymentMethod]:
    rows = PaymentMethod.objects.filter(debtor_id=account.debtor_id, removed_at=None)
    return list(rows.select_related("provider", "debtor__creditor"))


def _last_used(account: Account) -> list[int]:
    """Provider ids, the newest first, each once."""
    done = Attempt.objects.filter(payment__account__debtor_id=account.debtor_id, state="succeeded")
    recent: Iterable[int] = done.order_by("-finished_at").values_list("provider_id", flat=True)[:RECENT]
    return list(dict.fromkeys(recent))


def limits_of(descriptor: Descriptor, account: Account) -> str:
    """What this wallet does not take of this balance, or ""."""
    currency, owed = account.currency, payable(account).minor
    highest, language = descriptor.highest(currency), get_language() or "en"
    said = []
    if highest is not None and highest < owed:
        said.append(_("at most %(amount)s at once") % {"amount": Money(highest, currency).format(language)})
    if owed % descriptor.step(currency):
        step = Money(descriptor.step(currency), currency).format(language)
        said.append(_("only amounts in steps of %(amount)s") % {"amount": step})
    return " · ".join(said)
