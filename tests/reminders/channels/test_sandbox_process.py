"""The sandbox as its own process, started and stopped as the launcher does."""

import os
import signal
import smtplib
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from django.db import connection

from common.models import ClockShift
from reminders.sandbox.testing import free_port
from tests.reminders.channels.conftest import wait_until

ROOT = Path(__file__).resolve().parents[3]


def url_of_the_test_database() -> str:
    parts = connection.settings_dict
    login = quote(parts["USER"]) + (":" + quote(parts["PASSWORD"]) if parts["PASSWORD"] else "")
    port = f":{parts['PORT']}" if parts["PORT"] else ""
    return f"postgres://{login}@{quote(parts['HOST'], safe='')}{port}/{parts['NAME']}"


@pytest.fixture
def ports() -> tuple[int, int]:
    return free_port(), free_port()


@pytest.fixture
def process(transactional_db, tmp_path, ports):
    http, smtp = ports
    env = {**os.environ, "DATABASE_URL": url_of_the_test_database(), "SANDBOX": "1", "DATA_DIR": str(tmp_path)}
    command = [sys.executable, "manage.py", "message_sandbox", "--http-port", str(http), "--smtp-port", str(smtp)]
    started = subprocess.Popen(command, cwd=ROOT, env=env, stderr=subprocess.PIPE)
    yield started
    if started.poll() is None:
        started.kill()
    started.communicate()


def answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def test_mail_is_kept_with_the_moved_clocks_time_and_the_process_stops_when_told(process, ports):
    http, smtp = ports
    ClockShift.objects.update_or_create(pk=1, defaults={"ahead": timedelta(days=40)})
    wait_until(lambda: answers(f"http://127.0.0.1:{http}/healthz"), seconds=30)

    def moved() -> bool:
        with smtplib.SMTP("127.0.0.1", smtp) as client:
            client.sendmail("a@example.org", ["b@example.org"], "Subject: hello\r\n\r\nwords\r\n")
        newest = httpx.get(f"http://127.0.0.1:{http}/api/messages", trust_env=False).json()["messages"][0]
        return datetime.fromisoformat(newest["created_at"]) > datetime.now(UTC) + timedelta(days=39)

    wait_until(moved, seconds=5)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 0
