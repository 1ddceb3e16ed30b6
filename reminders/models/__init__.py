from reminders.models.calls import CallTask
from reminders.models.channels import CHANNELS
from reminders.models.complaints import COMPLAINT_STATES, Complaint, Feedback
from reminders.models.conversations import Conversation, InboundMessage, Reply
from reminders.models.letters import Letter, LetterBatch
from reminders.models.messages import MESSAGE_STATES, Message, Receipt
from reminders.models.schedules import SCHEDULE_STATES, Schedule, Step, Template
from reminders.models.sending import SendingLimit
from reminders.models.switches import ContactSwitch

__all__ = [
    "CHANNELS",
    "COMPLAINT_STATES",
    "MESSAGE_STATES",
    "SCHEDULE_STATES",
    "CallTask",
    "Complaint",
    "ContactSwitch",
    "Conversation",
    "Feedback",
    "InboundMessage",
    "Letter",
    "LetterBatch",
    "Message",
    "Receipt",
    "Reply",
    "Schedule",
    "SendingLimit",
    "Step",
    "Template",
]
