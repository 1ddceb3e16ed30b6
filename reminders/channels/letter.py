"""Letters: the stored words are the order to print, and a person posts what was printed."""

import re
import unicodedata

from reminders.channels.base import Affects, DeliveryState, Meaning, OutboundMessage, SendResult
from reminders.channels.in_app import InAppChannel

UNUSABLE_ADDRESS = Meaning("address_incomplete", permanent=True, affects=Affects.ADDRESS)
MOST_LINES, LONGEST_LINE = 6, 60
_PARTS = re.compile(r"[\n;]+|,\s*|，")


class LetterChannel(InAppChannel):
    key = "letter"

    def send(self, message: OutboundMessage) -> SendResult:
        """Accepted means: waits for the next batch to be printed."""
        if address_problem(message.to):
            return SendResult.rejected(UNUSABLE_ADDRESS)
        return SendResult.accepted(message.message_id, DeliveryState.QUEUED)


def address_lines(address: str) -> list[str]:
    """As it goes on an envelope: by its lines, else by its commas."""
    plain = "".join(char if unicodedata.category(char)[0] != "C" or char == "\n" else " " for char in address)
    parts = plain.splitlines() if "\n" in plain.strip() else _PARTS.split(plain)
    return [" ".join(part.split()) for part in parts if part.strip()]


def address_problem(address: str) -> str:
    """Why a letter to this address would come back, or "". A street without a number or code reaches nobody."""
    lines = address_lines(address)
    chinese = any("\u4e00" <= char <= "\u9fff" for char in address)
    if not lines or (len(lines) < 2 and not (chinese and len(lines[0]) >= 8)):
        return "too_short"
    if len(lines) > MOST_LINES or any(len(line) > LONGEST_LINE for line in lines):
        return "too_long"
    return "" if any(char.isdigit() for char in address) else "no_number"
