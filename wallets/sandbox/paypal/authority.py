"""The simulated PayPal's certificate authority and its signing certificate, made once in the secrets folder."""

import fcntl
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

HOST = "messageverificationcerts.sandbox.test"
FOLDER = "wallets/paypal"
# The sandbox's clock may be moved years ahead.
LIFE = timedelta(days=365 * 30)


@dataclass(frozen=True)
class Authority:
    root: Path
    certificate: Path
    private: Path


def ensure_authority(secrets_dir: Path | str) -> Authority:
    folder = Path(secrets_dir) / FOLDER
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    made = Authority(folder / "root.pem", folder / "webhook_certificate.pem", folder / "webhook_private.pem")
    with (folder / ".lock").open("w") as lock:
        # Several processes start together; the three files must come from one of them.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not all(path.exists() for path in (made.root, made.certificate, made.private)):
            _make(made)
    return made


def _make(files: Authority) -> None:
    root_key, key = generate_private_key(65537, 2048), generate_private_key(65537, 2048)
    root = _root(root_key)
    _write(files.root, root.public_bytes(Encoding.PEM))
    leaf = issue(root_key, root, key.public_key(), HOST)
    _write(files.certificate, leaf.public_bytes(Encoding.PEM) + root.public_bytes(Encoding.PEM))
    _write(files.private, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def issue(root_key: RSAPrivateKey, root: x509.Certificate, key: RSAPublicKey, host: str) -> x509.Certificate:
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    issued_by = x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key())
    return (
        _builder(host, root.subject.rfc4514_string().removeprefix("CN="), key)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=False)
        .add_extension(issued_by, critical=False)
        .sign(root_key, SHA256())
    )


def _root(key: RSAPrivateKey) -> x509.Certificate:
    name = "Sandbox Root"
    signs = {"key_cert_sign": True, "crl_sign": True}
    others = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    usage = x509.KeyUsage(**signs, **dict.fromkeys((*others, "encipher_only", "decipher_only"), False))
    return (
        _builder(name, name, key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, SHA256())
    )


def _builder(subject: str, issuer: str, key: RSAPublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=365))
        .not_valid_after(now + LIFE)
    )


def _write(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
