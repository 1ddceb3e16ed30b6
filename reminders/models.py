"""Schedules and their steps, templates, and messages as claimable rows."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, ContactPoint, Creditor, Debtor, User
from accounts.models.tracking import track_changes
from common.clock import now
from common.crypto.fields import EncryptedTextField
from common.ids import uuid7
from common.states import StateTable

SCHEDULE_STATES = StateTable(
    "schedule",
    {
        "draft": ("proposed",),
        "proposed": ("published", "draft"),
        "published": ("retired",),
        "retired": ("published",),  # what two people agreed to once may return by one
    },
)
MESSAGE_STATES = StateTable(
    "message",
    {
        "due": ("sending", "blocked", "cancelled", "due"),
        "sending": ("sent", "delivered", "failed", "due", "blocked", "cancelled"),
        "sent": ("delivered", "failed", "bounced"),
        "delivered": ("bounced",),
        "failed": (),
        "bounced": (),
        "blocked": (),
        "cancelled": (),
    },
)
CHANNELS = (
    ("email", _("E-mail")),
    ("sms", _("Text message")),
    ("in_app", _("In the app")),
    ("whatsapp", _("WhatsApp")),
    ("push", _("Notification on the phone")),
    ("voice", _("Call")),
    ("letter", _("Letter")),
)


@track_changes
class Schedule(models.Model):
    """One version of a reminder schedule. Publishing a new version retires the old; nothing is edited in place."""

    name = models.CharField(max_length=80)
    version = models.PositiveIntegerField(default=1)
    creditor = models.ForeignKey(Creditor, null=True, blank=True, on_delete=models.CASCADE, related_name="schedules")
    state = models.CharField(max_length=10, choices=SCHEDULE_STATES.choices, default="draft")
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    proposed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    proposed_reason = models.CharField(max_length=200, blank=True)
    published_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    published_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name", "version"], name="schedule_version_once"),
            SCHEDULE_STATES.constraint("state", "schedule_state_known"),
            models.UniqueConstraint(
                fields=["creditor"],
                condition=Q(state="published"),
                nulls_distinct=False,
                name="schedule_one_published_per_creditor",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"


@track_changes
class Step(models.Model):
    """`offset_days` counts from the due date (negative: before it). Channels are tried in order of preference.

    With `after_previous` the step counts from the day the reminder before it was sent, and belongs to the days of the
    last step that counts from the due date, whose `offset_days` it carries. Empty conditions fit everybody.
    """

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    offset_days = models.SmallIntegerField()
    after_previous = models.PositiveSmallIntegerField(null=True, blank=True)
    channels = ArrayField(models.CharField(max_length=8, choices=CHANNELS))
    silence_hours = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text=_("Without a click, answer or payment for so long, the next channel follows.")
    )
    template_key = models.SlugField(max_length=40)
    # Hundredths of the main unit, whatever the account's currency.
    minimum_minor = models.BigIntegerField(default=0)
    maximum_minor = models.BigIntegerField(null=True, blank=True)
    products = ArrayField(models.CharField(max_length=24), default=list, blank=True)
    languages = ArrayField(models.CharField(max_length=12), default=list, blank=True)
    reachable_by = models.CharField(max_length=8, blank=True, choices=CHANNELS)

    class Meta:
        ordering = ["schedule_id", "position"]
        constraints = [models.UniqueConstraint(fields=["schedule", "position"], name="step_position_per_schedule")]

    def __str__(self) -> str:
        return f"day {self.offset_days:+d}: {self.template_key}"


@track_changes
class Template(models.Model):
    """Approved words for one purpose, channel and language; a change is a new version."""

    key = models.SlugField(max_length=40)
    channel = models.CharField(max_length=8, choices=CHANNELS)
    language = models.CharField(max_length=12)
    version = models.PositiveIntegerField(default=1)
    subject = models.CharField(max_length=150, blank=True)
    button = models.CharField(max_length=60, blank=True, help_text=_("Label of the link in an e-mail."))
    body = models.TextField()
    approved_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL)
    approved_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key", "channel", "language", "version"], name="template_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.channel} {self.language} v{self.version}"


class Message(models.Model):
    """A message to one person about one account. `purpose` + `occasion` make planning the same thing twice impossible.

    Body and subject are filled when it is sent, from the world as it is then, and kept encrypted as evidence.
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="messages", db_index=False)
    debtor = models.ForeignKey(Debtor, on_delete=models.PROTECT, related_name="messages", db_index=False)
    step = models.ForeignKey(Step, null=True, blank=True, on_delete=models.PROTECT, db_index=False)
    contact_point = models.ForeignKey(ContactPoint, null=True, blank=True, on_delete=models.SET_NULL, db_index=False)
    purpose = models.CharField(max_length=24, help_text=_("The template key."))
    occasion = models.CharField(max_length=40, help_text=_("What it is about: a step and date, a payment, a debit."))
    channel = models.CharField(max_length=8, choices=CHANNELS)
    channels_left = ArrayField(models.CharField(max_length=8), default=list, blank=True)
    state = models.CharField(max_length=10, choices=MESSAGE_STATES.choices, default="due")
    reason = models.CharField(max_length=200, blank=True)
    facts = models.JSONField(default=dict)
    priority = models.PositiveSmallIntegerField(
        default=1, db_default=1, help_text=_("0: an answer or notice a person waits for goes before any reminder.")
    )
    due_at = models.DateTimeField()
    claimed_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    subject = models.CharField(max_length=200, blank=True)
    body = EncryptedTextField(blank=True, default="")
    language = models.CharField(max_length=12, blank=True)
    provider_reference = models.CharField(max_length=80, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    silent_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When the next channel follows unless the person reacts.")
    )
    read_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            MESSAGE_STATES.constraint("state", "message_state_known"),
            models.UniqueConstraint(fields=["account", "purpose", "occasion"], name="message_once_per_occasion"),
        ]
        indexes = [
            models.Index(fields=["priority", "due_at", "id"], condition=Q(state="due"), name="message_due"),
            models.Index(fields=["claimed_until"], condition=Q(state="sending"), name="message_claimed"),
            models.Index(fields=["silent_at"], condition=Q(silent_at__isnull=False), name="message_silent"),
            models.Index(
                fields=["provider_reference"], condition=~Q(provider_reference=""), name="message_provider_reference"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} by {self.channel}"


@track_changes
class ContactSwitch(models.Model):
    """A kill switch: while `ended_at` is empty, what it covers is not sent. Exactly what is not covered is empty."""

    class Scope(models.TextChoices):
        EVERYTHING = "everything", _("everything")
        CHANNEL = "channel", _("a channel")
        CREDITOR = "creditor", _("a creditor")
        SCHEDULE = "schedule", _("a schedule")

    scope = models.CharField(max_length=10, choices=Scope.choices)
    channel = models.CharField(max_length=8, blank=True, choices=CHANNELS)
    creditor = models.ForeignKey(Creditor, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    schedule_name = models.CharField(max_length=80, blank=True, help_text=_("Every version of that name."))
    reason = models.CharField(max_length=200)
    started_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    started_at = models.DateTimeField(default=now)
    ended_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["scope", "channel", "creditor", "schedule_name"],
                condition=Q(ended_at__isnull=True),
                nulls_distinct=False,
                name="contact_switch_once_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.channel}{self.creditor or ''}{self.schedule_name}".strip()


class CallTask(models.Model):
    """A call for a person of ours to make. `reserved_on` is the local day the attempt was counted on."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        CALLING = "calling", _("On the phone")
        DONE = "done", _("Done")
        CANCELLED = "cancelled", _("Cancelled")

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="calls")
    debtor = models.ForeignKey(Debtor, on_delete=models.PROTECT, related_name="calls", db_index=False)
    message = models.OneToOneField(Message, null=True, on_delete=models.SET_NULL, related_name="call")
    contact_point = models.ForeignKey(ContactPoint, null=True, on_delete=models.SET_NULL, db_index=False)
    purpose = models.CharField(max_length=24)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    not_before = models.DateTimeField()
    expires_at = models.DateTimeField()
    agent = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    tries = models.PositiveSmallIntegerField(default=0)
    called_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    seconds = models.PositiveIntegerField(default=0)
    outcome = models.CharField(max_length=16, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    reserved_on = models.DateField(null=True)
    created_at = models.DateTimeField(default=now)

    class Meta:
        indexes = [
            models.Index(fields=["not_before", "id"], condition=Q(state="waiting"), name="call_waiting"),
            models.Index(fields=["debtor"], condition=Q(state="waiting"), name="call_waiting_of_debtor"),
        ]

    def __str__(self) -> str:
        return f"call {self.pk}"


class LetterBatch(models.Model):
    """Letters printed together. Its pages are made from the stored words, the same each time."""

    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=now)
    posted_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    posted_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"batch {self.pk}"


class Letter(models.Model):
    """One letter of a batch, in the order of its pages."""

    batch = models.ForeignKey(LetterBatch, on_delete=models.PROTECT, related_name="letters")
    message = models.OneToOneField(Message, on_delete=models.PROTECT, related_name="letter")
    number = models.PositiveSmallIntegerField()
    returned_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "number"], name="letter_number_per_batch")]

    def __str__(self) -> str:
        return f"letter {self.number} of batch {self.batch_id}"


class Receipt(models.Model):
    """What a provider later said about a message; duplicates and disorder are harmless."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="receipts")
    dedupe_key = models.CharField(max_length=120, unique=True)
    status = models.CharField(max_length=16)
    code = models.CharField(max_length=16, blank=True)
    received_at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return self.status


class Conversation(models.Model):
    """Everything one person and we wrote to each other. `waiting_since` is set while a person of ours has to answer."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting for us")
        ASSISTED = "assisted", _("Answered by the assistant")
        ANSWERED = "answered", _("Answered")
        CLOSED = "closed", _("Closed")

    debtor = models.OneToOneField(Debtor, on_delete=models.CASCADE, related_name="conversation")
    account = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="conversations")
    channel = models.CharField(max_length=8, choices=CHANNELS, default="sms")
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    topic = models.CharField(max_length=24, blank=True)
    waiting_since = models.DateTimeField(null=True, blank=True)
    assigned_to = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    last_at = models.DateTimeField(default=now)
    last_inbound_at = models.DateTimeField(default=now)

    class Meta:
        indexes = [
            models.Index(fields=["waiting_since"], condition=Q(state="waiting"), name="conversation_waiting"),
            models.Index(fields=["-last_at"], name="conversation_latest"),
        ]

    def __str__(self) -> str:
        return f"conversation {self.pk}"


class Reply(models.Model):
    """What one of us wrote in a conversation; `text` may still hold variables, filled when it is sent."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="replies")
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    text = EncryptedTextField()
    message = models.OneToOneField(Message, null=True, on_delete=models.SET_NULL, related_name="reply")
    created_at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return f"reply {self.pk}"


class InboundMessage(models.Model):
    """What a person wrote back. The text is encrypted; `recognised` is what we understood."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    debtor = models.ForeignKey(Debtor, null=True, on_delete=models.SET_NULL, related_name="inbound_messages")
    channel = models.CharField(max_length=8, choices=CHANNELS)
    dedupe_key = models.CharField(max_length=120, unique=True)
    text = EncryptedTextField(blank=True, default="")
    recognised = models.CharField(max_length=24, blank=True)
    understood = models.JSONField(default=dict, db_default={})
    received_at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return f"inbound {self.channel}"
