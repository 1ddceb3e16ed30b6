"""The other end of the pool's pipe: `python -m accounts.imports.worker`, started by the import itself."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from accounts.imports.chunk import Chunk, ChunkImporter


def _set_up(surroundings: dict[str, Any]) -> None:
    from django.conf import settings

    settings.DATA_DIR = Path(surroundings["data"])
    settings.SECRETS_DIR = Path(surroundings["secrets"])
    settings.DATABASES["default"]["NAME"] = surroundings["database"]


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "collections_platform.settings")
    answers, sys.stdout = sys.stdout.buffer, sys.stderr
    import django

    django.setup()
    from accounts.imports.chunk import ChunkImporter
    from accounts.imports.collector import collector_spared
    from accounts.imports.pool import receive, send

    first = receive(sys.stdin.buffer)
    if first is None:
        return
    surroundings, facts = first
    _set_up(surroundings)
    importer = ChunkImporter(facts)
    with collector_spared():
        while (chunk := receive(sys.stdin.buffer)) is not None:
            send(answers, _brought_in(importer, chunk))


def _brought_in(importer: ChunkImporter, chunk: Chunk) -> object:
    try:
        return importer.run(chunk)
    except Exception as error:  # the parent raises it again
        return RuntimeError(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
        main()
