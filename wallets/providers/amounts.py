"""Whether a provider takes an amount: asked by every adapter before anything leaves us."""

from django.utils.translation import gettext as _

from common.errors import InvalidInput
from common.money import Money
from wallets.providers.errors import Unsupported
from wallets.providers.messages import Descriptor


def check_amount(amount: Money, descriptor: Descriptor) -> None:
    """Raises `Unsupported` for another currency, `InvalidInput` for an amount outside the limits or off the step."""
    wallet, currency = descriptor.display_name, amount.currency
    if currency not in descriptor.currencies:
        raise Unsupported(
            _("%(wallet)s is not set up for %(currency)s. Choose another wallet.")
            % {"wallet": wallet, "currency": currency}
        )
    lowest, highest = descriptor.lowest(currency), descriptor.highest(currency)
    if amount.minor < lowest:
        names = {"wallet": wallet, "amount": Money(lowest, currency)}
        raise InvalidInput(_("%(wallet)s takes %(amount)s or more. Choose a larger amount.") % names, field="amount")
    if highest is not None and amount.minor > highest:
        names = {"wallet": wallet, "amount": Money(highest, currency)}
        raise InvalidInput(_("%(wallet)s takes at most %(amount)s. Choose a smaller amount.") % names, field="amount")
    if amount.minor % descriptor.step(currency):
        names = {"wallet": wallet, "amount": Money(descriptor.step(currency), currency)}
        raise InvalidInput(
            _("%(wallet)s takes whole multiples of %(amount)s. Choose such an amount.") % names, field="amount"
        )
