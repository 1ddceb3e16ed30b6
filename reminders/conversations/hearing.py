"""One inbound text, stored already: its meaning is acted on for each person it may have come from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from django.db.models import Q

from accounts.events import record_event
from accounts.models import Account, Debtor
from common.clock import now
from compliance import contact_ledger
from compliance.facts import zones_of
from compliance.gate import EVERY_CHANNEL
from compliance.services import lock_debtor
from reminders.channels.base import Keyword
from reminders.conversations.acting import Heard, act
from reminders.conversations.answering import answer
from reminders.conversations.threads import write_down
from reminders.heeding import wait_for_a_reader
from reminders.models import InboundMessage, Message
from reminders.understanding import Intent, Meant, Understanding, understand


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as it was read, in the two forms it is kept in."""

    understood: Understanding
    recognised: str

    @property
    def kept(self) -> dict[str, object]:
        found = self.understood
        return {
            "meant": [[each.intent.value, round(each.confidence, 2), each.sure] for each in found.meant],
            "day": found.day.isoformat() if found.day else None,
            "refusal": found.refusal,
            "unsure": found.unsure,
        }


def read_text(text: str, debtors: list[Debtor], *, keyword: Keyword | None = None) -> Reading:
    """`keyword`: what the provider took the text for; a stop it heard counts even if we would not have."""
    found = understand(text, today=today_of(debtors[0]) if debtors else now().date())
    if keyword is Keyword.STOP and found.refusal is None:
        found = Understanding(Keyword.STOP, EVERY_CHANNEL, (Meant(Intent.OPT_OUT),))
    return Reading(found, _in_a_word(found))


def today_of(debtor: Debtor) -> date:
    zones = zones_of(debtor)
    return now().astimezone(ZoneInfo(zones[0])).date() if zones else now().date()


def _in_a_word(found: Understanding) -> str:
    if found.refusal is not None:
        return "stop_everything" if found.refusal == EVERY_CHANNEL else "stop"
    if found.keyword is not None:
        return found.keyword.value
    return "" if found.leading is Intent.OTHER else found.leading.value


def hear(
    row: InboundMessage,
    reading: Reading,
    *,
    debtors: list[Debtor],
    account: Account | None = None,
    number: str = "",
    confirmed: bool = False,
    certain: bool = True,
) -> None:
    """`account`: the one they wrote about, where the way they wrote says so. `confirmed`: the carrier has answered a
    refusal already. `certain`: nobody else can have written it. A text from a number of several people counts for each
    where it protects, and is answered by a person: nobody's affairs are told to somebody else."""
    for debtor in sorted(debtors, key=lambda each: each.pk):
        lock_debtor(debtor.pk)
    for debtor in debtors:
        heard = Heard(
            row=row,
            understood=reading.understood,
            debtor=debtor,
            account=account or account_about(debtor),
            number=number,
            alone=certain and len(debtors) == 1,
            certain=certain,
            confirmed=confirmed,
        )
        _hear_for(heard)


def _hear_for(heard: Heard) -> None:
    _write_into_ledger(heard)
    done = act(heard)
    answer(heard, done)
    if done.for_a_person:
        wait_for_a_reader(heard.debtor)
    write_down(heard, done)
    record_event(
        "message.received",
        account=heard.account,
        debtor=heard.debtor,
        creditor=heard.debtor.creditor,
        source="debtor",
        inbound=str(heard.row.pk),
        channel=heard.row.channel,
        recognised=heard.row.recognised,
        done=list(done.steps),
    )


def _write_into_ledger(heard: Heard) -> None:
    """That they wrote is a basis for writing back. A refusal is none, and is kept with the consents."""
    if heard.understood.refusal is not None or not heard.certain:
        return
    contact_ledger.hear(
        heard.debtor.pk,
        accounts=[heard.account.pk] if heard.account else [],
        channel=heard.row.channel,
        at=now(),
        address=contact_ledger.digest_of_address(heard.number),
        source=f"inbound:{heard.row.pk}",
    )


def account_about(debtor: Debtor) -> Account | None:
    """The account we last wrote to them about, else the largest open one, else the newest."""
    recent = Message.objects.filter(debtor=debtor, sent_at__isnull=False).order_by("-sent_at").first()
    if recent is not None:
        return Account.objects.select_related("creditor", "debtor").get(pk=recent.account_id)
    rows = Account.objects.filter(debtor=debtor).select_related("creditor", "debtor")
    return rows.filter(Q(status="open")).order_by("-balance_minor", "-id").first() or rows.order_by("-id").first()
