"""The data keys that stored files were sealed with: a rotation moves rows, files keep their key until they go."""

from __future__ import annotations

from accounts.imports.vault import folder

# As long as the vault's own header: the key's id, filled up with blanks.
HEADER_BYTES = 64


def key_ids_of_files() -> set[str]:
    found = set()
    for path in folder().iterdir():
        with path.open("rb") as file:
            found.add(file.read(HEADER_BYTES).decode(errors="replace").strip())
    return found
