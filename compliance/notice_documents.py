"""Copies and proofs of notices as they are uploaded. Whoever uploads is not believed: bounded, of a known kind by what
is in it, kept sealed, and given out as a file to save, never as a page."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from pathlib import PurePosixPath, PureWindowsPath

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from common.errors import InvalidInput
from compliance.models import NoticeDocument

MAX_BYTES = 4 * 1024 * 1024
LONGEST_NAME = 120
# What it is, is read from its first bytes; the name and the type the browser tells are ignored.
_KINDS: Mapping[bytes, tuple[str, str]] = {
    b"%PDF-": ("application/pdf", ".pdf"),
    b"\x89PNG\r\n\x1a\n": ("image/png", ".png"),
    b"\xff\xd8\xff": ("image/jpeg", ".jpg"),
}
FIELD = "document"


def keep_document(file: UploadedFile) -> NoticeDocument:
    """Stored sealed. Raises InvalidInput with what to do about it."""
    if (file.size or 0) > MAX_BYTES:  # before any of it is in memory
        raise _too_large()
    content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise _too_large()
    found = next((kind for start, kind in _KINDS.items() if content.startswith(start)), None)
    if found is None:
        raise InvalidInput(_("This is no PDF, PNG or JPEG. Scan or print the notice to one of these."), field=FIELD)
    return NoticeDocument.objects.create(
        name=_safe_name(file.name or "", ending=found[1]),
        media_type=found[0],
        size=len(content),
        digest=hashlib.sha256(content).hexdigest(),
        content=base64.b64encode(content).decode(),
    )


def content_of(document: NoticeDocument) -> bytes:
    return base64.b64decode(document.content)


def _too_large() -> InvalidInput:
    return InvalidInput(_("The file is larger than 4 MB. Save it smaller, or give its reference instead."), field=FIELD)


def _safe_name(name: str, *, ending: str) -> str:
    """The last part of whatever path it claims, with the ending of what it really is."""
    stem = PurePosixPath(PureWindowsPath(name).name).stem
    kept = "".join(letter for letter in stem if letter.isprintable() and letter not in '/\\"<>|:*?').strip(" .")
    return (kept or "notice")[: LONGEST_NAME - len(ending)] + ending
