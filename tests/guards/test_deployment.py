"""What a real deployment must be: hardened settings, a policy without inline code, migrations that match the models."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

LONG_KEY = "f3Q9-k2Lw8-Zr7Tm-4Xc1V-pB6Nd-0Hs5J-yG-eU-aR-oW-iK-tM-qP"
ROOT = Path(__file__).resolve().parents[2]


# What tests set for themselves in this process.
OF_TESTS = ("SANDBOX", "DEBUG", "DJANGO_ALLOW_ASYNC_UNSAFE")


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if name not in OF_TESTS}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=inherited | environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_production_settings_pass_the_deployment_check():
    outcome = manage(
        "check", "--deploy", "--fail-level", "WARNING",
        PUBLIC_URL="https://pay.example", ALLOWED_HOSTS="pay.example", DJANGO_SECRET_KEY=LONG_KEY,
    )  # fmt: skip
    assert outcome.returncode == 0, outcome.stderr


def test_a_proxy_that_is_not_named_is_spoken_of():
    known = {"PUBLIC_URL": "https://pay.example", "ALLOWED_HOSTS": "pay.example", "DJANGO_SECRET_KEY": LONG_KEY}
    proxied = known | {"BEHIND_PROXY": "1"}
    assert "platform.W2" in manage("check", "--deploy", **proxied).stderr
    assert "platform.W2" not in manage("check", "--deploy", **proxied, TRUSTED_PROXIES="10.0.0.0/8").stderr


def test_the_models_and_the_migrations_agree(db):
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.django_db
def test_pages_forbid_inline_code_framing_and_foreign_sources(client):
    policy = client.get("/accounts/login/")["Content-Security-Policy"]
    assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy
    assert "unsafe-inline" not in policy and "unsafe-eval" not in policy


def test_a_production_start_without_a_secret_key_is_refused(tmp_path):
    outcome = manage("check", "--deploy", SECRETS_DIR=str(tmp_path), PUBLIC_URL="https://pay.example")
    assert outcome.returncode != 0 and "secret" in outcome.stderr.lower()
