"""A database and keys of the bench's own, beside the configured ones, gone afterwards."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections


@contextmanager
def own_ground() -> Iterator[Path]:
    """Yields a folder for the bench's files; the default connection points to a fresh, migrated database."""
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    home, name = settings.DATABASES["default"]["NAME"], f"bench_{secrets.token_hex(4)}"
    _execute(f'CREATE DATABASE "{name}"')
    try:
        _use(name)
        settings.DATA_DIR, settings.SECRETS_DIR = folder, folder / "secrets"
        _in_a_child(_prepare)
        yield folder
    finally:
        _use(home)
        # Without FORCE: an ordinary role may not end an autovacuum worker, and a plain DROP waits for one by itself.
        _execute(f'DROP DATABASE "{name}"')
        shutil.rmtree(folder, ignore_errors=True)


def _use(name: str) -> None:
    connections.close_all()
    connection.settings_dict["NAME"] = settings.DATABASES["default"]["NAME"] = name


def _prepare() -> None:
    call_command("ensure_secrets", verbosity=0)
    call_command("migrate", verbosity=0)
    _sign_the_law()


def _sign_the_law() -> None:
    """Every shipped pack in force, as at a tenant's: without one nothing is sent or debited."""
    from accounts.models import User
    from compliance.models import PolicyPack
    from compliance.pack_register import load_shipped, put_in_force, sign_off

    load_shipped()
    officer = User.objects.create(email="officer@bench.example", role="compliance")
    admin = User.objects.create(email="admin@bench.example", role="admin")
    for row in PolicyPack.objects.filter(state="draft"):
        put_in_force(sign_off(row, by=officer, note="bench"), by=admin)


def _in_a_child(work: Callable[[], None]) -> None:
    """Migrations take far more memory than anything measured afterwards, and would hide it."""
    connections.close_all()
    if child := os.fork():
        _pid, status = os.waitpid(child, 0)
        if status:
            raise RuntimeError("The bench's database could not be prepared; the reason is above.")
        return
    try:
        work()
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
