"""Whose request it is: the peer's address, or behind a proxy of ours the one that proxy saw.

Each proxy appends its own peer to `X-Forwarded-For`, so only the right end of that line is the word of somebody we
trust. Reading from the right, the first address that is no trusted proxy is the visitor; what stands left of it came
with the request and may be invented.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
MOST_HOPS = 20


def parse_networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """As written in TRUSTED_PROXIES; a typing error stops the start, so that nobody is trusted by mistake."""
    try:
        return tuple(ip_network(text.strip()) for text in texts if text.strip())
    except ValueError as error:
        raise ImproperlyConfigured(f"TRUSTED_PROXIES: {error}. Write networks such as 10.0.0.0/8.") from error


def visitor_of(peer: str, forwarded: str, trusted: Sequence[Network]) -> str:
    """`peer` unless it is a trusted proxy. Where a proxy wrote something unreadable, the last address we know."""
    known = _address(peer)
    if known is None or not _is_trusted(known, trusted):
        return peer
    for text in reversed(forwarded.split(",")[-MOST_HOPS:]):
        found = _address(text)
        if found is None:
            break
        known = found
        if not _is_trusted(known, trusted):
            break
    return str(known)


def _is_trusted(address: Address, trusted: Sequence[Network]) -> bool:
    return any(address in network for network in trusted)


def _address(text: str) -> Address | None:
    """Some proxies write the port too: `192.0.2.1:4711`, `[2001:db8::1]:4711`."""
    text = text.strip()
    host = text[1:].partition("]")[0] if text.startswith("[") else text
    bare = host.partition(":")[0] if host.count(":") == 1 else host
    try:
        address = ip_address(bare)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def client_ip(request: HttpRequest) -> str:
    """The visitor's address as far as we know it, else ""."""
    return str(request.META.get("REMOTE_ADDR", ""))


class ClientAddressMiddleware:
    """Puts the visitor's address where every library looks for it: the lock after failed sign-ins, sessions, evidence.

    Stands before all others.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
        request.META["REMOTE_ADDR"] = visitor_of(client_ip(request), forwarded, settings.TRUSTED_PROXIES)
        return self.get_response(request)
