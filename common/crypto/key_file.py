"""field_keys.json: the data keys, each wrapped, with state and dates, and the few changes it may see."""

from __future__ import annotations

import base64
import dataclasses
import json
import secrets
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from common.crypto.errors import KeysUnavailable
from common.crypto.kek import KeyEncryptionKey, key_encryption_key
from common.crypto.secret_files import KEY_BYTES, changing_keys, create_once, replace_whole

FILE_NAME = "field_keys.json"
ACTIVE, RETIRED = "active", "retired"


@dataclasses.dataclass(frozen=True)
class DataKey:
    """One data-encryption key. Dates are real time in ISO form: the sandbox clock must not age a key."""

    id: str
    created: str
    state: str
    secret: bytes = dataclasses.field(repr=False)
    retired: str = ""


@dataclasses.dataclass(frozen=True)
class KeyFile:
    keys: tuple[DataKey, ...]
    rotating_to: str = ""

    @property
    def active(self) -> DataKey:
        return next(key for key in self.keys if key.state == ACTIVE)

    def with_new_active_key(self) -> KeyFile:
        """A fresh active key, the former one retired, and a note that rows still have to follow."""
        stamp = _stamp()
        former = (
            dataclasses.replace(key, state=RETIRED, retired=stamp) if key.state == ACTIVE else key for key in self.keys
        )
        fresh = new_data_key(taken={key.id for key in self.keys})
        return KeyFile(keys=(*former, fresh), rotating_to=fresh.id)

    def without(self, key_ids: set[str]) -> KeyFile:
        kept = tuple(key for key in self.keys if key.state == ACTIVE or key.id not in key_ids)
        return dataclasses.replace(self, keys=kept)

    def with_rotation_finished(self) -> KeyFile:
        return dataclasses.replace(self, rotating_to="")


def new_data_key(*, taken: Collection[str] = ()) -> DataKey:
    """Ids are random, so a key ring made afresh never claims values sealed under a lost one."""
    while (key_id := f"k{base64.b32encode(secrets.token_bytes(5)).decode().lower()[:5]}") in taken:
        continue
    return DataKey(id=key_id, created=_stamp(), state=ACTIVE, secret=secrets.token_bytes(KEY_BYTES))


def _stamp() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def signature(directory: Path) -> tuple[int, int, int]:
    """Changes whenever the file is replaced."""
    try:
        stat = (directory / FILE_NAME).stat()
    except OSError as error:
        raise KeysUnavailable(
            f"{FILE_NAME} is missing in SECRETS_DIR: restore it, or run `manage.py ensure_secrets` for a new platform."
        ) from error
    return stat.st_mtime_ns, stat.st_ino, stat.st_size


def read(directory: Path) -> KeyFile:
    wrapper = key_encryption_key(directory)
    try:
        document = json.loads((directory / FILE_NAME).read_text(encoding="utf-8"))
        keys = tuple(_unwrapped(entry, wrapper) for entry in document["keys"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise KeysUnavailable(f"{FILE_NAME} in SECRETS_DIR cannot be read: restore it from the backup.") from error
    if sum(key.state == ACTIVE for key in keys) != 1:
        raise KeysUnavailable(f"{FILE_NAME} must name exactly one active key: restore it from the backup.")
    return KeyFile(keys=keys, rotating_to=document.get("rotating_to", ""))


def _unwrapped(entry: dict[str, Any], wrapper: KeyEncryptionKey) -> DataKey:
    secret = wrapper.unwrap(entry["wrapped"], key_id=entry["id"])
    return DataKey(
        id=entry["id"], created=entry["created"], state=entry["state"], retired=entry["retired"], secret=secret
    )


def _text(content: KeyFile, wrapper: KeyEncryptionKey) -> str:
    keys = [
        {
            "id": key.id,
            "created": key.created,
            "state": key.state,
            "retired": key.retired,
            "wrapped": wrapper.wrap(key.secret, key_id=key.id),
        }
        for key in content.keys
    ]
    return json.dumps({"keys": keys, "rotating_to": content.rotating_to}, indent=1) + "\n"


def write(directory: Path, content: KeyFile) -> None:
    """Replace the file, every key wrapped under the newest key-encryption key. Hold `changing_keys` around it."""
    replace_whole(directory / FILE_NAME, _text(content, key_encryption_key(directory)))


def create(directory: Path) -> bool:
    """A first key file with one active key, unless there is one."""
    if (directory / FILE_NAME).exists():
        return False
    return create_once(directory / FILE_NAME, _text(KeyFile(keys=(new_data_key(),)), key_encryption_key(directory)))


def renew_key_encryption_key(directory: Path) -> None:
    """New key in, data keys rewrapped, old key out. A crash in between leaves every key readable; run it again."""
    wrapper = key_encryption_key(directory)
    with changing_keys(directory):
        wrapper.start_renewal()
        write(directory, read(directory))
        wrapper.finish_renewal()
