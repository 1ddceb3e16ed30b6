"""What goes with a decision is agreed to on its own page, of corrections or of ends; the dispute follows it."""

from __future__ import annotations

from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver

from payments.disputes.deciding import follow_second_person
from payments.models import AccountFact, AccountMove, DebtDispute


@receiver(post_save, sender=AccountFact, dispatch_uid="payments.disputes.correction_decided")
def follow_correction(sender: Any, instance: AccountFact, *, created: bool, **_: Any) -> None:
    if created or instance.state == "requested":
        return
    for waiting in DebtDispute.objects.filter(correction=instance, state="deciding"):
        done = instance.state == "done"
        follow_second_person(waiting, agreed=done, by=instance.decided_by, note=instance.decision)


@receiver(post_save, sender=AccountMove, dispatch_uid="payments.disputes.closing_decided")
def follow_closing(sender: Any, instance: AccountMove, *, created: bool, **_: Any) -> None:
    if created or instance.state == "asked":
        return
    for waiting in DebtDispute.objects.filter(closing=instance, state="deciding"):
        done = instance.state == "done"
        follow_second_person(waiting, agreed=done, by=instance.decided_by, note=instance.note)
