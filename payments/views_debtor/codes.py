"""What a payer has to do next, by kind: a code to scan, an address to send to, a phone to look at, a wallet to open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import segno
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import ngettext

from common.clock import now
from payments.deposits.networks import network_words
from payments.models import Attempt
from payments.services.starting import action_of
from wallets.providers.base import Action, ActionKind

# How often a page asks again by itself, by the age of the payment; older than the last it leaves that to the payer.
PATIENCE = ((timedelta(minutes=2), 4), (timedelta(minutes=20), 10), (timedelta(hours=2), 30))
TEMPLATES = {
    ActionKind.QR: "action_code",
    ActionKind.ADDRESS: "action_address",
    ActionKind.WAIT_FOR_PROMPT: "action_prompt",
    ActionKind.DEEPLINK: "action_open",
    ActionKind.SDK: "action_sdk",
}


@dataclass(frozen=True)
class Step:
    """`template` is the page; `picture` the code as SVG; `left` how long there is, in words."""

    action: Action
    template: str
    picture: SafeString | str = ""

    @property
    def network(self) -> str:
        return network_words(self.action.network)

    @property
    def left(self) -> str:
        until = self.action.expires_at
        return duration_words(until - now()) if until else ""


def step_of(attempt: Attempt | None) -> Step | None:
    """The page of what is left to do; None where the wallet's own page is all there is."""
    action = action_of(attempt) if attempt else None
    return step_for(action) if action else None


def step_for(action: Action) -> Step | None:
    if action.kind not in TEMPLATES:
        return None
    scanned = action.payload if action.kind is not ActionKind.SDK else ""
    text = scanned or (action.url if action.kind in (ActionKind.QR, ActionKind.DEEPLINK) else "")
    return Step(action, TEMPLATES[action.kind], code_picture(text) if text else "")


def code_picture(text: str) -> SafeString:
    """Black on white whatever the theme: cameras want it so. The drawing carries nothing of the text but its dots."""
    svg = segno.make(text, error="m").svg_inline(
        scale=5, border=3, omitsize=True, light="#fff", svgclass=None, lineclass=None
    )
    return mark_safe(svg)


def sent_words(step: Step | None) -> str:
    """The exact amount to send, to its last decimal: it must not be rounded as money usually is for reading."""
    amount = step.action.amount if step else None
    return f"{amount.to_decimal_string()} {amount.currency}" if amount else ""


def seconds_between_looks(attempt: Attempt | None) -> int:
    """0 when the page has asked long enough."""
    age = now() - attempt.created_at if attempt else timedelta.max
    return next((seconds for span, seconds in PATIENCE if age < span), 0)


def duration_words(span: timedelta) -> str:
    minutes, seconds = divmod(max(int(span.total_seconds()), 0), 60)
    parts = [ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}] if minutes else []
    if minutes < 5:
        parts.append(ngettext("%(n)s second", "%(n)s seconds", seconds) % {"n": seconds})
    return " ".join(parts)
