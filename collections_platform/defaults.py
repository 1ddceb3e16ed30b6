"""What every installation starts with: policies, words and a schedule, and in the sandbox its wallets."""

from __future__ import annotations

from django.conf import settings

from compliance.pack_register import load_shipped
from compliance.services import ensure_default_policies
from reminders.defaults import ensure_default_schedule, ensure_default_templates
from reminders.sending_limits import ensure_sending_limits


def install_defaults() -> None:
    ensure_default_policies()
    load_shipped()
    ensure_default_templates()
    ensure_default_schedule()
    ensure_sending_limits()
    if settings.SANDBOX:
        from wallets.sandbox_register import register_sandbox_providers

        register_sandbox_providers()
