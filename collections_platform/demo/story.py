"""What has happened to the demo's accounts so far: payments, plans, disputes, notes, links. Seeded."""

from __future__ import annotations

import random
from datetime import timedelta

from django.utils.translation import override

from accounts.events import record_event
from accounts.models import Account, Hold, User
from accounts.models.holds import EVERYTHING
from common.clock import now, today
from common.money import Money
from payments.disputes.opening import Telling, open_dispute
from payments.models import DebtDispute
from payments.plans import create_plan, equal_parts
from payments.services import create_link, open_link
from payments.services.direct import record_direct_payment

NOTES = (
    "Asked for a call after six in the evening.",
    "Changed jobs; expects the first salary at the end of the month.",
    "Wants everything in writing by e-mail.",
    "Will talk to the family about a plan.",
)
HOLDS = (
    (Hold.Kind.DISPUTE, "Says the amount is wrong: waiting for the creditor's statement"),
    (Hold.Kind.HARDSHIP, "Lost the job; review in a month"),
    (Hold.Kind.DISPUTE, "Says it was paid in September"),
    (Hold.Kind.VULNERABLE, "Asked for support; only letters for now"),
)


def _pay(account: Account, rng: random.Random) -> None:
    share = rng.choice((0.1, 0.25, 0.5, 1))
    minor = max(100, int(account.balance_minor * share))
    received = now() - timedelta(days=rng.randint(0, 28), hours=rng.randint(0, 20))
    record_direct_payment(
        account, Money(min(minor, account.balance_minor), account.currency), received_at=received,
        external_reference="demo-1",
    )  # fmt: skip


def _plan(account: Account, rng: random.Random) -> None:
    parts = equal_parts(
        account.balance, count=rng.choice((3, 6)), first_on=today() + timedelta(days=rng.randint(3, 20))
    )
    create_plan(account, parts=parts)


def _hold(account: Account, rng: random.Random) -> None:
    kind, reason = rng.choice(HOLDS)
    if kind == Hold.Kind.DISPUTE:
        why = DebtDispute.Reason.ALREADY_PAID if "paid" in reason else DebtDispute.Reason.WRONG_AMOUNT
        open_dispute(account, Telling(why, reason), via=rng.choice((DebtDispute.Via.PAGE, DebtDispute.Via.PHONE)))
        return
    hold = Hold.objects.create(
        debtor=account.debtor, account=account, kind=kind, blocks=EVERYTHING[:2], reason=reason,
        review_on=today() + timedelta(days=30),
    )  # fmt: skip
    record_event("hold.placed", account=account, hold=hold.pk, hold_kind=kind, reason=reason)


def _note(account: Account, rng: random.Random) -> None:
    author = User.objects.filter(role=User.Role.AGENT).first()
    record_event("note.added", account=account, actor=author, source="agent", words=rng.choice(NOTES))


def _link(account: Account, rng: random.Random) -> None:
    _row, url = create_link(account)
    if rng.random() < 0.6:
        open_link(url.rstrip("/").rsplit("/", 1)[-1])


def _assign(account: Account, rng: random.Random) -> None:
    Account.objects.filter(pk=account.pk).update(assigned_to=User.objects.filter(role=User.Role.AGENT).first())


CHAPTERS = ((_plan, 0.025), (_pay, 0.16), (_hold, 0.04), (_note, 0.1), (_link, 0.14), (_assign, 0.2))


def tell_story(seed: int = 2026) -> None:
    rng = random.Random(seed)  # noqa: S311 - believable, not secret
    with override("en"):
        for account in Account.objects.filter(status="open").order_by("pk").select_related("debtor", "creditor"):
            for chapter in [chapter for chapter, chance in CHAPTERS if rng.random() < chance]:
                if account.balance_minor > 0:
                    chapter(account, rng)
                    account.refresh_from_db()
