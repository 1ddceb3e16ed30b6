"""Errors a person or a program may see: typed, with a stable code, translated once at the edge."""

from __future__ import annotations

from typing import Any


class PlatformError(Exception):
    """Base of every refusal. `message` says why and what to do; `details` is safe to show and to log."""

    code = "error"
    status = 400

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class NotFound(PlatformError):
    code = "not_found"
    status = 404


class Forbidden(PlatformError):
    code = "forbidden"
    status = 403


class Conflict(PlatformError):
    """The world changed since the caller looked: reload and decide again."""

    code = "conflict"
    status = 409


class InvalidInput(PlatformError):
    """Bad input; `field` names the field (or column) at fault."""

    code = "invalid"
    status = 422

    def __init__(self, message: str, *, field: str = "", **details: Any) -> None:
        super().__init__(message, **({"field": field} if field else {}), **details)
        self.field = field


class IllegalTransition(Conflict):
    code = "illegal_transition"
