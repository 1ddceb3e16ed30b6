"""Groups of accounts by a name of the creditor's, like "early" or "returned mail": the code we keep."""

from __future__ import annotations

import re
from functools import lru_cache

SEGMENT_MAX = 24


@lru_cache(maxsize=1000)
def segment_code(text: str) -> str:
    """`Returned mail` -> `returned_mail`; "" for what has no letters or digits."""
    return re.sub(r"[\W_]+", "_", text.casefold()).strip("_")[:SEGMENT_MAX].strip("_")
