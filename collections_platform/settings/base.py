"""What the platform is made of: apps, middleware, templates, database, languages."""

from pathlib import Path
from urllib.parse import unquote

import environ

BASE_DIR = Path(__file__).resolve().parent.parent.parent
env = environ.Env()

DEBUG = env.bool("DEBUG", default=False)
SANDBOX = env.bool("SANDBOX", default=False)
PUBLIC_URL = env("PUBLIC_URL", default="http://127.0.0.1:8000").rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "testserver"])
DATA_DIR = Path(env("DATA_DIR", default=str(BASE_DIR / ".data")))
SECRETS_DIR = Path(env("SECRETS_DIR", default=str(DATA_DIR / "secrets")))
WALLET_SANDBOX_URL = env("WALLET_SANDBOX_URL", default="http://127.0.0.1:8101").rstrip("/")
MESSAGE_SANDBOX_URL = env("MESSAGE_SANDBOX_URL", default="http://127.0.0.1:8102").rstrip("/")

# So many refused notices of one wallet in an hour are no mistakes any more: an operator is told.
REFUSED_NOTICES_PER_HOUR = env.int("REFUSED_NOTICES_PER_HOUR", default=20)
# How many debits a worker has under way at a time, in all and of single wallets ("alipay=50,wechat=100").
DEBITS_IN_FLIGHT = env.int("DEBITS_IN_FLIGHT", default=200)
DEBITS_IN_FLIGHT_OF = env.parse_value(env("DEBITS_IN_FLIGHT_OF", default=""), {"value": int})
# How many workers, on all machines together, make debits at the same time.
DEBIT_RUNS_AT_ONCE = env.int("DEBIT_RUNS_AT_ONCE", default=1)

INSTALLED_APPS = [
    "collections_platform",
    "analytics",
    "reminders",
    "payments",
    "wallets",
    "compliance",
    "accounts",
    "common",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "axes",
    "csp",
    "django_htmx",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "pgtrigger",
    "pghistory",
    "rules",
    "anymail",
]

MIDDLEWARE = [
    "common.client_address.ClientAddressMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "common.middleware.RequestContextMiddleware",
    "payments.notice_door.NoticeDoorMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.second_factor.SecondFactorMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "collections_platform.urls"
WSGI_APPLICATION = "collections_platform.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "common.context_processors.site",
            ],
        },
    }
]

DATABASES = {"default": env.db_url("DATABASE_URL", default="postgres:///collections")}
DATABASES["default"]["HOST"] = unquote(DATABASES["default"]["HOST"])
DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True
USE_THOUSAND_SEPARATOR = True

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = DATA_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or SANDBOX
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
# Sandbox and development serve straight from the source folders; production runs collectstatic.
WHITENOISE_USE_FINDERS = DEBUG or SANDBOX
MEDIA_ROOT = DATA_DIR / "media"
# Where letters to us go, lines parted by `;`. Without it no validation notice can be made.
COMPANY_ADDRESS = env("COMPANY_ADDRESS", default="Disputes Desk;PO Box 1200;Wilmington, DE 19801" if SANDBOX else "")
