"""Where a webhook may go: never into our own network, unless this is the sandbox, where it may go nowhere else."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from common.errors import InvalidInput


def _addresses(host: str, port: int) -> set[str]:
    try:
        return {str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except OSError as error:
        raise InvalidInput(_("This host name cannot be found."), field="url") from error


def _allowed(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    return ip.is_loopback if settings.SANDBOX else ip.is_global


def check_target(url: str) -> None:
    """Refuse an address a webhook must not reach. Called when an endpoint is saved and again before each delivery."""
    parts = urlsplit(url)
    if parts.scheme not in (("http", "https") if settings.SANDBOX else ("https",)) or not parts.hostname:
        raise InvalidInput(_("Give a full https address."), field="url")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    if not all(_allowed(address) for address in _addresses(parts.hostname, port)):
        raise InvalidInput(_("This address lies inside a private network. Give a public one."), field="url")
