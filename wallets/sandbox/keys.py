"""Key pairs of the sandbox: one for the merchant (us), one for the simulated Alipay, made once and shared by path."""

import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

FOLDER = "wallets/alipay"
PRIVATE_MODE = 0o600


@dataclass(frozen=True)
class AlipayKeyFiles:
    """Absolute paths; `relative(name)` is the reference a provider's settings keep."""

    secrets_dir: Path
    merchant_private: Path
    merchant_public: Path
    alipay_private: Path
    alipay_public: Path

    def relative(self, path: Path) -> str:
        return str(path.relative_to(self.secrets_dir))


def ensure_alipay_keys(secrets_dir: Path | str) -> AlipayKeyFiles:
    """Create what is missing and return where everything is. Safe when several processes start at once."""
    base = Path(secrets_dir)
    folder = base / FOLDER
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    paths: dict[str, Path] = {}
    for owner in ("merchant", "alipay"):
        private, public = folder / f"{owner}_private.pem", folder / f"{owner}_public.pem"
        _ensure_private(private)
        _write(public, _public_pem(private))
        paths |= {f"{owner}_private": private, f"{owner}_public": public}
    return AlipayKeyFiles(secrets_dir=base, **paths)


def _ensure_private(path: Path) -> None:
    if path.exists():
        return
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    draft = path.with_suffix(f".{os.getpid()}")
    _write(draft, pem)
    try:
        # A link fails if another process was faster: its key stays, ours is dropped.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _public_pem(private: Path) -> bytes:
    key = serialization.load_pem_private_key(private.read_bytes(), password=None)
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def _write(path: Path, content: bytes) -> None:
    if path.exists() and path.read_bytes() == content:
        return
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_MODE), "wb") as file:
        file.write(content)
