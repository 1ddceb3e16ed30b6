"""What payments put on an account's agenda: instalments and their notices, promises, what waits for a second person."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.agenda import Look, Step, register_source
from accounts.models import Account
from common.money import Money
from payments.debits.calendar import debit_from, notice_from
from payments.debits.preconditions import obstacle
from payments.debits.world import World, read_world
from payments.models import AccountMove, Instalment, Plan, Promise
from payments.selectors import live_plan
from payments.words import reason_words

SHOWN = 3
TO_COME = ("scheduled", "noticed", "missed")


def plan_source(look: Look) -> Iterable[Step]:
    account = look.account
    plan = live_plan(account)
    if plan is None:
        return
    rows = [row for row in plan.instalments.all() if row.state in TO_COME]
    rows = sorted(rows, key=lambda row: (row.debit_on, row.number))[:SHOWN]
    mandate = plan.mandate if plan.mandate and plan.mandate.state in ("active", "paused") else None
    if mandate is None:
        yield from (_by_hand(row, account, plan) for row in rows)
        return
    moment = max([look.at, *(row.debit_not_before for row in rows if row.debit_not_before)][:2])
    world = read_world(moment, {account.pk: account}, [mandate.pk])
    for row in rows:
        yield from _debit(look, row, plan=plan, world=world)


def _amount(row: Instalment, account: Account) -> Money:
    return Money(max(0, row.still_to_take(account)), account.currency)


def _by_hand(row: Instalment, account: Account, plan: Plan) -> Step:
    late = row.state == "missed"
    return Step(
        kind="instalment",
        icon="calendar-check",
        day=row.due_on,
        amount=_amount(row, account),
        words=_("Instalment missed") if late else _("Instalment due"),
        to_debtor=_("Your instalment is late") if late else _("Your instalment is due"),
        why=_("Repayment plan %(plan)s, paid by link.") % {"plan": plan},
    )


def _debit(look: Look, row: Instalment, *, plan: Plan, world: World) -> Iterable[Step]:
    """The notice, while it has not gone, and the debit; with what the debit's own preconditions say against it now."""
    account, zone = look.account, look.zone
    if row.state == "missed":
        yield _by_hand(row, account, plan)
        return
    announced = notice_from(row.debit_on, zone)
    waits = _against(row, world, account, plan)
    why = _("Repayment plan %(plan)s, debited from %(wallet)s.") % {
        "plan": plan,
        "wallet": plan.mandate.provider.display_name if plan.mandate else "",
    }
    if row.state == "scheduled":
        yield Step(
            kind="notice", icon="bell", at=announced, amount=_amount(row, account), words=_("Announce the debit"),
            to_debtor=_("We tell you of the next automatic payment"), why=why, waits=waits,
        )  # fmt: skip
    yield Step(
        kind="debit",
        icon="wallet2",
        at=row.debit_not_before or debit_from(row.debit_on, zone, announced),
        amount=_amount(row, account),
        words=_("Debit"),
        to_debtor=_("Automatic payment from your wallet"),
        why=why,
        waits=waits,
    )


def _against(row: Instalment, world: World, account: Account, plan: Plan) -> tuple[str, ...]:
    mandate = world.mandates.get(plan.mandate_id or 0)
    wallet = world.wallets[mandate.provider_id].works if mandate else None
    if mandate is None or wallet is None:
        return (reason_words("mandate_not_active" if mandate is None else "credentials"),)
    plan.know(account=account)
    row.know(plan=plan)
    reason = obstacle(world.candidate(row, account, mandate, wallet))
    return (reason_words(reason),) if reason else ()


def promise_source(look: Look) -> Iterable[Step]:
    row = Promise.objects.filter(account=look.account, state="open").prefetch_related("parts").first()
    if row is None:
        return
    for part in row.parts.all():
        if part.due_on >= look.at.astimezone(look.zone).date():
            yield Step(
                kind="promise",
                icon="calendar-event",
                day=part.due_on,
                amount=Money(part.amount_minor, row.currency),
                words=_("Promised to pay"),
                to_debtor=_("You said you would pay"),
                why=row.get_source_display(),
            )
    if row.judge_at and look.staff:
        yield Step(
            kind="check",
            icon="check-circle",
            at=row.judge_at,
            words=_("See whether the promise was kept"),
            why=_("Grace included. Until then nobody asks for money."),
        )


def moves_source(look: Look) -> Iterable[Step]:
    if not look.staff:
        return
    rows = AccountMove.objects.filter(account=look.account, state__in=["asked", "done"], settled_at=None)
    for row in rows.order_by("pk")[:SHOWN]:
        asked = row.state == "asked"
        yield Step(
            kind="move",
            icon="hourglass-split",
            at=row.asked_at,
            amount=row.amount if row.amount_minor else None,
            words=row.get_kind_display(),
            why=row.reason,
            waits=(_("A second person has to agree.") if asked else _("A payment is still under way at a wallet."),),
            href=reverse("move_page", args=[row.reference]),
        )


def register_all() -> None:
    register_source("plan", plan_source)
    register_source("promise", promise_source)
    register_source("moves", moves_source)
