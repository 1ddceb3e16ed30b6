"""The mail connection from settings, which in sandbox mode ends on this machine or not at all."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import get_connection

from reminders.channels.errors import ChannelNotConfigured

OWN_BACKENDS = "django.core.mail.backends."
SMTP_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def mail_connection() -> Any:
    """A fresh, unopened connection. Raises ChannelNotConfigured rather than let sandbox mail out."""
    if settings.SANDBOX and _leaves_the_machine():
        raise ChannelNotConfigured("Sandbox mode sends no mail outside this machine. Point EMAIL_URL at the sandbox.")
    return get_connection()


def _leaves_the_machine() -> bool:
    if settings.EMAIL_BACKEND == SMTP_BACKEND:
        return settings.EMAIL_HOST not in LOOPBACK | {urlsplit(settings.MESSAGE_SANDBOX_URL).hostname}
    return not settings.EMAIL_BACKEND.startswith(OWN_BACKENDS)
