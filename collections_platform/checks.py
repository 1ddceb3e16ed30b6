"""Refuse to run in production on settings that protect nothing."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import Error, Tags, Warning, register


@register(Tags.security, deploy=True)
def secrets_are_real(app_configs: Any, **kwargs: Any) -> list[Error]:
    problems = []
    if settings.SECRET_KEY.startswith("not-a-secret"):
        problems.append(
            Error(
                "There is no secret key.",
                hint="Run `manage.py ensure_secrets` or set DJANGO_SECRET_KEY.",
                id="platform.E1",
            )
        )
    if settings.SANDBOX:
        problems.append(Error("SANDBOX is on.", hint="Unset SANDBOX: it lets the clock be moved.", id="platform.E2"))
    if not settings.PUBLIC_URL.startswith("https://"):
        problems.append(Error("PUBLIC_URL is not https.", hint="Payment links must be encrypted.", id="platform.E3"))
    return problems


@register(Tags.security, deploy=True)
def visitors_are_told_apart(app_configs: Any, **kwargs: Any) -> list[Warning]:
    if settings.SECURE_PROXY_SSL_HEADER is None or settings.TRUSTED_PROXIES:
        return []
    hint = "Set TRUSTED_PROXIES to the networks your reverse proxy calls from."
    return [Warning("Behind the proxy every visitor has the proxy's address.", hint=hint, id="platform.W2")]


@register(Tags.security, deploy=True)
def mail_reports_are_heard(app_configs: Any, **kwargs: Any) -> list[Warning]:
    if not settings.EMAIL_BACKEND.startswith("anymail.") or settings.ANYMAIL.get("WEBHOOK_SECRET"):
        return []
    hint = "Set ANYMAIL_WEBHOOK_SECRET=user:password and give the provider https://user:password@.../webhooks/mail/."
    return [Warning("Bounces and complaints from the mail provider are not heard.", hint=hint, id="platform.W1")]
