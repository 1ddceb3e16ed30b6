"""Thin doors to the work of money: each says "go look", the due rows are in the database."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from celery import current_app, shared_task
from django.conf import settings
from kombu.exceptions import OperationalError

from common.heartbeat import beat
from common.turns import turn
from payments import services
from payments.accrual.catching_up import replay_due
from payments.accrual.posting import accrue_day
from payments.debits import debit_due_instalments, notice_due_debits
from payments.deposits.sweeping import sweep_deposits
from payments.hints import Hints
from payments.moves.doing import settle_moves
from payments.promises import judge_due
from payments.reconciliation import reconcile_due
from payments.refunds import look_up_due_refunds, send_due_refunds
from payments.remittance import draft_due as draft_due_remittances
from payments.retries.folding import fold_tries
from payments.services.clearing_up import end_needless_agreements
from wallets.health import forget_old_minutes
from wallets.services import sweep_mandates, tell_providers_of_endings, tell_providers_of_removals

logger = logging.getLogger(__name__)

BEAT = {
    "payments-apply-provider-events": {"task": "payments.apply_provider_events", "schedule": 10.0},
    "payments-look-up-attempts": {"task": "payments.look_up_attempts", "schedule": 15.0},
    "payments-notice-debits": {"task": "payments.notice_debits", "schedule": 20.0},
    "payments-debit-due": {"task": "payments.debit_due", "schedule": 30.0},
    "payments-close-expired": {"task": "payments.close_expired", "schedule": 60.0},
    "payments-end-mandates": {"task": "payments.end_mandates", "schedule": 60.0},
    "payments-refunds": {"task": "payments.refunds", "schedule": 15.0},
    "payments-draft-remittances": {"task": "payments.draft_remittances", "schedule": 3600.0},
    "payments-reconcile": {"task": "payments.reconcile", "schedule": 600.0},
    "payments-sweep-deposits": {"task": "payments.sweep_deposits", "schedule": 30.0},
    "payments-accrue": {"task": "payments.accrue", "schedule": 1800.0},
    "payments-learn-from-tries": {"task": "payments.learn_from_tries", "schedule": 3600.0},
    "payments-replay-late-facts": {"task": "payments.replay_late_facts", "schedule": 5.0},
    "payments-judge-promises": {"task": "payments.judge_promises", "schedule": 600.0},
    "payments-settle-moves": {"task": "payments.settle_moves", "schedule": 30.0},
    "payments-sweep-mandates": {"task": "payments.sweep_mandates", "schedule": 600.0},
}


def enqueue_event(event_id: int) -> None:
    """Costs the caller next to nothing, also while the broker is down: the beat finds the event in the database."""
    if current_app.conf.task_always_eager:
        _publish([event_id])
    else:
        _hints.add(event_id)


def _publish(event_ids: Sequence[int]) -> None:
    try:
        apply_provider_event.apply_async((list(event_ids),), retry=False)
    except OperationalError:
        logger.warning("the broker did not take events", extra={"events": list(event_ids)})


_hints = Hints(_publish)


@shared_task(name="payments.apply_provider_event")
def apply_provider_event(event_ids: list[int] | int) -> None:
    """A single number is how messages looked that were sent before an update."""
    for event_id in [event_ids] if isinstance(event_ids, int) else event_ids:
        services.apply_provider_event(event_id)


@shared_task(name="payments.apply_provider_events")
def apply_provider_events() -> None:
    services.apply_waiting_events()
    beat("provider_events")


@shared_task(name="payments.look_up_attempts")
def look_up_attempts() -> None:
    services.look_up_due_attempts()
    beat("look_up_attempts")


@shared_task(name="payments.notice_debits")
def notice_debits() -> None:
    while notice_due_debits():
        continue
    beat("notice_debits")


@shared_task(name="payments.debit_due")
def debit_due() -> None:
    """One run keeps the wallets as busy as they may be, for minutes. The ticks meanwhile leave their slot to others."""
    with turn("debits", settings.DEBIT_RUNS_AT_ONCE) as free:
        if free:
            debit_due_instalments()
            beat("debit_due")


@shared_task(name="payments.close_expired")
def close_expired() -> None:
    services.close_expired_attempts()
    beat("close_expired")


@shared_task(name="payments.refunds")
def refunds() -> None:
    look_up_due_refunds()
    send_due_refunds()
    beat("refunds")


@shared_task(name="payments.end_mandates")
def end_mandates() -> None:
    end_needless_agreements()
    tell_providers_of_endings()
    tell_providers_of_removals()
    beat("end_mandates")


@shared_task(name="payments.sweep_mandates")
def sweep() -> None:
    while sweep_mandates():
        continue
    forget_old_minutes()
    beat("sweep_mandates")


@shared_task(name="payments.sweep_deposits")
def look_for_deposits() -> None:
    sweep_deposits()
    beat("sweep_deposits")


@shared_task(name="payments.reconcile")
def reconcile() -> None:
    reconcile_due()
    beat("reconcile")


@shared_task(name="payments.draft_remittances")
def draft_remittances() -> None:
    draft_due_remittances()
    beat("draft_remittances")


@shared_task(name="payments.judge_promises")
def judge_promises() -> None:
    judge_due()
    beat("judge_promises")


@shared_task(name="payments.settle_moves")
def settle_ended() -> None:
    settle_moves()
    beat("settle_moves")


@shared_task(name="payments.learn_from_tries")
def learn_from_tries() -> None:
    while fold_tries():
        continue
    beat("learn_from_tries")


@shared_task(name="payments.accrue")
def accrue() -> None:
    accrue_day()
    beat("accrue")


@shared_task(name="payments.replay_late_facts")
def replay_late_facts() -> None:
    """A tick comes every few seconds: none begins beside one that is still at work."""
    with turn("replays") as free:
        if free:
            replay_due()
            beat("replay_late_facts")
