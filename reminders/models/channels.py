"""The ways a person can be reached."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

CHANNELS = (
    ("email", _("E-mail")),
    ("sms", _("Text message")),
    ("in_app", _("In the app")),
    ("whatsapp", _("WhatsApp")),
    ("push", _("Notification on the phone")),
    ("voice", _("Call")),
    ("letter", _("Letter")),
)
