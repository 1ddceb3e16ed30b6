"""Is the process up (`/healthz`)? Can it do its work (`/readyz`)? How is it doing (`/metrics`)?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from prometheus_client import CONTENT_TYPE_LATEST

from collections_platform.metrics import exposition, oldest_due_seconds
from common import clock
from common.client_address import client_ip
from common.heartbeat import age


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return "ok"


def _migrations() -> str:
    executor = MigrationExecutor(connection)
    pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return f"{len(pending)} to apply: run migrate" if pending else "ok"


def _broker() -> str:
    redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2).ping()
    return "ok"


STALE = timedelta(minutes=2)
CHECKS: dict[str, Callable[[], str]] = {"database": _database, "migrations": _migrations, "broker": _broker}


# A frequent and short task of each queue's worker: it beats while that worker and the beat process are both alive.
SIGNS_OF_LIFE = {
    "worker": "deliver_webhooks",
    "money_worker": "provider_events",
    "contact_worker": "reminders.dispatch",
    "long_worker": "resume_imports",
}


def _background(task: str) -> str:
    try:
        beaten = age(task)
    except DatabaseError:
        return "unknown"
    return "no sign of life" if beaten is None or beaten > STALE else "ok"


def _oldest_due() -> int | None:
    try:
        return int(oldest_due_seconds())
    except DatabaseError:
        return None


def _outcome(check: Callable[[], str]) -> str:
    try:
        return check()
    except Exception as error:  # a probe reports what is wrong; it never fails itself
        return type(error).__name__


@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"status": "ok", "time": clock.now().isoformat()})


@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    outcomes = {name: _outcome(check) for name, check in CHECKS.items()}
    ready = all(outcome == "ok" for outcome in outcomes.values())
    # Shown, not required: the web process can serve while the worker restarts. Alert on the ages in /metrics.
    workers = {worker: _background(task) for worker, task in SIGNS_OF_LIFE.items()}
    shown = workers | {"oldest_due_message_seconds": _oldest_due()}
    return JsonResponse({"status": "ok" if ready else "not ready", **outcomes, **shown}, status=200 if ready else 503)


@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """For the scraper only: from this machine, or with the token in METRICS_TOKEN."""
    token = settings.METRICS_TOKEN
    local = client_ip(request) in ("127.0.0.1", "::1", "") and "X-Forwarded-For" not in request.headers
    if not local and not (token and request.headers.get("Authorization") == f"Bearer {token}"):
        return HttpResponse("Give the metrics token as a bearer token.\n", status=401, content_type="text/plain")
    return HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST)
