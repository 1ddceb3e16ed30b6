"""How to pay with each wallet, step by step: the words, and the picture beside each (`static/img/wallets`).

The pictures are screens of our simulated wallets and of our own pages, made by `tests/pages_debtor/wallet_pictures.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Step:
    """`picture` names a file; "" where words are enough."""

    words: Promise
    picture: str = ""


_CHOOSE = Step(_("Choose how much on our page, and press the button of your wallet."), "choose")
_DONE = Step(_("You come back to our page and see the receipt."), "done")
_NO_CODE = Step(_("Nobody needs your password or a code: what asks for one outside your wallet is not us."))


def _lesson(*own: Step) -> tuple[Step, ...]:
    return (_CHOOSE, *own, _DONE, _NO_CODE)


_COINS = _lesson(
    Step(_("Our page shows an address, a network and an exact amount. They are for you alone, for a short time.")),
    Step(
        _("In your wallet send exactly that amount on exactly that network. Copy the address, do not type it."),
        "chain",
    ),
    Step(_("Wait until the network has confirmed it. Our page says so; that takes a few minutes.")),
)
LESSONS: Mapping[str, tuple[Step, ...]] = {
    "alipay": _lesson(
        Step(_("Alipay opens. Read the amount and who gets it, then confirm with your finger, face or code."), "alipay")
    ),
    "wechat": _lesson(
        Step(_("WeChat opens. Read the amount and who gets it, then confirm with your payment code."), "wechat")
    ),
    "stripe": _lesson(
        Step(_("Choose Apple Pay, Google Pay, Link or your bank on the next page, and confirm there."), "stripe")
    ),
    "paypal": _lesson(Step(_("PayPal opens. Sign in there, read the amount and press Pay."), "paypal")),
    "mpesa": _lesson(
        Step(_("Type the number of your M-Pesa line. Your phone then asks you to confirm.")),
        Step(
            _("Read the amount and the name on your phone, and enter your M-Pesa PIN there. Never on our page."),
            "mpesa",
        ),
    ),
    "bank_gateway": _lesson(
        Step(_("Our page shows a square code. Open your bank's app and scan it, or open the app by the button.")),
        Step(_("Read the amount and who gets it in your bank's app, and confirm there."), "bank"),
    ),
    "usdt_eth": _COINS,
    "usdt_tron": _COINS,
}
# Standing orders are set up on the same screens.
LESSON_OF: Mapping[str, str] = {"mpesa_ratiba": "mpesa"}


def lesson_of(provider_key: str) -> tuple[Step, ...]:
    """The wallet's own lesson, or the general one."""
    general = _lesson(Step(_("Your wallet opens and shows the amount and who gets it. Read both, and confirm there.")))
    return LESSONS.get(LESSON_OF.get(provider_key, provider_key), general)
