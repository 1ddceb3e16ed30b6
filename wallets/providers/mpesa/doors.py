"""Callback addresses nobody can guess. Daraja signs nothing, so what a callback may be about is in its address:
a subject of our own (reference, amount) and 160 bits of an HMAC over it. Nothing has to be stored.
"""

import hashlib
import hmac
import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from wallets.providers.errors import ConfigError, InvalidWebhook
from wallets.providers.messages import HttpIn

TOKEN_BYTES = 20
SHORTEST_KEY = 32
_DOOR = re.compile(
    r".*/(?P<kind>stk|order|reversal|c2b)/(?P<subject>[0-9A-Za-z.]{1,100})/(?P<token>[0-9a-f]{40})/?", re.ASCII
)
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class Doors:
    """`networks`: where callbacks may come from; empty means anywhere (a firewall in front decides)."""

    key: bytes = field(repr=False)
    networks: tuple[Network, ...] = ()

    def __post_init__(self) -> None:
        if len(self.key) < SHORTEST_KEY:
            raise ConfigError("M-Pesa: the secret 'callback_key' must be at least 32 random bytes.")

    def address(self, notify_url: str, kind: str, *subject: str) -> str:
        words = ".".join(subject)
        return f"{notify_url.rstrip('/')}/{kind}/{words}/{self.seal(kind, words)}/"

    def opened(self, call: HttpIn) -> tuple[str, list[str]]:
        """Kind and subject of the door a call came through; raises `InvalidWebhook`."""
        self._check_origin(call.client_ip)
        match = _DOOR.fullmatch(call.path) if len(call.path) <= 1000 else None
        if not match or not hmac.compare_digest(match["token"], self.seal(match["kind"], match["subject"])):
            raise InvalidWebhook("The call did not come to an address we gave to Safaricom.")
        return match["kind"], match["subject"].split(".")

    def seal(self, kind: str, subject: str) -> str:
        return hmac.new(self.key, f"{kind}/{subject}".encode(), hashlib.sha256).digest()[:TOKEN_BYTES].hex()

    def nickname(self, text: str) -> str:
        """A stable name for something personal that may be kept where personal data may not."""
        return hmac.new(self.key, f"nickname/{text}".encode(), hashlib.sha256).hexdigest()

    def _check_origin(self, client_ip: str) -> None:
        if not self.networks:
            return
        try:
            address = ipaddress.ip_address(client_ip)
        except ValueError as error:
            raise InvalidWebhook("It is not known where the call came from.") from error
        if not any(address in network for network in self.networks):
            raise InvalidWebhook("The call came from an address that is not Safaricom's.")


def read_networks(texts: Sequence[str]) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(text.strip()) for text in texts if text.strip())
    except ValueError as error:
        raise ConfigError("M-Pesa: option 'allowed_networks' is a list like 196.201.214.0/24, ...") from error
