"""Real PostgreSQL and Valkey, started and killed."""

from __future__ import annotations

import os
import signal
import stat
from pathlib import Path

import psycopg2
import pytest
import redis

from launcher import signals
from launcher.children import Child
from launcher.errors import LauncherError
from launcher.session import Session
from tests.launcher.conftest import Opener, as_root


def query(url: str, statement: str) -> object:
    connection = psycopg2.connect(url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(statement)
        found = cursor.fetchone() if cursor.description else None
    connection.close()
    return found[0] if found else None


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def child(running: Session, name: str) -> Child:
    return next(found for found in running.family.children if found.name == name)


def test_the_servers_answer_on_private_sockets_only(open_session: Opener, folder: Path) -> None:
    with open_session(folder / "data") as running:
        url = running.urls["DATABASE_URL"]
        assert query(url, "SHOW listen_addresses") == ""
        assert query(url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
        assert mode(running.sockets) == 0o700
        queue = redis.from_url(running.urls["REDIS_URL"])
        assert queue.ping()
        assert queue.config_get("port") == {"port": "0"}
    assert not running.sockets.exists()
    assert not running.layout.run_file.exists()


def test_a_wrong_password_opens_neither_server(open_session: Opener, folder: Path) -> None:
    with open_session(folder / "data") as running:
        secrets = running.layout.secrets
        for name, variable in (("postgres_password", "DATABASE_URL"), ("valkey_password", "REDIS_URL")):
            assert mode(secrets / name) == 0o600
            running.urls[variable] = running.urls[variable].replace((secrets / name).read_text(), "guess")
        with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
            query(running.urls["DATABASE_URL"], "SELECT 1")
        with pytest.raises(redis.AuthenticationError):
            redis.from_url(running.urls["REDIS_URL"]).ping()


def test_passwords_are_on_no_command_line(open_session: Opener, folder: Path) -> None:
    with open_session(folder / "data") as running:
        passwords = [path.read_bytes() for path in running.layout.secrets.glob("*_password")]
        for server in running.family.children:
            command = Path(f"/proc/{server.who.pid}/cmdline")
            if not command.exists():
                pytest.skip("needs /proc to read command lines")
            assert not any(password in command.read_bytes() for password in passwords)


def test_stored_rows_and_queued_work_survive_a_clean_stop(open_session: Opener, folder: Path) -> None:
    with open_session(folder / "data") as running:
        query(running.urls["DATABASE_URL"], "CREATE TABLE kept AS SELECT 42 AS answer")
    with open_session(folder / "data") as running:
        assert query(running.urls["DATABASE_URL"], "SELECT answer FROM kept") == 42


def test_a_postmaster_killed_with_sigkill_does_not_stop_the_next_start(open_session: Opener, folder: Path) -> None:
    with open_session(folder / "data", durable=True) as running:
        query(running.urls["DATABASE_URL"], "CREATE TABLE kept AS SELECT 42 AS answer")
        os.kill(child(running, "postgres").who.pid, signal.SIGKILL)
        child(running, "postgres").process.wait(timeout=10)
    assert (running.layout.server_home / "postgres" / "postmaster.pid").exists()
    with open_session(folder / "data", durable=True) as running:
        assert query(running.urls["DATABASE_URL"], "SELECT answer FROM kept") == 42


def test_a_second_copy_runs_beside_the_first(open_session: Opener, folder: Path) -> None:
    with open_session(folder / "one") as first, open_session(folder / "two") as second:
        query(first.urls["DATABASE_URL"], "CREATE TABLE mine (id int)")
        assert query(second.urls["DATABASE_URL"], "SELECT to_regclass('mine') IS NULL") is True
        redis.from_url(first.urls["REDIS_URL"]).set("mine", 1)
        assert redis.from_url(second.urls["REDIS_URL"]).get("mine") is None


def test_a_lost_password_file_is_made_again(open_session: Opener, folder: Path) -> None:
    with open_session(folder / "data") as running:
        pass
    (running.layout.secrets / "postgres_password").unlink()
    with open_session(folder / "data") as running:
        assert query(running.urls["DATABASE_URL"], "SELECT 1") == 1


def test_servers_named_in_the_environment_are_used_as_they_are(
    open_session: Opener, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere/db")
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere/0")
    with open_session(folder / "data") as running:
        assert running.urls == {"DATABASE_URL": "postgres://elsewhere/db", "REDIS_URL": "redis://elsewhere/0"}
        assert running.family.children == []


@as_root
def test_root_leaves_a_closed_parent_closed_and_keeps_the_cluster_elsewhere(open_session: Opener, folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    with open_session(closed / "data") as running:
        assert query(running.urls["DATABASE_URL"], "SELECT 1") == 1
        assert running.layout.server_home.is_relative_to(folder / "fallback")
    assert mode(closed) == 0o700
    assert mode(folder) == 0o711


@as_root
def test_root_runs_no_server_as_root(open_session: Opener, folder: Path) -> None:
    with open_session(folder / "data") as running:
        owners = {server.name: Path(f"/proc/{server.who.pid}").stat().st_uid for server in running.family.children}
    assert sorted(owners) == ["postgres", "valkey"]
    assert 0 not in owners.values()


def test_an_impossible_place_is_refused_with_the_next_thing_to_do(open_session: Opener, folder: Path) -> None:
    (folder / "file").write_text("")
    with pytest.raises(LauncherError, match="--data DIR"), open_session(folder / "file" / "data"):
        pass


def test_nothing_waits_longer_than_it_must() -> None:
    assert signals.wait_until(lambda: True, seconds=0)
    assert not signals.wait_until(lambda: False, seconds=0)
