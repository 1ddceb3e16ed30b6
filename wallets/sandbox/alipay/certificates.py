"""Certificate mode from Alipay's side: an authority of its own, a certificate for each party, and their serials."""

from datetime import UTC, datetime, timedelta
from hashlib import md5
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import NameOID

from wallets.sandbox.keys import ensure_rsa_pair

WALLET = "alipay"
LIFE = timedelta(days=3650)
NAMES = {"C": NameOID.COUNTRY_NAME, "O": NameOID.ORGANIZATION_NAME, "CN": NameOID.COMMON_NAME}


def ensure_certificates(secrets_dir: Path) -> dict[str, Path]:
    """`root`, `alipay` and `app`: PEM files beside the keys, made when missing."""
    keys = {owner: ensure_rsa_pair(secrets_dir, WALLET, owner)[0] for owner in ("authority", "alipay", "merchant")}
    folder = keys["authority"].parent
    paths = {name: folder / f"{name}_certificate.pem" for name in ("root", "alipay", "app")}
    authority = _key(keys["authority"])
    for name, owner in (("root", "authority"), ("alipay", "alipay"), ("app", "merchant")):
        if not paths[name].exists():
            paths[name].write_bytes(_certificate(authority, _key(keys[owner]), name))
    return paths


def serial(path: Path) -> str:
    """md5 of the issuer's name, most specific part first, and the number."""
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    parts = [f"{part.rfc4514_attribute_name}={part.value!s}" for part in reversed(list(certificate.issuer))]
    return md5(f"{','.join(parts)}{certificate.serial_number}".encode(), usedforsecurity=False).hexdigest()


def _key(path: Path) -> RSAPrivateKey:
    key = load_pem_private_key(path.read_bytes(), None)
    assert isinstance(key, RSAPrivateKey)  # noqa: S101 - the files are ours
    return key


def _certificate(authority: RSAPrivateKey, subject: RSAPrivateKey, name: str) -> bytes:
    begins = datetime.now(UTC) - timedelta(days=1)
    builder = (
        x509.CertificateBuilder()
        .issuer_name(_name("Sandbox Root"))
        .subject_name(_name("Sandbox Root" if name == "root" else f"Sandbox {name}"))
        .public_key(subject.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + LIFE)
        .add_extension(x509.BasicConstraints(ca=name == "root", path_length=None), critical=True)
    )
    return builder.sign(authority, SHA256()).public_bytes(Encoding.PEM)


def _name(common: str) -> x509.Name:
    values = {"C": "CN", "O": "Sandbox", "CN": common}
    return x509.Name([x509.NameAttribute(oid, values[name]) for name, oid in NAMES.items()])
