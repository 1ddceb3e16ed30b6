"""Key pairs of the sandbox: one for the merchant (us), one for the simulated Alipay, made once and shared by path."""

import os
import secrets
import string
import threading
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

WALLETS = "wallets"
PRIVATE_MODE = 0o600
_LETTERS = string.ascii_letters + string.digits


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
    merchant_private, merchant_public = ensure_rsa_pair(secrets_dir, "alipay", "merchant")
    alipay_private, alipay_public = ensure_rsa_pair(secrets_dir, "alipay", "alipay")
    return AlipayKeyFiles(
        secrets_dir=Path(secrets_dir),
        merchant_private=merchant_private,
        merchant_public=merchant_public,
        alipay_private=alipay_private,
        alipay_public=alipay_public,
    )


def ensure_rsa_pair(secrets_dir: Path | str, wallet: str, owner: str) -> tuple[Path, Path]:
    """`wallets/<wallet>/<owner>_private.pem` and `_public.pem` below the secrets folder, made when missing."""
    folder = _folder(secrets_dir, wallet)
    private, public = folder / f"{owner}_private.pem", folder / f"{owner}_public.pem"
    _ensure_private(private)
    _write(public, _public_pem(private))
    return private, public


@cache
def stranger() -> rsa.RSAPrivateKey:
    """A key nobody trusts, for forged signatures; made once, for making one takes longer than all else here."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def ensure_text_secret(secrets_dir: Path | str, wallet: str, name: str, *, length: int = 32, prefix: str = "") -> Path:
    """`wallets/<wallet>/<name>` with `prefix` and that many random letters and digits, made when missing."""
    path = _folder(secrets_dir, wallet) / name
    if not path.exists():
        _place(path, (prefix + "".join(secrets.choice(_LETTERS) for _ in range(length))).encode())
    return path


def relative(secrets_dir: Path | str, path: Path) -> str:
    """The reference to a secret's file that a provider's settings keep."""
    return str(path.relative_to(secrets_dir))


def _folder(secrets_dir: Path | str, wallet: str) -> Path:
    folder = Path(secrets_dir) / WALLETS / wallet
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def _ensure_private(path: Path) -> None:
    if path.exists():
        return
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    _place(path, pem)


def _place(path: Path, content: bytes) -> None:
    """Write once, whole: of several processes that start together, one wins and all read the same."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}")
    _write(draft, content)
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
