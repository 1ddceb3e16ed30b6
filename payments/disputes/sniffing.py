"""What an uploaded paper really is, and whether it is safe to keep for somebody to open. Whoever sends it is not
believed: neither the name nor the type the browser tells. Nothing is drawn or run; what is packed is counted, bounded.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from common.errors import InvalidInput

FIELD = "papers"
MOST_SIDE, MOST_PIXELS = 20_000, 80_000_000
MOST_CHUNKS = 20_000
_STEP = 1024 * 1024
# Long enough that packed bytes do not spell one by chance.
_PAGES = re.compile(rb"<(?:script|iframe|!doctype|\?php|html[\s>])", re.IGNORECASE)
_SIZES = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF})
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


@dataclass(frozen=True, slots=True)
class Kind:
    start: bytes
    media_type: str
    endings: tuple[str, ...]
    check: Callable[[bytes], None]


def kind_of(content: bytes, ending: str) -> Kind:
    """Raises InvalidInput with what is wrong and what to do about it."""
    found = next((kind for kind in KINDS if content.startswith(kind.start)), None)
    if found is None:
        raise refused(_("This is no PDF, PNG or JPEG. Take a photo of it, or print it to a PDF, and send that."))
    if ending and ending.lower() not in found.endings:
        words = _("The name ends in %(ending)s, but the file is something else (%(kind)s). Send it as it was saved.")
        raise refused(words % {"ending": ending[:8], "kind": found.endings[0].upper().lstrip(".")})
    found.check(content)
    if zipfile.is_zipfile(io.BytesIO(content)):
        raise two_things()
    return found


def refused(words: str) -> InvalidInput:
    return InvalidInput(words, field=FIELD)


def two_things() -> InvalidInput:
    return refused(_("This file is two things at once, which is how harmful files are hidden. Take a photo of it."))


def damaged() -> InvalidInput:
    return refused(_("The file is damaged or cut off. Save it again and send that."))


def bomb() -> InvalidInput:
    return refused(_("Unpacked, the file is far larger than it should be. Take a photo of it, or print it to a PDF."))


def measured(packed: bytes, *, most: int) -> Iterator[bytes]:
    """Unpacked piece by piece, never more than `most` in all. Raises `bomb`, or zlib.error where it does not unpack."""
    machine, count = zlib.decompressobj(), 0
    while packed and not machine.eof:
        piece = machine.decompress(packed, _STEP)
        count += len(piece)
        if count > most:
            raise bomb()
        yield piece
        packed = machine.unconsumed_tail


def _check_size(width: int, height: int) -> None:
    if not width or not height:
        raise damaged()
    if max(width, height) > MOST_SIDE or width * height > MOST_PIXELS:
        raise refused(_("The picture is too large: at most 80 megapixels. Save it smaller and send that."))


def _check_png(content: bytes) -> None:
    if _PAGES.search(content):
        raise two_things()
    packed, place, chunks, expected = bytearray(), 8, 0, 0
    while place + 12 <= len(content) and chunks < MOST_CHUNKS:
        length, name = struct.unpack(">I4s", content[place : place + 8])
        body = content[place + 8 : place + 8 + length]
        if len(body) != length or (chunks == 0) != (name == b"IHDR"):
            raise damaged()
        if name == b"IHDR":
            expected = _png_bytes(body)
        elif name == b"IDAT":
            packed += body
        elif name in (b"zTXt", b"iTXt", b"iCCP"):
            _check_note(body)
        place, chunks = place + 12 + length, chunks + 1
        if name == b"IEND":
            break
    else:
        raise damaged()
    if content[place:].strip(b"\0\r\n "):
        raise two_things()
    _unpacks(bytes(packed), most=expected)


def _png_bytes(header: bytes) -> int:
    """How much its picture unpacks to, at most."""
    if len(header) != 13:
        raise damaged()
    width, height, depth, color = struct.unpack(">IIBB", header[:10])
    _check_size(width, height)
    if depth not in (1, 2, 4, 8, 16) or color not in _SAMPLES:
        raise damaged()
    row = (width * depth * _SAMPLES[color] + 7) // 8 + 1
    return height * (row + 8) + 64  # interlaced pictures have a few more rows


def _check_note(body: bytes) -> None:
    """A packed text or color profile beside the picture: the start of what is packed is found by its first byte."""
    for start in (at for at in range(min(len(body), 300)) if body[at] == 0x78):
        try:
            for _piece in measured(body[start:], most=4 * _STEP):
                pass
        except zlib.error:
            continue
        return


def _unpacks(packed: bytes, *, most: int) -> None:
    try:
        for _piece in measured(packed, most=most):
            pass
    except zlib.error as error:
        raise damaged() from error


def _check_jpeg(content: bytes) -> None:
    """Phones put small pictures and notes of their own behind the end; those stay, anything that opens does not."""
    if _PAGES.search(content) or b"%PDF-" in content[:2048]:
        raise two_things()
    place, seen = 2, False
    while place + 4 <= len(content):
        if content[place] != 0xFF:
            raise damaged()
        mark = content[place + 1]
        if mark == 0xFF or mark in _ALONE:
            place += 1 if mark == 0xFF else 2
            continue
        (length,) = struct.unpack(">H", content[place + 2 : place + 4])
        if mark in _SIZES:
            height, width = struct.unpack(">HH", content[place + 5 : place + 9].ljust(4, b"\0"))
            _check_size(width, height)
            seen = True
        if mark == 0xDA:
            break
        place += 2 + max(length, 2)
    if not seen or b"\xff\xd9" not in content[place:]:
        raise damaged()


def _check_pdf(content: bytes) -> None:
    from payments.disputes.pdf_checks import check_pdf

    check_pdf(content)


KINDS: tuple[Kind, ...] = (
    Kind(b"%PDF-", "application/pdf", (".pdf",), _check_pdf),
    Kind(b"\x89PNG\r\n\x1a\n", "image/png", (".png",), _check_png),
    Kind(b"\xff\xd8\xff", "image/jpeg", (".jpg", ".jpeg", ".jpe", ".jfif"), _check_jpeg),
)
BY_TYPE: Mapping[str, Kind] = {kind.media_type: kind for kind in KINDS}
