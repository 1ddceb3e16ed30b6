from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from django.conf import settings

from launcher import services
from launcher.layout import ROOT, Layout
from launcher.welcome import text

LOCKS = ("requirements.txt", "requirements-dev.txt")


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_is_pinned_and_hashed(name: str) -> None:
    content = (ROOT / name).read_text()
    packages = re.split(r"\n(?=[A-Za-z])", content.strip())
    assert len(packages) > 50
    for package in packages:
        assert re.match(r"[A-Za-z0-9._-]+(\[[a-z,]+\])?==[^ ]+", package), package.splitlines()[0]
        assert "--hash=sha256:" in package


@pytest.mark.parametrize("name", LOCKS)
def test_the_lock_names_no_package_host(name: str) -> None:
    content = (ROOT / name).read_text()
    assert "://" not in content
    assert "--index" not in content
    assert "--find-links" not in content


def test_development_installs_what_runtime_installs_and_more() -> None:
    runtime, development = (set(re.findall(r"^[\w.-]+==\S+", (ROOT / name).read_text(), re.M)) for name in LOCKS)
    assert runtime < development


def test_the_compose_file_runs_every_process_with_a_health_check() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    services = compose["services"]
    assert set(services) >= {"web", "worker", "beat", "postgres", "valkey", "prepare"}
    long_running = {name: service for name, service in services.items() if name != "prepare"}
    assert [name for name, service in long_running.items() if "healthcheck" not in service] == []


def queues_in_compose() -> list[str]:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    commands = [service.get("command", []) for service in services.values()]
    return [command[command.index("--queues") + 1] for command in commands if "--queues" in command]


def test_every_queue_has_a_worker_of_its_own() -> None:
    routed = {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()}
    wanted = sorted({*routed, settings.CELERY_TASK_DEFAULT_QUEUE})
    assert sorted(queues_in_compose()) == sorted(services.QUEUES.values()) == wanted


def test_workers_beside_each_other_have_names_of_their_own(tmp_path: Path) -> None:
    specs = services.workers(Layout(data=tmp_path, server_home=tmp_path), env={})
    hosts = [spec.command[spec.command.index("--hostname") + 1] for spec in specs if "--hostname" in spec.command]
    assert len(hosts) == len(set(hosts)) == len(services.QUEUES)
    assert len({spec.log for spec in specs}) == len(specs)


def test_the_compose_file_reads_secrets_from_files_only() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    assert all("file" in secret for secret in compose["secrets"].values())
    mounted = {name for service in compose["services"].values() for name in service.get("secrets", [])}
    assert mounted == set(compose["secrets"])


def test_the_image_does_not_run_as_root() -> None:
    users = re.findall(r"^USER (\S+)", (ROOT / "Dockerfile").read_text(), re.M)
    assert users
    assert users[-1] not in ("root", "0")


def test_the_welcome_shows_address_logins_and_link() -> None:
    shown = text(
        {
            "url": "http://127.0.0.1:8000",
            "logins": [{"role": "agent", "email": "a@b.example", "password": "words", "totp": None}],
            "debtor_link": "http://127.0.0.1:8000/pay/x",
        },
        url="http://elsewhere",
    )
    for part in ("http://127.0.0.1:8000\n", "agent", "a@b.example", "words", "/pay/x", "Ctrl-C"):
        assert part in shown
    assert "None" not in shown


def test_without_a_demo_the_address_is_shown_all_the_same() -> None:
    assert "http://127.0.0.1:8000" in text({}, url="http://127.0.0.1:8000")


def test_the_settings_load_with_what_the_compose_file_passes_when_nothing_optional_is_set() -> None:
    environment = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["x-platform"]["environment"]
    given = {"PUBLIC_URL": "https://c.example", "ALLOWED_HOSTS": "c.example", "DEFAULT_FROM_EMAIL": "help@c.example"}
    passed = {name: given.get(name, "") if text.startswith("${") else text for name, text in environment.items()}
    own = ("PATH", "HOME", "LD_LIBRARY_PATH", "SECRETS_DIR")
    kept = {name: value for name, value in os.environ.items() if name in own}
    env = kept | passed | {"DJANGO_SETTINGS_MODULE": "collections_platform.settings"}
    script = "from django.conf import settings; print(settings.EMAIL_BACKEND, settings.SANDBOX, settings.ANYMAIL)"
    done = subprocess.run(
        [sys.executable, "-c", script], env=env, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["django.core.mail.backends.smtp.EmailBackend", "False", "{}"], done.stderr
