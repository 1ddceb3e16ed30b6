"""How messages leave: SMTP, Twilio. In sandbox mode both end in the on-screen outbox."""

import os

from collections_platform.settings.base import MESSAGE_SANDBOX_URL, SANDBOX, env

# A compose file passes what is not set as empty text.
_email = env.email_url_config(env("EMAIL_URL", default="") or "smtp://127.0.0.1:8103")
EMAIL_BACKEND = env("EMAIL_BACKEND", default="") or _email["EMAIL_BACKEND"]
EMAIL_HOST = _email["EMAIL_HOST"]
EMAIL_PORT = _email["EMAIL_PORT"]
EMAIL_HOST_USER = _email["EMAIL_HOST_USER"] or ""
EMAIL_HOST_PASSWORD = _email["EMAIL_HOST_PASSWORD"] or ""
EMAIL_USE_TLS = _email.get("EMAIL_USE_TLS", False)
EMAIL_TIMEOUT = 10
# A mail provider's own settings (ANYMAIL_POSTMARK_SERVER_TOKEN, ...), and the "user:password" its reports come with.
ANYMAIL = {name[8:]: value for name, value in os.environ.items() if name.startswith("ANYMAIL_") and value}
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="") or "help@collections.example"
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# Answers to our mails go to reply+...@ here; the mail provider hands them to /webhooks/mail/. Empty: no Reply-To.
INBOUND_MAIL_DOMAIN = env("INBOUND_MAIL_DOMAIN", default="")

# A language model that drafts for agents, behind an OpenAI-style address (https://.../v1). Empty: there is none.
DRAFTS_URL = env("DRAFTS_URL", default="")
DRAFTS_MODEL = env("DRAFTS_MODEL", default="")
DRAFTS_KEY = env("DRAFTS_KEY", default="")

TWILIO_BASE_URL = MESSAGE_SANDBOX_URL if SANDBOX else "https://api.twilio.com"
TWILIO_ACCOUNT_SID = env("TWILIO_ACCOUNT_SID", default="ACsandbox" if SANDBOX else "")
TWILIO_AUTH_TOKEN = env("TWILIO_AUTH_TOKEN", default="sandbox-token" if SANDBOX else "")
# Empty: nobody is offered WhatsApp.
TWILIO_WHATSAPP_FROM = env("TWILIO_WHATSAPP_FROM", default="+15005550006" if SANDBOX else "")
TWILIO_FROM = env("TWILIO_FROM", default="+15005550006" if SANDBOX else "")
