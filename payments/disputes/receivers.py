"""A correction asked for with a decision is decided on the page of corrections; the dispute follows it."""

from __future__ import annotations

from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver

from payments.disputes.deciding import correction_decided
from payments.models import AccountFact


@receiver(post_save, sender=AccountFact, dispatch_uid="payments.disputes.correction_decided")
def follow(sender: Any, instance: AccountFact, *, created: bool, **_: Any) -> None:
    if not created and instance.state != "requested":
        correction_decided(instance)
