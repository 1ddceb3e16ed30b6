"""Python's search for cycles, kept out of the way of jobs that make objects by the hundred thousand."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

USUALLY = gc.get_threshold()
# A job's own objects are gone without a search, as soon as nobody needs them; only what goes in circles waits for one.
RARELY = (50_000, 10, 10)


@contextmanager
def collected_rarely() -> Iterator[None]:
    """What is there when the job begins is left alone, and what the job makes is looked through seldom."""
    gc.freeze()
    gc.set_threshold(*RARELY)
    try:
        yield
    finally:
        gc.set_threshold(*USUALLY)
        gc.unfreeze()
