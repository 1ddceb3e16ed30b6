"""The environment the Django project reads: one place that knows the names of its variables."""

from __future__ import annotations

import os
from collections.abc import Mapping

from launcher.layout import Layout
from launcher.ports import HOST

# What would make Python look elsewhere, or compile every module again in each of a dozen processes.
NOT_INHERITED = ("PYTHONHOME", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE")


def for_sandbox(layout: Layout, *, urls: Mapping[str, str], ports: Mapping[str, int]) -> dict[str, str]:
    """Nothing leaves the machine: wallets, SMS and e-mail end in the local sandboxes."""
    return for_tests(layout, urls=urls) | {
        "DEBUG": "0",
        "PUBLIC_URL": f"http://{HOST}:{ports['web']}",
        "ALLOWED_HOSTS": f"{HOST},localhost",
        "WALLET_SANDBOX_URL": f"http://{HOST}:{ports['wallets']}",
        "MESSAGE_SANDBOX_URL": f"http://{HOST}:{ports['messages']}",
        "EMAIL_URL": f"smtp://{HOST}:{ports['smtp']}",
    }


def for_tests(layout: Layout, *, urls: Mapping[str, str]) -> dict[str, str]:
    """The servers and the folders, in sandbox mode: a test that wants production settings says so itself."""
    return {
        "SANDBOX": "1",
        "DJANGO_SETTINGS_MODULE": "collections_platform.settings",
        "DATA_DIR": str(layout.data),
        "SECRETS_DIR": str(layout.secrets),
        **urls,
    }


def whole(ours: Mapping[str, str]) -> dict[str, str]:
    """What a child gets: the caller's environment, minus `NOT_INHERITED`, plus ours."""
    inherited = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
    return inherited | {"PYTHONUNBUFFERED": "1", **ours}
