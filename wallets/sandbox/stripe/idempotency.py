"""Idempotency keys: the first answer is kept for a day and told again, an error of the server's too."""

import hashlib
import json

from wallets.sandbox.store import Document
from wallets.sandbox.stripe.world import ApiError, World

KEPT_SECONDS = 24 * 3600
LONGEST = 255
# A request that was not let in has no result to keep.
NOT_KEPT = frozenset({400, 401, 403, 404, 409, 429})


def fingerprint(path: str, body: bytes) -> str:
    return hashlib.sha256(path.encode() + b"\n" + body).hexdigest()


def earlier(world: World, key: str, asked: str) -> Document | None:
    """The kept answer, if this request was made before; raises `ApiError` for other parameters."""
    if len(key) > LONGEST:
        raise ApiError(400, "Idempotency keys are at most 255 characters.", type="idempotency_error")
    kept = world.store.get("stripe.key", key)
    if kept is None or kept["at"] + KEPT_SECONDS <= world.now():
        return None
    if kept["asked"] != asked:
        text = "Keys for idempotent requests can only be used with the same parameters they were first used with."
        raise ApiError(400, text, type="idempotency_error")
    return kept


def keep(world: World, key: str, asked: str, *, status: int, body: bytes) -> None:
    if status not in NOT_KEPT:
        kept = {"asked": asked, "status": status, "body": json.loads(body), "at": world.now()}
        world.store.put("stripe.key", key, kept)
