"""What kind of file it is, seen from its first bytes: CSV or XLSX, encoding, separator."""

from __future__ import annotations

import codecs
import contextlib
import csv
import re
from collections import Counter
from dataclasses import asdict, dataclass
from typing import IO, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.imports.errors import ImportRefused
from accounts.imports.synonyms import known_headers

SAMPLE_BYTES = 256 * 1024
ENCODINGS = ("utf-8", "utf-16", "big5", "gb18030", "cp1252")
_DELIMITERS = ",;\t|"
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
# An XLSX with a password comes in the wrapping of the old format, under this name in its directory.
_OLE, _LOCKED = b"\xd0\xcf\x11\xe0", "EncryptedPackage".encode("utf-16-le")
# What people upload by mistake, by its first bytes.
_NOT_TABLES = (
    (_OLE, gettext_lazy("This is an old Excel file (.xls). Save it as .xlsx or CSV and upload that.")),
    (b"%PDF", gettext_lazy("This is a PDF. Upload the table itself as CSV or XLSX.")),
    (b"\x1f\x8b", gettext_lazy("This file is compressed. Unpack it and upload the CSV or XLSX inside.")),
    (b"\x89PNG", gettext_lazy("This is a picture. Upload the table itself as CSV or XLSX.")),
    (b"\xff\xd8\xff", gettext_lazy("This is a picture. Upload the table itself as CSV or XLSX.")),
    (b"Rar!", gettext_lazy("This file is compressed. Unpack it and upload the CSV or XLSX inside.")),
)
_NO_TEXT = re.compile(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f]")
# Python's Big5 with the Hong Kong and Microsoft additions.
_CODECS = {"big5": "cp950"}


@dataclass(frozen=True)
class Layout:
    kind: str
    encoding: str = ""
    delimiter: str = ","

    @property
    def codec(self) -> str:
        return _CODECS.get(self.encoding, self.encoding)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def find_layout(file: IO[bytes], *, encoding: str = "") -> Layout:
    """Look at the beginning of a file. `encoding` is the person's choice and is believed."""
    sample = file.read(SAMPLE_BYTES)
    file.seek(0)
    if not sample.strip():
        raise ImportRefused(_("The file is empty. Upload a CSV or XLSX file with a header row."), field="file")
    if sample.startswith(_OLE) and _LOCKED in sample:
        raise ImportRefused(
            _("This file opens with a password only. Save it without one and upload that."), field="file"
        )
    for start, message in _NOT_TABLES:
        if sample.startswith(start):
            raise ImportRefused(str(message), field="file")
    if sample.startswith(b"PK\x03\x04"):
        return Layout("xlsx")
    chosen = _chosen(sample, encoding) if encoding else _encoding_of(sample)
    text = _decoded(sample, Layout("csv", chosen).codec)
    return Layout("csv", chosen, _delimiter_of(text))


def _chosen(sample: bytes, encoding: str) -> str:
    try:
        codecs.lookup(encoding)
    except LookupError as error:
        message = _("There is no encoding of that name. Choose one of %(known)s.") % {"known": ", ".join(ENCODINGS)}
        raise ImportRefused(message, field="encoding") from error
    utf8 = encoding.lower().replace("_", "-") in ("utf-8", "utf8")
    return "utf-8-sig" if utf8 and sample.startswith(codecs.BOM_UTF8) else encoding.lower()


def _decoded(sample: bytes, codec: str) -> str:
    return codecs.getincrementaldecoder(codec)(errors="replace").decode(sample)


def _is_utf8(sample: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return False
    return True


def _encoding_of(sample: bytes) -> str:
    for bom, name in _BOMS:
        if sample.startswith(bom):
            return name
    wide = _wide_encoding(sample)
    if wide:
        return wide
    if len(_NO_TEXT.findall(sample[:8192])) > 8:
        raise ImportRefused(_("This is neither CSV nor XLSX. Export the table as CSV (UTF-8) or XLSX."), field="file")
    return "utf-8" if _is_utf8(sample) else _eastern_or_western(sample)


def _wide_encoding(sample: bytes) -> str:
    """UTF-16 without a mark: Latin text has every other byte zero."""
    head = sample[:2000]
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if odd > len(head) // 6 and even * 10 < odd:
        return "utf-16-le"
    return "utf-16-be" if even > len(head) // 6 and odd * 10 < even else ""


_HIGH_RUN = re.compile(rb"[\x80-\xff]+")


def _eastern_or_western(sample: bytes) -> str:
    """Bytes that are not UTF-8: lone high bytes are Western; pairs are Chinese, in the set that reads as such."""
    runs = _HIGH_RUN.findall(sample)
    lone = sum(len(run) == 1 for run in runs)
    if lone * 2 > len(runs) and not known_headers(_first_cells(sample, "cp950")):
        return "cp1252"
    scores = {name: _chinese_score(sample, name) for name in ("big5", "gb18030")}
    return max(scores, key=lambda name: scores[name])


def _first_cells(sample: bytes, codec: str) -> list[str]:
    """The headers that are not plain ASCII: the others read the same in every encoding."""
    first = _decoded(sample, codec).splitlines()[0]
    return [cell for cell in re.split(r"[,;\t|]", first) if not cell.isascii()]


def _chinese_score(sample: bytes, name: str) -> tuple[int, int]:
    """Known headers count most; then how many characters are everyday ones, which sit low in both sets."""
    codec = _CODECS.get(name, name)
    text = _decoded(sample, codec)
    han = [letter for letter in text if "\u4e00" <= letter <= "\u9fff"][:4000]
    everyday = sum(_is_everyday(letter, name) for letter in han)
    return len(known_headers(_first_cells(sample, codec))), everyday - 20 * text.count("\ufffd")


def _is_everyday(letter: str, name: str) -> bool:
    """Whether a character is in the first, frequent half of its set (GB 2312 level 1, Big5 level 1)."""
    code = letter.encode(_CODECS.get(name, name), errors="ignore")
    limits = {"gb18030": (b"\xb0\xa1", b"\xd7\xf9"), "big5": (b"\xa4\x40", b"\xc6\x7e")}[name]
    return len(code) == 2 and limits[0] <= code <= limits[1]


def _delimiter_of(text: str) -> str:
    """The separator that cuts the first lines into the most cells of one width."""
    lines = text.splitlines()[:50]
    if len(text) >= SAMPLE_BYTES // 4:
        lines = lines[:-1] or lines
    return max(_DELIMITERS, key=lambda mark: _fit(lines, mark))


def _fit(lines: list[str], mark: str) -> tuple[int, int]:
    widths: Counter[int] = Counter()
    with contextlib.suppress(csv.Error):  # a cell without end: what was cut so far decides
        for row in csv.reader(lines, delimiter=mark):
            widths[len(row)] += bool(row)
    width, rows = widths.most_common(1)[0] if widths else (1, 0)
    return (rows * 100 // max(1, sum(widths.values())) if width > 1 else 0, width)
