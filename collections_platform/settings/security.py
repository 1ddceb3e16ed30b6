"""Sign-in, sessions, cookies, transport and the content security policy."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from csp.constants import NONE, SELF

from collections_platform.settings.base import DEBUG, PUBLIC_URL, SANDBOX, SECRETS_DIR, env
from common.client_address import parse_networks


def _secret_key() -> str:
    """From the environment or the secrets folder; sandbox and tests fall back to a fixed key that protects nothing."""
    path = SECRETS_DIR / "django_secret_key"
    if key := env("DJANGO_SECRET_KEY", default=""):
        return str(key)
    if path.exists():
        return path.read_text().strip()
    return "not-a-secret-until-ensure-secrets-has-run-" + "x" * 24


def _host_is_address() -> bool:
    try:
        ip_address(urlsplit(PUBLIC_URL).hostname or "")
    except ValueError:
        return False
    return True


SECRET_KEY = _secret_key()
SECURE = PUBLIC_URL.startswith("https://")

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "rules.permissions.ObjectPermissionBackend",
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_ADAPTER = "accounts.adapter.StaffAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"  # staff are invited by an admin; nobody signs up
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", *([] if _host_is_address() else ["webauthn"])]
# A passkey belongs to a domain name; an address like 127.0.0.1 has none, so there it is not offered.
MFA_PASSKEY_LOGIN_ENABLED = not _host_is_address()
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not SECURE
MFA_TOTP_ISSUER = "Collections"
MFA_ADAPTER = "accounts.mfa_adapter.SealedMFAAdapter"
USERSESSIONS_TRACK_ACTIVITY = True

AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.5
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_SENSITIVE_PARAMETERS = ["password", "login"]
AXES_USERNAME_FORM_FIELD = "login"

SESSION_COOKIE_AGE = 10 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = SECURE
CSRF_COOKIE_SECURE = SECURE
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
SECURE_SSL_REDIRECT = SECURE and env.bool("SSL_REDIRECT", default=True)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", default=False) else None
# Networks of our own reverse proxies: only their word about a visitor's address counts.
TRUSTED_PROXIES = parse_networks(env.list("TRUSTED_PROXIES", default=[]))
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SECURE_CONTENT_TYPE_NOSNIFF = True
# Payment links carry a token in the path: it must not leave in a Referer header.
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        # The wallet's cashier is reached by a redirect after our own form, which form-action also governs.
        "form-action": [SELF, *env.list("WALLET_FORM_TARGETS", default=[])],
    }
}

if SANDBOX or DEBUG:
    from collections_platform.settings.base import WALLET_SANDBOX_URL

    CONTENT_SECURITY_POLICY["DIRECTIVES"]["form-action"].append(WALLET_SANDBOX_URL)
    # The stand-in for what WeChat's own browser puts into a page.
    CONTENT_SECURITY_POLICY["DIRECTIVES"]["script-src"] = [SELF, WALLET_SANDBOX_URL]
