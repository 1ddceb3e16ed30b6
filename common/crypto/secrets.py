"""The secret files a platform needs, made once. Needs no Django, so a launcher or the settings may call it first."""

from __future__ import annotations

import secrets
from pathlib import Path

from common.crypto import kek, key_file
from common.crypto.secret_files import create_once, new_key_text

DJANGO_SECRET_KEY = "django_secret_key"  # noqa: S105 (a file's name)
BLIND_INDEX_KEY = "blind_index_key"
# 64 letters: `check --deploy` wants 50 at least.
SIGNING_BYTES = 48


def ensure_secrets(directory: Path) -> list[str]:
    """Create what is missing, each file with mode 0600; touch nothing that exists. Returns the names created."""
    if not directory.exists():
        directory.mkdir(parents=True, mode=0o700, exist_ok=True)
    plain = [BLIND_INDEX_KEY]
    wrapper = kek.key_encryption_key(directory)
    if isinstance(wrapper, kek.FileKeyEncryptionKey):
        plain.append(kek.FILE_NAME)
    texts = {DJANGO_SECRET_KEY: secrets.token_urlsafe(SIGNING_BYTES)} | {name: new_key_text() for name in plain}
    created = [name for name, text in texts.items() if create_once(directory / name, text + "\n")]
    return created + ([key_file.FILE_NAME] if key_file.create(directory) else [])
