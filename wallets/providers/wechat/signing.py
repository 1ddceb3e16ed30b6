"""APIv3 cryptography: SHA256-RSA2048 over lines of text, and AES-GCM for what a notice carries."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from wallets.providers.errors import ConfigError

PROBE = "WECHATPAY/SIGNTEST/"
CERTIFICATE_MARK = b"-----BEGIN CERTIFICATE-----"


def lines(*parts: str) -> bytes:
    """Every line ends with a line feed, the last one too."""
    return "".join(f"{part}\n" for part in parts).encode()


class Signer:
    """Signs with the merchant's API key (PEM)."""

    def __init__(self, pem: bytes) -> None:
        key = _load(pem, private=True)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise ConfigError("WeChat Pay: the merchant's private key must be an RSA key.")
        self._key = key

    def sign(self, content: bytes) -> str:
        return base64.b64encode(self._key.sign(content, padding.PKCS1v15(), hashes.SHA256())).decode()


class Keyring:
    """WeChat Pay's public keys by serial: one, or two while one replaces the other."""

    def __init__(self, pems: Mapping[str, bytes]) -> None:
        if not pems:
            raise ConfigError("WeChat Pay: no platform key is configured. Name one in option 'platform_keys'.")
        self._keys = {serial: _public(pem) for serial, pem in pems.items()}

    def verify(self, serial: str, content: bytes, signature: str) -> bool:
        """False for an unknown serial, a probe of WeChat's (it must be refused), and a signature that is not theirs."""
        key = self._keys.get(serial)
        if key is None or signature.startswith(PROBE):
            return False
        try:
            key.verify(base64.b64decode(signature, validate=True), content, padding.PKCS1v15(), hashes.SHA256())
        except (InvalidSignature, binascii.Error, ValueError):
            return False
        return True


class Vault:
    """Opens the encrypted resource of a notice with the APIv3 key."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def open(self, *, ciphertext: str, nonce: str, associated_data: str) -> bytes:
        """Raises `ValueError` when anything about it is wrong. The tag is the last 16 bytes of the ciphertext."""
        try:
            sealed = base64.b64decode(ciphertext, validate=True)
            return self._cipher.decrypt(nonce.encode(), sealed, associated_data.encode())
        except (InvalidTag, binascii.Error) as error:
            raise ValueError("the resource cannot be decrypted") from error


def certificate_serial(pem: bytes) -> str:
    """The serial number of a certificate as WeChat Pay writes it: upper-case hex."""
    return f"{x509.load_pem_x509_certificate(pem).serial_number:X}"


def _public(pem: bytes) -> rsa.RSAPublicKey:
    key = _load(pem, private=False)
    if not isinstance(key, rsa.RSAPublicKey):
        raise ConfigError("WeChat Pay: a platform key must be an RSA public key or a certificate of one.")
    return key


def _load(pem: bytes, *, private: bool) -> Any:
    try:
        if private:
            return serialization.load_pem_private_key(pem, password=None)
        if CERTIFICATE_MARK in pem:
            return x509.load_pem_x509_certificate(pem).public_key()
        return serialization.load_pem_public_key(pem)
    except (ValueError, TypeError) as error:
        raise ConfigError("WeChat Pay: a key file holds no readable RSA key.") from error
