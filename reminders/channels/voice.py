"""Calls: people make them, so the queue of call tasks is the delivery and there is nobody to hand a message to."""

from reminders.channels.in_app import InAppChannel


class VoiceChannel(InAppChannel):
    key = "voice"
