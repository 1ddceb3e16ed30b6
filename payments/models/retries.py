"""What was decided after a debit failed, and what all tries together have taught about the best moment."""

from __future__ import annotations

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from common.clock import now
from payments.models.payments import Attempt
from payments.models.plans import Instalment
from wallets.models import Provider


class RetryDecision(models.Model):
    """One for each failed debit of an instalment, kept for ever: what happens next, and every reason for it.

    `because` lists the reasons in the order they counted, each a code with its facts: `payments.retries.words`.
    `rung` is the rung of the ladder that was used; empty when the moment was learned, or when there is none.
    """

    class Outcome(models.TextChoices):
        RETRY = "retry", _("tries again")
        ANNOUNCE = "announce", _("announces it anew and tries again")
        STOP = "stop", _("stops")

    attempt = models.OneToOneField(Attempt, on_delete=models.PROTECT, related_name="retry_decision")
    instalment = models.ForeignKey(Instalment, on_delete=models.PROTECT, related_name="retry_decisions")
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    ladder = models.CharField(max_length=8, help_text=_("Whose trouble it was: declined, trouble or operator."))
    rung = models.PositiveSmallIntegerField(null=True, blank=True)
    next_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=40, help_text=_("Why the debit failed; for a stop, why there is no next one."))
    because = models.JSONField(default=list)
    decided_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(outcome="stop") ^ models.Q(next_at__isnull=False), name="retry_decision_has_a_moment"
            )
        ]
        # They lie in the order they were taken, so "since then" costs a few pages.
        indexes = [BrinIndex(fields=["decided_at"], name="retry_decision_by_time", autosummarize=True)]

    def __str__(self) -> str:
        return f"{self.outcome} after {self.reason}"


class RetryStatistic(models.Model):
    """Tries and successes of one slot (a weekday, a day of the month, an hour in the payer's own time) of a cluster.

    A cluster: a wallet, the reason of the failure before (`first` for a first try), and the size of the amount as
    its number of digits before the decimal point. Counters only grow, so those of two installations may be added.
    """

    class Slot(models.TextChoices):
        WEEKDAY = "weekday", _("weekday")
        MONTH_DAY = "month_day", _("day of the month")
        HOUR = "hour", _("hour")

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="retry_statistics")
    reason = models.CharField(max_length=40)
    currency = models.CharField(max_length=4)
    digits = models.PositiveSmallIntegerField()
    slot_kind = models.CharField(max_length=9, choices=Slot.choices)
    slot = models.PositiveSmallIntegerField()
    tries = models.PositiveBigIntegerField(default=0)
    successes = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "reason", "currency", "digits", "slot_kind", "slot"], name="retry_statistic_once"
            ),
            models.CheckConstraint(
                condition=models.Q(successes__lte=models.F("tries")), name="retry_statistic_successes_are_tries"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reason} {self.slot_kind} {self.slot}"


class RetryFold(models.Model):
    """How far the counters have read the attempts: one row, locked by whoever reads on."""

    attempt_id = models.BigIntegerField(default=0)
    folded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="retry_fold_is_one")]

    def __str__(self) -> str:
        return f"read to {self.attempt_id}"
