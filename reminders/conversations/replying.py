"""A person of ours answers: their words are checked against the account, kept, and sent through the gate."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from accounts.events import record_event
from accounts.models import Account, User
from accounts.services import caller_of
from common.clock import now
from common.errors import Conflict, InvalidInput
from common.money import exponent
from common.once import use_token
from payments.models import Instalment
from reminders.dispatch.content import AGENT_REPLY
from reminders.models import Conversation, Reply
from reminders.queue import queue_message
from reminders.rendering.pressure import pressing_words
from reminders.rendering.syntax import places
from reminders.understanding.normal import plain

LONGEST = 600
FILLED_WHEN_SENT = ("link", "balance", "amount", "due_date", "days_overdue", "phone")
_NUMBER = r"(\d[\d.,' ]*)"
_CODES = "usd|eur|gbp|cny|rmb|hkd|twd|jpy|krw|sgd|myr|inr|aud|php|idr|vnd|thb|kes|ngn|tzs|brl|mxn|usdt"
_SIGNS = "$€£¥₹₱₦₩฿₫"
# A figure beside a sign or code of money, or with two decimals.
_MARKED = re.compile(
    rf"(?:[{_SIGNS}]|\b(?:{_CODES}|rm|rp)) ?{_NUMBER}|{_NUMBER}(?:[{_SIGNS}元块圓]|(?:{_CODES})\b)|(\d[\d,]*\.\d\d)\b"
)


class UnknownFigure(InvalidInput):
    """An amount that is not one of this account's; the writer may insist."""

    code = "unknown_figure"


def check_reply(text: str, account: Account, *, figures_meant: bool = False) -> None:
    """Raises InvalidInput with what to change. `figures_meant`: the writer has said that an unknown amount is meant."""
    if not text.strip():
        raise InvalidInput(_("Write something first."), field="text")
    if len(text) > LONGEST:
        raise InvalidInput(_("Keep an answer under %(count)d characters.") % {"count": LONGEST}, field="text")
    for place in places(text):
        if place.name not in FILLED_WHEN_SENT:
            known = ", ".join(f"{{{{ {name} }}}}" for name in FILLED_WHEN_SENT)
            raise InvalidInput(
                _("%(written)s cannot be filled in. Use one of: %(known)s.")
                % {"written": place.written[:40], "known": known},
                field="text",
            )
    if pressing := pressing_words(text):
        raise InvalidInput(
            _("“%(words)s” threatens or shames. Say what can be done instead.") % {"words": pressing[0][0]},
            field="text",
        )
    unknown = [shown for shown, minor in amounts_in(text, account.currency) if minor not in amounts_known(account)]
    if unknown and not figures_meant:
        raise UnknownFigure(
            _("%(amount)s is not an amount of this account. Check it, or say that it is meant.")
            % {"amount": unknown[0]},
            field="text",
        )


def amounts_in(text: str, currency: str) -> Iterator[tuple[str, int]]:
    """Every figure that reads like money, as written and in minor units."""
    digits = exponent(currency)
    for match in _MARKED.finditer(plain(text)):
        written = next(group for group in match.groups() if group).strip(" .,'")
        whole, _point, cents = written.replace("'", "").replace(" ", "").replace(",", "").partition(".")
        if whole.isdecimal():
            yield match.group().strip(), int(whole) * 10**digits + int((cents + "0" * digits)[:digits] or 0)


def amounts_known(account: Account) -> set[int]:
    """In minor units: what one of us may name without being asked whether it is meant."""
    rows = Instalment.objects.filter(plan__account=account)
    planned = set(rows.values_list("amount_minor", flat=True))
    totals = {rows.aggregate(total=Sum("amount_minor"))["total"] or 0}
    own = {account.balance_minor, account.placed_minor, account.principal_minor, account.interest_minor}
    own |= {
        account.fees_minor,
        account.costs_minor,
        account.placed_minor - account.balance_minor,
        account.balance_minor // 2,
    }
    return planned | totals | own


@transaction.atomic
def send_reply(
    thread: Conversation, *, text: str, by: User, token: str = "", figures_meant: bool = False
) -> Reply | None:
    """The reply, queued for the channel the person wrote on; None when this form came before."""
    row = Conversation.objects.select_for_update().get(pk=thread.pk)
    if row.account is None:
        raise Conflict(_("This person has no account any more, so there is nothing to answer about."))
    check_reply(text, row.account, figures_meant=figures_meant)
    if not use_token(caller_of(by), token):
        return None
    reply = Reply.objects.create(conversation=row, author=by, text=text.strip())
    ways = (row.channel,) if row.channel == "in_app" else (row.channel, "in_app")
    reply.message = queue_message(
        row.account,
        purpose=AGENT_REPLY,
        occasion=f"reply:{reply.pk.hex}",
        channels=ways,
        facts={"reply": str(reply.pk)},
    )
    reply.save(update_fields=["message"])
    row.state, row.waiting_since, row.last_at = "answered", None, now()
    row.assigned_to = row.assigned_to or by
    row.save(update_fields=["state", "waiting_since", "last_at", "assigned_to"])
    record_event(
        "reply.written", account=row.account, actor=by, source="staff", reply=str(reply.pk), channel=row.channel
    )
    return reply
