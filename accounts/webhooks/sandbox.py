"""In the sandbox every demo creditor's notices go to the creditor's machine beside the outbox."""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path

from django.conf import settings

from accounts.models import Creditor, WebhookEndpoint

NOTICES_PATH = "/creditor/notices"


def sandbox_secret() -> str:
    """The signing secret both sides share, made once (0600)."""
    path = Path(settings.SECRETS_DIR) / "sandbox_webhook_secret"
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write("whsec_" + base64.b64encode(secrets.token_bytes(32)).decode())
    return path.read_text().strip()


def ensure_sandbox_endpoint(creditor: Creditor) -> WebhookEndpoint:
    """The creditor's endpoint at the message sandbox; follows the sandbox when its port changes."""
    url = settings.MESSAGE_SANDBOX_URL + NOTICES_PATH
    endpoint = WebhookEndpoint.objects.filter(creditor=creditor, url__endswith=NOTICES_PATH).first()
    if endpoint is None:
        return WebhookEndpoint.objects.create(creditor=creditor, url=url, secret=sandbox_secret())
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(url=url, active=True)
    endpoint.refresh_from_db()
    return endpoint
