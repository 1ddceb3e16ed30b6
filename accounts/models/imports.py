"""Placement files on their way in: the job with its progress, and each creditor's remembered column mapping."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.creditors import Creditor, Portfolio
from accounts.models.users import User
from common.clock import now
from common.ids import uuid7
from common.states import StateTable

IMPORT_STATES = StateTable(
    "import",
    {
        "uploaded": ("checking", "cancelled"),
        "checking": ("checked", "failed"),
        "checked": ("queued", "checking", "cancelled"),
        "queued": ("running", "cancelled"),
        "running": ("finished", "failed"),
        "finished": (),
        "failed": ("checking", "queued"),
        "cancelled": (),
    },
)


class ImportMapping(models.Model):
    """Which of the creditor's headers means which field, as last confirmed by a person."""

    creditor = models.ForeignKey(Creditor, on_delete=models.CASCADE, related_name="import_mappings")
    header_digest = models.CharField(max_length=64)
    columns = models.JSONField(default=dict)
    options = models.JSONField(default=dict)
    updated_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["creditor", "header_digest"], name="mapping_per_header_set")]

    def __str__(self) -> str:
        return f"mapping of {self.creditor_id}"


class ImportJob(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    creditor = models.ForeignKey(Creditor, on_delete=models.PROTECT, related_name="imports")
    portfolio = models.ForeignKey(Portfolio, null=True, on_delete=models.PROTECT, related_name="imports")
    file_name = models.CharField(max_length=200)
    file_sha256 = models.CharField(max_length=64)
    stored_path = models.CharField(max_length=300)
    encoding = models.CharField(max_length=16, blank=True)
    columns = models.JSONField(default=dict)
    options = models.JSONField(default=dict)
    state = models.CharField(max_length=12, choices=IMPORT_STATES.choices, default="uploaded")
    rows_total = models.BigIntegerField(default=0)
    rows_done = models.BigIntegerField(default=0)
    rows_created = models.BigIntegerField(default=0)
    rows_updated = models.BigIntegerField(default=0)
    rows_unchanged = models.BigIntegerField(default=0)
    rows_bad = models.BigIntegerField(default=0)
    problems = models.JSONField(default=list, help_text=_("The first problems found, for the page."))
    error_file = models.CharField(max_length=300, blank=True)
    failure = models.CharField(max_length=300, blank=True)
    started_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(default=now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [IMPORT_STATES.constraint("state", "import_state_known")]

    def __str__(self) -> str:
        return self.file_name


class ImportChunk(models.Model):
    """A stretch of rows that is in. It is written by the transaction that wrote them, so no row goes in twice."""

    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE, related_name="chunks")
    number = models.IntegerField()
    rows_created = models.IntegerField(default=0)
    rows_updated = models.IntegerField(default=0)
    rows_unchanged = models.IntegerField(default=0)
    rows_bad = models.IntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "number"], name="import_chunk_once")]

    def __str__(self) -> str:
        return f"chunk {self.number} of {self.job_id}"


class ImportProblem(models.Model):
    """Why a line was left out. Reasons never repeat personal data; the error file takes the cells from the source."""

    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE, related_name="line_problems")
    line = models.IntegerField()
    reasons = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "line"], name="import_problem_once_per_line")]

    def __str__(self) -> str:
        return f"line {self.line}"
