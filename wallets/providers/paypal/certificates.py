"""The certificates PayPal signs webhooks with: named by the call, fetched from a pinned place, trusted by chain."""

import re
import time
from collections import deque
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from threading import Lock

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from common.http import HttpRequest, Operation, OutcomeUnknown
from wallets.providers.errors import ConfigError, InvalidWebhook

_NAME = re.compile(r"CERT-[0-9A-Za-z-]{8,80}", re.ASCII)
LARGEST = 64 * 1024
MOST_KEPT = 32
# A flood of calls that name invented certificates must not become a flood of fetches.
FETCHES_PER_MINUTE = 10


class CertificateCache:
    """Files of this process by address. They are not trusted for lying here: each use checks the chain."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._files: dict[str, bytes] = {}
        self._fetched: deque[float] = deque(maxlen=FETCHES_PER_MINUTE)

    def get(self, url: str) -> bytes:
        return self._files.get(url, b"")

    def put(self, url: str, pem: bytes) -> None:
        with self._lock:
            if len(self._files) >= MOST_KEPT:
                self._files.pop(next(iter(self._files)))
            self._files[url] = pem

    def may_fetch(self) -> bool:
        moment = time.monotonic()
        with self._lock:
            full = len(self._fetched) == FETCHES_PER_MINUTE and moment - self._fetched[0] < 60
            if not full:
                self._fetched.append(moment)
            return not full


CACHE = CertificateCache()


class Certificates:
    """`base` is the one folder certificates may come from, `host` the name they must bear, `roots` whom we trust."""

    def __init__(self, *, base: str, host: str, roots: bytes) -> None:
        self._base, self._host, self._roots = base, host, roots

    def fetch(self, headers: Mapping[str, str]) -> Operation[None] | None:
        """What to fetch before this call can be verified; `None` when nothing would help."""
        url = self._url(headers)
        return self._fetched(url) if url and not CACHE.get(url) and CACHE.may_fetch() else None

    def key(self, headers: Mapping[str, str], now: datetime) -> rsa.RSAPublicKey:
        """The key of the certificate the call names; raises `InvalidWebhook` unless it is PayPal's and valid now."""
        pem = CACHE.get(self._url(headers))
        if not pem:
            raise InvalidWebhook("The webhook names a certificate that is not PayPal's, or that PayPal does not give.")
        try:
            return self._trusted(pem, now)
        except (ValueError, VerificationError) as error:
            raise InvalidWebhook("The webhook's certificate is not one we trust.") from error

    def _url(self, headers: Mapping[str, str]) -> str:
        """Built anew from the pinned folder: of the call's own address only the file's name is used."""
        said = headers.get("paypal-cert-url", "")
        name = said.removeprefix(self._base)
        return f"{self._base}{name}" if said.startswith(self._base) and _NAME.fullmatch(name) else ""

    def _fetched(self, url: str) -> Operation[None]:
        response = yield HttpRequest(method="GET", url=url, purpose="paypal.certificate", max_bytes=LARGEST)
        if response.status >= 500:
            raise OutcomeUnknown("PayPal did not give its certificate.", status=response.status)
        if response.status == 200 and b"-----BEGIN CERTIFICATE-----" in response.body:
            CACHE.put(url, response.body)

    def _trusted(self, pem: bytes, now: datetime) -> rsa.RSAPublicKey:
        leaf, *between = x509.load_pem_x509_certificates(pem)
        names = [name.value for name in leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
        if names != [self._host]:
            raise ValueError("the certificate bears another name")
        verifier = PolicyBuilder().store(self._store).time(now).build_server_verifier(x509.DNSName(self._host))
        verifier.verify(leaf, between)
        key = leaf.public_key()
        if not isinstance(key, rsa.RSAPublicKey):
            raise ValueError("the certificate has no RSA key")
        return key

    @cached_property
    def _store(self) -> Store:
        try:
            return Store(x509.load_pem_x509_certificates(self._roots))
        except ValueError as error:
            raise ConfigError("PayPal: the file of trusted roots holds no certificate.") from error
