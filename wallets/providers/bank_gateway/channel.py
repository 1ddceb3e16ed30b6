"""Signed JSON both ways: flat objects of texts, RSA-SHA256 over their sorted `name=value` pairs."""

import base64
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from common.errors import InvalidInput
from common.http import HttpRequest, HttpResponse, Operation, OutcomeUnknown
from common.money import Money
from wallets.providers.bank_gateway.record import Record
from wallets.providers.errors import ConfigError, RateLimited
from wallets.providers.messages import DeclineInfo

OK, TOO_MANY = 200, 429
TOLERANCE = timedelta(minutes=5)
TIME = "%Y%m%d%H%M%S"
MOST_FIELDS = 60
LONGEST_AMOUNT = 20


class Untrusted(ValueError):
    """Not from the bank, not about us, or not of now."""


@dataclass(frozen=True)
class Said:
    """A verified answer or notice, by the names of `record.FIELDS`."""

    record: Record
    data: Mapping[str, str] = field(repr=False)

    def text(self, role: str) -> str:
        return self.data.get(self.record.fields[role], "")

    @property
    def ok(self) -> bool:
        return self.text("code") == self.record.ok

    def decline(self) -> DeclineInfo:
        return self.record.classify(self.text("code"), self.text("message"))

    def money(self, role: str) -> Money:
        """Raises `Untrusted` for another currency or no amount."""
        text, currency = self.text(role), self.text("currency")
        if currency != self.record.currency or len(text) > LONGEST_AMOUNT:
            raise Untrusted("currency")
        if not all(mark in "0123456789." for mark in text):
            raise Untrusted(role)
        try:
            return Money.parse(text, currency) if self.record.unit == "major" else Money(int(text), currency)
        except (InvalidInput, ValueError) as error:
            raise Untrusted(role) from error

    def moment(self, role: str) -> datetime | None:
        return read_time(self.record, self.text(role))


@dataclass(frozen=True, kw_only=True)
class Channel:
    record: Record
    base_url: str
    merchant_id: str
    now: Callable[[], datetime]
    own_key: RSAPrivateKey = field(repr=False)
    bank_key: RSAPublicKey = field(repr=False)

    def ask(self, what: str, content: Mapping[str, str]) -> Operation[Said]:
        body = json.dumps(self._signed(content), ensure_ascii=False).encode()
        response = yield HttpRequest(
            method="POST",
            url=f"{self.base_url}{self.record.paths[what]}",
            purpose=f"bank.{what}",
            headers={"content-type": "application/json"},
            body=body,
        )
        return self._read(response, content)

    def verified(self, body: bytes) -> Said:
        """Raises `Untrusted` unless the bank signed this for us within the last five minutes."""
        data, fields = _flat(body), self.record.fields
        try:
            signature = base64.b64decode(data.get(fields["sign"], ""), validate=True)
            self.bank_key.verify(signature, _signed_text(data, fields["sign"]), PKCS1v15(), SHA256())
        except (InvalidSignature, ValueError) as error:
            raise Untrusted("signature") from error
        said = Said(self.record, data)
        sent = said.moment("timestamp")
        if said.text("merchant") != self.merchant_id or sent is None or abs(self.now() - sent) > TOLERANCE:
            raise Untrusted("merchant or time")
        return said

    def amount(self, amount: Money) -> str:
        return amount.to_decimal_string() if self.record.unit == "major" else str(amount.minor)

    def time(self, moment: datetime) -> str:
        return moment.astimezone(self.record.zone).strftime(TIME)

    def _signed(self, content: Mapping[str, str]) -> dict[str, str]:
        fields = self.record.fields
        common = {"merchant": self.merchant_id, "timestamp": self.time(self.now()), "nonce": secrets.token_hex(16)}
        named = {fields[role]: value for role, value in {**content, **common}.items() if value}
        signature = self.own_key.sign(_signed_text(named, fields["sign"]), PKCS1v15(), SHA256())
        return {**named, fields["sign"]: base64.b64encode(signature).decode()}

    def _read(self, response: HttpResponse, content: Mapping[str, str]) -> Said:
        if response.status == TOO_MANY:
            text = response.headers.get("retry-after", "")
            seconds = int(text) if text.isascii() and text.isdigit() else 60
            raise RateLimited("The bank asked us to slow down.", retry_after=seconds)
        if response.status != OK:
            raise OutcomeUnknown("The bank answered with an error page.", status=response.status)
        try:
            said = self.verified(response.body)
        except Untrusted as error:
            raise OutcomeUnknown("The bank's answer cannot be trusted. Check its key and our clock.") from error
        if said.text("code") in self.record.slow_down:
            raise RateLimited("The bank asked us to slow down.")
        if said.text("reference") != content["reference"]:
            raise OutcomeUnknown("The bank answered about another payment.")
        return said


def read_time(record: Record, text: str) -> datetime | None:
    try:
        return datetime.strptime(text, TIME).replace(tzinfo=record.zone)
    except ValueError:
        return None


def private_key(pem: bytes) -> RSAPrivateKey:
    try:
        key = load_pem_private_key(pem, None)
    except (ValueError, TypeError) as error:
        raise ConfigError("Bank gateway: the file for secret 'private_key' is not a PEM key.") from error
    if not isinstance(key, RSAPrivateKey):
        raise ConfigError("Bank gateway: our key must be an RSA key.")
    return key


def public_key(pem: bytes) -> RSAPublicKey:
    try:
        key = load_pem_public_key(pem)
    except ValueError as error:
        raise ConfigError("Bank gateway: the file for secret 'bank_public_key' is not a PEM key.") from error
    if not isinstance(key, RSAPublicKey):
        raise ConfigError("Bank gateway: the bank's key must be an RSA key.")
    return key


def _flat(body: bytes) -> dict[str, str]:
    try:
        pairs = json.loads(body.decode(), object_pairs_hook=list)
        data = dict(pairs)
    except (ValueError, TypeError, RecursionError) as error:
        raise Untrusted("not an object") from error
    flat = all(isinstance(name, str) and isinstance(value, str) for name, value in data.items())
    if not isinstance(pairs, list) or not flat or len(data) != len(pairs) or not 0 < len(data) <= MOST_FIELDS:
        raise Untrusted("not a flat object of texts")
    return data


def _signed_text(data: Mapping[str, str], sign: str) -> bytes:
    return "&".join(f"{name}={data[name]}" for name in sorted(data) if name != sign and data[name]).encode()
