"""Business metrics, read from the database at scrape time so every process tells the same story."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

from common.clock import now, real_now
from common.models import Heartbeat

# name -> (help, labels, SQL giving (a value for each label, number))
QUERIES = {
    "collections_messages": (
        "Messages by state, last 24 hours",
        "state",
        "SELECT state, count(*) FROM reminders_message WHERE created_at > now() - interval '1 day' GROUP BY state",
    ),
    "collections_attempts_open": (
        "Payment attempts without a final answer, by state",
        "state",
        "SELECT state, count(*) FROM payments_attempt"
        " WHERE state IN ('created','sending','requires_action','pending','unknown') GROUP BY state",
    ),
    "collections_provider_events_waiting": (
        "Provider notices stored and not yet applied",
        "outcome",
        "SELECT 'received', count(*) FROM payments_providerevent WHERE outcome = 'received'",
    ),
    "collections_notices_refused": (
        "Calls in a wallet's name that were not genuine, last 24 hours",
        "provider reason",
        "SELECT key, reason, sum(times_received) FROM payments_providerevent"
        " JOIN wallets_provider ON wallets_provider.id = provider_id"
        " WHERE kind = 'refusals' AND received_at > now() - interval '1 day' GROUP BY key, reason",
    ),
    "collections_notices_for_a_person": (
        "Notices and alarms nobody has dealt with yet",
        "provider kind",
        "SELECT key, kind, count(*) FROM payments_providerevent"
        " JOIN wallets_provider ON wallets_provider.id = provider_id"
        " WHERE outcome = 'needs_person' AND seen_at IS NULL GROUP BY key, kind",
    ),
    "collections_webhooks_due": (
        "Creditor webhooks waiting",
        "state",
        "SELECT state, count(*) FROM accounts_webhookdelivery WHERE state IN ('due','sending') GROUP BY state",
    ),
    "collections_payments_succeeded_minor": (
        "Collected in the last 24 hours, minor units",
        "currency",
        "SELECT currency, sum(amount_minor) FROM payments_payment"
        " WHERE state = 'succeeded' AND finished_at > now() - interval '1 day' GROUP BY currency",
    ),
}


def _gauge(name: str, words: str, *, labels: str, sql: str) -> GaugeMetricFamily:
    gauge = GaugeMetricFamily(name, words, labels=labels.split())
    with connection.cursor() as cursor:
        cursor.execute(sql)
        for *values, number in cursor.fetchall():
            gauge.add_metric(values, number)
    return gauge


def oldest_due_seconds() -> float:
    """How long the oldest due message has been waiting; zero when none is late."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(due_at) FROM reminders_message WHERE state = 'due'")
        oldest = cursor.fetchone()[0]
    return max(0.0, (now() - oldest).total_seconds()) if oldest else 0.0


def _oldest_due() -> GaugeMetricFamily:
    gauge = GaugeMetricFamily("collections_oldest_due_message_seconds", "Age of the oldest message still due")
    gauge.add_metric([], oldest_due_seconds())
    return gauge


def _heartbeats() -> GaugeMetricFamily:
    gauge = GaugeMetricFamily("collections_heartbeat_age_seconds", "Since the last sign of life", labels=["name"])
    for name, beat_at in Heartbeat.objects.values_list("name", "beat_at"):
        gauge.add_metric([name], (real_now() - beat_at).total_seconds())
    return gauge


class BusinessMetrics:
    def collect(self) -> Iterator[Metric]:
        for name, (words, labels, sql) in QUERIES.items():
            yield _gauge(name, words, labels=labels, sql=sql)
        yield _oldest_due()
        yield _heartbeats()


def exposition() -> bytes:
    registry = CollectorRegistry()
    registry.register(BusinessMetrics())
    return generate_latest(registry)
