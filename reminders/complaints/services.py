"""A complaint is opened, taken, answered, withdrawn or opened again; each step once, with its event."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.events import record_event
from accounts.models import Account, Debtor, Hold, User
from accounts.services import caller_of, end_hold, place_hold
from common.clock import now
from common.errors import Conflict, InvalidInput
from common.once import new_form_token, use_token
from compliance.services import lock_debtor
from reminders.complaints.clock import deadlines
from reminders.heeding import wait_for_a_reader
from reminders.models import COMPLAINT_STATES, Complaint, InboundMessage, Message
from reminders.queue import queue_message
from reminders.rendering.pressure import pressing_words

LONGEST = 4000
A_DAY = 3
RECEIVED, ANSWERED = "complaint_received", "complaint_answer"
# An answer is something to keep: on paper or in a mailbox, and always on the person's page.
KEPT_ON = ("email", "letter", "in_app")
REASON = "The person complained: somebody reads it first."
Via, About, Outcome = Complaint.Via, Complaint.About, Complaint.Outcome


@transaction.atomic
def open_complaint(
    debtor: Debtor,
    *,
    account: Account | None,
    text: str,
    via: str,
    about: str = About.OTHER,
    by: User | None = None,
    inbound: InboundMessage | None = None,
    once: tuple[str, str] | None = None,
) -> Complaint | None:
    """Opened, confirmed to the person, and reminders wait while somebody looks. `once`: whose form, and its token;
    None when that form, or this message, came before."""
    _check(text, about, via)
    lock_debtor(debtor.pk)
    if once is not None and not use_token(*once):
        return None
    if inbound is not None and (known := Complaint.objects.filter(debtor=debtor, state="open").first()):
        record_event("complaint.more", account=account, debtor=debtor, source="debtor", complaint=str(known.pk))
        return None
    if by is None and inbound is None:  # what was written to us is never refused
        _not_too_many(debtor)
    moment = now()
    rule, confirm_by, answer_by = deadlines(debtor.country, moment)
    row = Complaint.objects.create(
        debtor=debtor, account=account, about=about, via=via, text=text.strip(), inbound=inbound, rule=rule,
        opened_at=moment, confirm_by=confirm_by, answer_by=answer_by, owner=by,
    )  # fmt: skip
    record_event(
        "complaint.opened", account=account, debtor=debtor, creditor=debtor.creditor, actor=by,
        source="staff" if by else "debtor", complaint=str(row.pk), about=about, via=via,
    )  # fmt: skip
    _protect(row)
    return row


def _check(text: str, about: str, via: str) -> None:
    if not text.strip():
        raise InvalidInput(_("Write something first."), field="text")
    if len(text) > LONGEST:
        raise InvalidInput(_("Please keep it under 4,000 characters."), field="text")
    if about not in About.values or via not in Via.values:
        raise InvalidInput(_("Choose what it is about."), field="about")


def _not_too_many(debtor: Debtor) -> None:
    recent = Complaint.objects.filter(debtor=debtor, opened_at__gt=now() - timedelta(days=1))
    if recent.count() >= A_DAY:
        raise Conflict(_("We are looking at your complaints of today already. Write to us if there is more to say."))


def _protect(row: Complaint) -> None:
    """Nothing is demanded of someone whose complaint nobody has read."""
    wait_for_a_reader(row.debtor)
    if row.account is None:
        return
    running = Q(ends_at=None) | Q(ends_at__gt=now())
    if not Hold.objects.filter(running, account=row.account, kind="complaint").exists():
        row.hold = place_hold(row.account, kind="complaint", reason=REASON, by=None, source="debtor")
    row.confirmation = queue_message(
        row.account,
        purpose=RECEIVED,
        occasion=f"c:{row.pk.hex}:{row.rounds}",
        channels=_ways(row),
        facts={"complaint": str(row.pk)},
    )
    row.save(update_fields=["hold", "confirmation"])


def _ways(row: Complaint) -> tuple[str, ...]:
    """Where they said it, when they wrote; and always on their page."""
    channel = row.inbound.channel if row.inbound else "email"
    return (channel,) if channel == "in_app" else (channel, "in_app")


@transaction.atomic
def take_complaint(complaint: Complaint, *, owner: User | None, by: User) -> Complaint:
    row = _locked(complaint)
    if row.owner_id != (owner.pk if owner else None):
        row.owner = owner
        row.save(update_fields=["owner"])
        _tell("complaint.assigned", row, by=by, owner=owner.pk if owner else None)
    return row


@transaction.atomic
def answer_complaint(complaint: Complaint, *, outcome: str, text: str, by: User, token: str = "") -> Complaint:
    """The answer is kept, sent, and the hold of the complaint ends. Raises InvalidInput with what to change."""
    if outcome not in Outcome.values:
        raise InvalidInput(_("Choose how you decided."), field="outcome")
    if not text.strip() or len(text) > LONGEST:
        raise InvalidInput(_("Write the answer, in up to 4,000 characters."), field="text")
    if pressing := pressing_words(text):
        raise InvalidInput(
            _("“%(words)s” threatens or shames. Say what can be done instead.") % {"words": pressing[0][0]},
            field="text",
        )
    lock_debtor(complaint.debtor_id)
    row = _locked(complaint)
    if not use_token(caller_of(by), token):
        return row
    _move(row, "answered")
    row.outcome, row.answer, row.answered_at, row.answered_by = outcome, text.strip(), now(), by
    row.owner = row.owner or by
    row.save()
    _lift(row, by=by)
    _tell("complaint.answered", row, by=by, outcome=outcome, late=row.answered_at > row.answer_by)
    if row.account is not None:
        queue_message(
            row.account,
            purpose=ANSWERED,
            occasion=f"c:{row.pk.hex}:{row.rounds}",
            channels=KEPT_ON,
            facts={"complaint": str(row.pk)},
        )
    return row


@transaction.atomic
def withdraw_complaint(complaint: Complaint, *, why: str, by: User, token: str = "") -> Complaint:
    """The person took it back. Said by them, written down by us."""
    if not why.strip():
        raise InvalidInput(_("Say why, in a few words."), field="why")
    row = _locked(complaint)
    if not use_token(caller_of(by), token):
        return row
    _move(row, "withdrawn")
    row.save(update_fields=["state"])
    _lift(row, by=by)
    _tell("complaint.withdrawn", row, by=by, why=why.strip()[:200])
    return row


@transaction.atomic
def open_again(complaint: Complaint, *, by: User | None, once: tuple[str, str] | None = None) -> Complaint:
    """The answer did not settle it: the clock starts anew."""
    lock_debtor(complaint.debtor_id)
    row = _locked(complaint)
    if once is not None and not use_token(*once):
        return row
    _move(row, "open")
    row.rounds += 1
    row.rule, row.confirm_by, row.answer_by = deadlines(row.debtor.country, now())
    row.outcome, row.answered_at, row.answered_by = "", None, None
    row.save()
    _tell("complaint.opened_again", row, by=by)
    _protect(row)
    return row


def _move(row: Complaint, state: str) -> None:
    if not COMPLAINT_STATES.allows(row.state, state):
        raise Conflict(_("This complaint has been dealt with meanwhile."))
    row.state = state


def _lift(row: Complaint, *, by: User) -> None:
    hold = row.hold
    if hold is not None and hold.ends_at is None and row.account is not None:
        end_hold(hold, account=row.account, reason=row.number, by=by, token=new_form_token())


def _locked(complaint: Complaint) -> Complaint:
    rows = Complaint.objects.select_for_update(of=("self",)).select_related("debtor__creditor", "account", "hold")
    return rows.get(pk=complaint.pk)


def _tell(kind: str, row: Complaint, *, by: User | None, **data: object) -> None:
    record_event(
        kind, account=row.account, debtor=row.debtor, creditor=row.debtor.creditor, actor=by,
        source="staff" if by else "debtor", complaint=str(row.pk), **data,
    )  # fmt: skip


def confirmed(row: Complaint) -> Message | None:
    """The confirmation that reached them, or None while none did."""
    message = row.confirmation
    return message if message is not None and message.state in ("sent", "delivered") else None
