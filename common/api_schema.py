"""The refusals in the OpenAPI document: every operation lists what it may answer besides success."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

PROBLEM = "Problem"
WRITING = ("post", "put", "patch")
SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "Every refusal has this shape. Codes are stable; messages are for people and may be translated.",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "details"],
            "properties": {
                "code": {"type": "string", "examples": ["invalid", "not_found", "conflict"]},
                "message": {"type": "string", "description": "Why, and what to do."},
                "details": {
                    "type": "object",
                    "additionalProperties": True,
                    "description": "For `invalid`: the fields at fault, each with its reasons.",
                },
            },
        }
    },
}
RETRY_AFTER = {
    "Retry-After": {"schema": {"type": "integer"}, "description": "Seconds to wait before the next request."}
}
# Status -> what it means here.
MEANINGS = {
    "400": "The body cannot be read (`parse_error`).",
    "401": "The key is missing, unknown or revoked (`not_authenticated`, `authentication_failed`).",
    "403": "The key lacks the scope (`permission_denied`).",
    "404": "There is no such thing, or it is not this key's to see (`not_found`).",
    "409": "The state of things does not allow it, or it was done already (`conflict`, `illegal_transition`, ...).",
    "415": "The body is of another media type than this operation reads (`unsupported_media_type`).",
    "422": "Some fields or filters need correcting (`invalid`, `import_refused`); `details` names them.",
    "429": "Too many requests (`throttled`); wait as long as `Retry-After` says.",
}
ALWAYS = ("401", "403", "429")
OPERATIONS = ("get", "post", "put", "patch", "delete")


def add_problems(result: dict[str, Any], **_options: Any) -> dict[str, Any]:
    """A drf-spectacular postprocessing hook."""
    result.setdefault("components", {}).setdefault("schemas", {})[PROBLEM] = SCHEMA
    for path, item in result["paths"].items():
        for method in OPERATIONS:
            if method in item:
                _add(item[method], path=path, method=method)
    return result


def _add(operation: dict[str, Any], *, path: str, method: str) -> None:
    for status in sorted({*ALWAYS, *_statuses(operation, path=path, method=method)}):
        operation["responses"].setdefault(status, _answer(status))


def _statuses(operation: dict[str, Any], *, path: str, method: str) -> Iterator[str]:
    named = [parameter["name"] for parameter in operation.get("parameters", []) if parameter["in"] == "query"]
    # A cursor that is none is answered 404 as well.
    if "{" in path or method in WRITING or "cursor" in named:
        yield "404"
    if method in WRITING:
        yield from ("409", "422")
    if "requestBody" in operation:
        yield from ("400", "415")
    if set(named) - {"cursor", "page_size"}:
        yield "422"


def _answer(status: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{PROBLEM}"}}}
    headers = {"headers": RETRY_AFTER} if status == "429" else {}
    return {"description": MEANINGS[status], "content": content, **headers}
