"""Content encryption from Alipay's side, on another library than the client's."""

from base64 import b64decode, b64encode
from pathlib import Path
from secrets import token_bytes
from typing import Any

from Crypto.Cipher import AES
from Crypto.Util.Padding import pad, unpad

KEY_FILE = Path("wallets/alipay/content_key")
NOTHING = b"\x00" * 16


def ensure_content_key(secrets_dir: Path) -> Path:
    path = secrets_dir / KEY_FILE
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_bytes(b64encode(token_bytes(16)))
        path.chmod(0o600)
    return path


class ContentBox:
    def __init__(self, path: Path) -> None:
        self._path = path

    def opened(self, text: str) -> str:
        """Raises `ValueError` when it was not closed with our key."""
        return unpad(self._aes().decrypt(b64decode(text, validate=True)), 16).decode()

    def closed(self, text: str) -> str:
        return b64encode(self._aes().encrypt(pad(text.encode(), 16))).decode()

    def _aes(self) -> Any:
        return AES.new(b64decode(self._path.read_bytes()), AES.MODE_CBC, iv=NOTHING)
