"""The other end of the pool's pipe: `python -m accounts.imports.worker`, started by the import itself."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from pathlib import Path
from typing import Any


def _set_up(surroundings: dict[str, Any]) -> None:
    from django.conf import settings

    settings.DATA_DIR = Path(surroundings["data"])
    settings.SECRETS_DIR = Path(surroundings["secrets"])
    settings.DATABASES["default"]["NAME"] = surroundings["database"]


def _spare_the_collector() -> None:
    """Rows hold no cycles and are freed by their counts; looking for cycles among them costs a sixth of our time."""
    gc.freeze()
    gc.set_threshold(200_000, 20, 20)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "collections_platform.settings")
    answers, sys.stdout = sys.stdout.buffer, sys.stderr
    import django

    django.setup()
    from accounts.imports.chunk import ChunkImporter
    from accounts.imports.pool import receive, send

    first = receive(sys.stdin.buffer)
    if first is None:
        return
    surroundings, facts = first
    _set_up(surroundings)
    importer = ChunkImporter(facts)
    _spare_the_collector()
    while (chunk := receive(sys.stdin.buffer)) is not None:
        try:
            answer: object = importer.run(chunk)
        except Exception as error:  # the parent raises it again
            answer = RuntimeError(f"{type(error).__name__}: {error}")
        send(answers, answer)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
        main()
