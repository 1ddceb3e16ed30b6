"""A PDF as evidence: complete, readable without a password, with nothing in it that runs, and not a bomb.

No parser of ours decides what is a stream and what is not, for readers differ and a harmful file lives off that: names
that make a reader run something are looked for in all of the bytes and in everything that unpacks, within bounds.
"""

from __future__ import annotations

import re
import zlib

from django.utils.translation import gettext as _

from payments.disputes.sniffing import bomb, damaged, measured, refused, two_things

MOST_UNPACKED = 128 * 1024 * 1024
MOST_STREAMS = 20_000
_START = re.compile(rb"(?<!end)stream\r?\n")
_BEFORE = 1_024
_HEX = re.compile(rb"#([0-9A-Fa-f]{2})")
# Long names only: packed bytes do not spell them by chance. `/JS` alone does nothing without `/JavaScript`.
_RUNS = re.compile(rb"/(?:JavaScript|Launch|EmbeddedFile|RichMedia|GoToE|ImportData|SubmitForm)(?![a-z])")
_OVERLAP = 32
_LOCKED = re.compile(rb"/Encrypt(?![A-Za-z0-9])")
_PACKED_TWICE = re.compile(rb"/(?:FlateDecode|Fl|LZWDecode|LZW)\s*/(?:FlateDecode|Fl|LZWDecode|LZW)(?![A-Za-z0-9])")
_OBJECTS = re.compile(rb"/ObjStm(?![A-Za-z0-9])")
_FLATE = re.compile(rb"/(?:FlateDecode|Fl)(?![A-Za-z0-9])")
_PAGES = re.compile(rb"<(?:script|iframe|!doctype|\?php)", re.IGNORECASE)


def check_pdf(content: bytes) -> None:
    if b"%%EOF" not in content[-2_048:]:
        raise damaged()
    _check_names(content)
    if _LOCKED.search(_spelled(content)):
        raise refused(_("This PDF is locked with a password. Save it without one and send that."))
    if _PAGES.search(content):
        raise two_things()
    left = MOST_UNPACKED
    for number, start in enumerate(_START.finditer(content)):
        if number >= MOST_STREAMS:
            raise bomb()
        end = content.find(b"endstream", start.end())
        described = _spelled(content[max(start.start() - _BEFORE, 0) : start.start()])
        left -= _look_into(content[start.end() : end if end >= 0 else None], described, left)


def _look_into(packed: bytes, described: bytes, left: int) -> int:
    """How much it unpacks to."""
    described = described[described.rfind(b" obj") :]
    if _PACKED_TWICE.search(described):
        raise bomb()
    if not _FLATE.search(described) and packed[:1] != b"\x78":
        return 0
    count, tail = 0, b""
    try:
        for piece in measured(packed, most=left):
            count += len(piece)
            _check_names(tail + piece)
            tail = piece[-_OVERLAP:]
    except zlib.error as error:
        if _OBJECTS.search(described):
            raise damaged() from error
    return count


def _check_names(text: bytes) -> None:
    if _RUNS.search(_spelled(text)):
        raise refused(
            _("This PDF has something in it that runs or other files inside. Print it to a new PDF, or take a photo.")
        )


def _spelled(text: bytes) -> bytes:
    """`/J#61vaScript` is `/JavaScript`."""
    return _HEX.sub(lambda found: bytes([int(found.group(1), 16)]), text) if b"#" in text else text
