"""Deposits in plain words for the staff: what is the matter, what to do about it, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from payments.deposits.networks import coin_words, native_words
from payments.models import Deposit


@dataclass(frozen=True)
class Advice:
    title: Promise
    todo: Promise


ADVICE: dict[str, Advice] = {
    "underpaid": Advice(
        _("Less than the quoted amount"),
        _(
            "The time is over and the rest did not come. Credit what came if the person agrees that it counts as a"
            " part payment; they can pay the rest by a new link. Otherwise send it back."
        ),
    ),
    "overpaid": Advice(
        _("More than the quoted amount"),
        _(
            "The payment itself is posted. Only what came on top is open: credit it if more is owed, otherwise send"
            " the difference back."
        ),
    ),
    "paid_late": Advice(
        _("After the time was over"),
        _(
            "The rate no longer held when it came. Compare it with today's: credit it at the quoted rate if the"
            " difference does not matter, otherwise agree with the person, or send it back."
        ),
    ),
    "second_payment": Advice(
        _("A second transfer"),
        _("The payment was complete already. Ask whether it was meant. Credit it if more is owed, or send it back."),
    ),
    "wrong_token": Advice(
        _("Another token"),
        _(
            "It is not the coin that was asked for, whatever it calls itself, and pays nothing. Send it back if the"
            " person asks for it; leave it there if it is worthless."
        ),
    ),
    "native_coin": Advice(
        _("The network's own coin"),
        _(
            "It pays nothing here. If you put it there yourself to pay for moving the USDT, leave it. If the person"
            " sent it by mistake, ask for an address of theirs and send it back. Who sent it shows in a block explorer"
            " under the address."
        ),
    ),
    "blocked_sender": Advice(
        _("From an address we may take no money from"),
        _("Do not credit it and do not send it back before compliance has agreed: both can be forbidden."),
    ),
}
GONE = Advice(
    _("Taken back by the chain"),
    _(
        "It was final and is not on the chain any more; what was posted for it has been reversed. Compare with a"
        " second node, and talk to the person before anything is collected again."
    ),
)
STATES: dict[str, Promise] = {
    "seen": _("on its way"),
    "withdrawn": _("withdrawn before it was final"),
    "counted": _("part of the payment"),
    "held": _("needs a decision"),
    "proposed": _("waits for a second person"),
    "credited": _("credited"),
    "to_return": _("to be sent back"),
    "returned": _("sent back"),
    "left": _("left where it is"),
    "gone": _("taken back by the chain"),
    "lost": _("taken back by the chain, seen"),
}
TONES = {"held": "bad", "gone": "bad", "proposed": "warn", "to_return": "warn", "credited": "good", "counted": "good"}


def advice_on(deposit: Deposit) -> Advice | None:
    return GONE if deposit.state in ("gone", "lost") else ADVICE.get(deposit.problem)


def _units(count: int) -> str:
    return ngettext("%(n)s unit", "%(n)s units", count) % {"n": count}


def units_words(deposit: Deposit) -> str:
    """The whole transfer, to its last decimal; of a token nobody vouches for only the bare number."""
    if deposit.kind == Deposit.Kind.COIN:
        return native_words(deposit.network, int(deposit.units), deposit.asset)
    if deposit.kind == Deposit.Kind.QUOTED:
        return coin_words(deposit.network, int(deposit.units))
    return _units(int(deposit.units))
