"""What the soak stands on: servers, simulated wallets and a web server, each in processes that may be killed."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
from django.test.utils import override_settings

from launcher.errors import LauncherError
from tests.faults.crew import Crew
from tests.faults.servers import copied_into, own_postgres, own_valkey
from tests.faults.site import Site, free_port
from tests.faults.workers import Workers

SIMULATORS = (
    "import os, sys; from django.core.management import execute_from_command_line as run; "
    "sys.stdout = open(os.devnull, 'w'); "
)


@contextmanager
def ground() -> Iterator[dict[str, Any]]:
    """Servers that may crash, the simulated wallets and the web server, each in processes of their own."""
    crew, site, port = Workers(Path(tempfile.mkdtemp(prefix="soak-"))), Site(), free_port()
    addresses = {"WALLET_SANDBOX_URL": f"http://127.0.0.1:{port}", "PUBLIC_URL": site.url, "SANDBOX": True}
    with ExitStack() as stack:
        stack.enter_context(override_settings(**addresses))
        postgres, valkey = _own(stack, own_postgres), _own(stack, own_valkey)
        if postgres:
            stack.enter_context(copied_into(postgres))
        stack.callback(crew.stop_all)
        stack.callback(site.close)
        crew.start(f"{SIMULATORS}run(['manage.py', 'wallet_sandbox', '--port', '{port}'])", LOG_LEVEL="CRITICAL")
        _wait_for(addresses["WALLET_SANDBOX_URL"])
        site.start()
        celery = Crew(valkey.url, crew.folder) if valkey else None
        if celery:
            stack.callback(celery.stop)
        yield {"crew": crew, "site": site, "postgres": postgres, "valkey": valkey, "celery": celery}


def _own(stack: ExitStack, server: Callable[[], Any]) -> Any:
    try:
        return stack.enter_context(server())
    except LauncherError as error:
        sys.stderr.write(f"  soak: {server.__name__} does not crash here ({error.message})\n")
        return None


def _wait_for(url: str) -> None:
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        with suppress(httpx.HTTPError):
            httpx.get(f"{url}/healthz", trust_env=False).raise_for_status()
            return
        time.sleep(0.1)
    raise RuntimeError("The simulated wallets did not start.")
