"""Celery on Valkey. It carries only "go look": due work is rows in PostgreSQL."""

import re

from collections_platform.settings.base import env

REDIS_URL = env("REDIS_URL", default="redis://127.0.0.1:6379/0")


def _celery_url(url: str) -> str:
    """`unix://:password@/path?db=0` is spelt `redis+socket://:password@/path?virtual_host=0` by kombu."""
    if not url.startswith("unix://"):
        return url
    return re.sub(r"\bdb=", "virtual_host=", url.replace("unix://", "redis+socket://", 1))


CELERY_BROKER_URL = _celery_url(REDIS_URL)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 600
CELERY_TASK_SOFT_TIME_LIMIT = 540
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # Longer than the longest task; tasks lost with a killed worker come back after this, the due rows at the next tick.
    "visibility_timeout": 900,
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
    # A page or a wallet's notice that finds no broker goes on after one more try: what it enqueued is in the database.
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.1,
}
CELERY_TASK_ROUTES = {
    # Minutes or hours at a time. No debit, no notice of a wallet and no webhook waits behind them.
    "accounts.check_import": {"queue": "long"},
    "accounts.resume_imports": {"queue": "long"},
    "accounts.run_import": {"queue": "long"},
    "payments.accrue": {"queue": "long"},
    "payments.draft_remittances": {"queue": "long"},
    "payments.judge_promises": {"queue": "long"},
    "payments.learn_from_tries": {"queue": "long"},
    "payments.reconcile": {"queue": "long"},
    "payments.replay_late_facts": {"queue": "long"},
    "payments.*": {"queue": "money"},
    "reminders.*": {"queue": "contact"},
}
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ALWAYS_EAGER = env.bool("CELERY_EAGER", default=False)

CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
