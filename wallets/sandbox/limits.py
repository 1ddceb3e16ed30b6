"""What cannot happen at a simulated wallet, with the reason: the control page shows it, the API refuses with it."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from wallets.sandbox.faults import CALL_FAULTS, NOTIFY_FAULTS

Reasons = Mapping[str, Any]

# What a person does in the wallet. Simulators may know more; these mean the same everywhere, and take our own
# `reference` of the payment or of the agreement.
USER_ACTIONS = ("pay", "decline", "sign", "unsign", "expire")

_NO_TIME = _("Its answers carry no time.")
_NO_AGREEMENTS = _("It keeps no agreements: each payment is made by hand.")
_ON_CHAIN = _("A chain calls nobody: transfers are looked up.")
_AGREEMENTS = ("sign", "unsign", "expire")

FAULTS: Mapping[str, Reasons] = {
    "alipay": {
        "stale_timestamp": _NO_TIME,
        "stale": _("Its notices carry no time to be trusted: a repeat is known by its number."),
    },
    "stripe": {"stale_timestamp": _NO_TIME},
    "paypal": {
        "bad_signature": _("Its answers are not signed: the encrypted connection vouches for them."),
        "stale_timestamp": _NO_TIME,
    },
    "mpesa": {
        "bad_signature": _("Daraja signs nothing."),
        "stale_timestamp": _NO_TIME,
        "stale": _("Its calls carry no signed time: the address they come to is the proof."),
    },
    "chain": {
        "accept_only": _("A transfer is never accepted only: it waits until the chain makes it final."),
        "bad_signature": _("A node signs nothing."),
        **dict.fromkeys(NOTIFY_FAULTS, _ON_CHAIN),
    },
}
ACTIONS: Mapping[str, Reasons] = {
    "bank": dict.fromkeys(_AGREEMENTS, _NO_AGREEMENTS),
    "chain": {
        "decline": _("Nobody is asked: who does not want to pay sends nothing."),
        **dict.fromkeys(_AGREEMENTS, _NO_AGREEMENTS),
    },
}


def no_fault(wallet: str, kind: str) -> Any:
    """Why this fault cannot be ordered; empty when it can."""
    return FAULTS.get(wallet, {}).get(kind, "")


def no_action(wallet: str, action: str) -> Any:
    """Why the payer cannot do this; empty when it is for the simulator to say."""
    return ACTIONS.get(wallet, {}).get(action, "")


def choices(wallet: str) -> dict[str, Any]:
    """What the control page offers, and what it says of the rest."""
    return {
        "call_faults": [kind for kind in CALL_FAULTS if not no_fault(wallet, kind)],
        "notify_faults": [kind for kind in NOTIFY_FAULTS if not no_fault(wallet, kind)],
        "no_faults": FAULTS.get(wallet, {}),
        "no_actions": ACTIONS.get(wallet, {}),
    }
