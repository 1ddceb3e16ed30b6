"""Reading one HTTP/1.1 response out of the bytes that arrive (RFC 9112). Pure."""

import re
from dataclasses import dataclass, field

STATUS = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9][0-9])(?: [^\r\n\0]*)?", re.ASCII)
NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
CHUNK = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;[^\r\n]*)?")
LONGEST_HEAD = 65_536
LONGEST_LINE = 4_096
BODILESS = frozenset({204, 304})


class Unreadable(Exception):
    """The peer does not speak HTTP as agreed, or sends more than we take."""


@dataclass
class ResponseReader:
    """`feed` it bytes until it is `complete`; then `status`, `headers` (names in lower case) and `body` are there.

    `reusable`: another response may follow on the same connection.
    """

    max_bytes: int
    head_only: bool = False
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    complete: bool = False
    reusable: bool = False
    _buffer: bytearray = field(default_factory=bytearray)
    _body: bytearray = field(default_factory=bytearray)
    _left: int = -1  # bytes of the body, or of the chunk, that are still to come
    _mode: str = "head"

    @property
    def body(self) -> bytes:
        return bytes(self._body)

    def feed(self, data: bytes) -> None:
        """Raises `Unreadable`."""
        self._buffer += data
        while not self.complete and _STEPS[self._mode](self):
            continue
        if self.complete and self._buffer:
            # Nobody asked for what comes after it.
            self.reusable = False

    def end(self) -> bool:
        """The peer closed; True when the response is complete by that."""
        if self._mode == "until_close":
            self.complete = True
        return self.complete

    def _head(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._buffer) > LONGEST_HEAD:
                raise Unreadable("the head is too long")
            return False
        lines = bytes(self._buffer[:end]).split(b"\r\n")
        del self._buffer[: end + 4]
        found = STATUS.fullmatch(lines[0])
        if found is None or end > LONGEST_HEAD:
            raise Unreadable("not an HTTP response")
        self.status, self.headers = int(found[2]), _headers(lines[1:])
        if self.status == 101:
            raise Unreadable("nobody asked for another protocol")
        if self.status < 200:
            return True
        self.reusable = found[1] == b"1" and "close" not in _words(self.headers.get("connection", ""))
        self._choose_framing()
        return True

    def _choose_framing(self) -> None:
        coding, length = self.headers.get("transfer-encoding"), self.headers.get("content-length")
        if self.head_only or self.status in BODILESS:
            self.complete = True
        elif coding is not None:
            if _words(coding) != ["chunked"]:
                raise Unreadable("an unknown transfer coding")
            # A length beside it is how responses are smuggled in.
            self.reusable = self.reusable and length is None
            self._mode = "chunk"
        elif length is not None:
            self._left = _length(length)
            if self._left > self.max_bytes:
                raise Unreadable("the answer is larger than allowed")
            self._mode, self.complete = "body", not self._left
        else:
            self._mode, self.reusable = "until_close", False

    def _fixed(self) -> bool:
        self._take(self._left)
        self.complete = not self._left
        return False

    def _to_the_end(self) -> bool:
        self._left = len(self._buffer)
        self._take(self._left)
        return False

    def _chunk(self) -> bool:
        line = self._line()
        if line is None:
            return False
        found = CHUNK.fullmatch(line)
        if found is None:
            raise Unreadable("a chunk without a size")
        self._left = int(found[1], 16)
        self._mode = "chunk_data" if self._left else "trailer"
        return True

    def _chunk_data(self) -> bool:
        self._take(self._left)
        if self._left:
            return False
        if len(self._buffer) < 2:
            return False
        if self._buffer[:2] != b"\r\n":
            raise Unreadable("a chunk without an end")
        del self._buffer[:2]
        self._mode = "chunk"
        return True

    def _trailer(self) -> bool:
        line = self._line()
        self.complete = line == b""
        return line is not None and not self.complete

    def _line(self) -> bytes | None:
        end = self._buffer.find(b"\r\n")
        if end > LONGEST_LINE or (end < 0 and len(self._buffer) > LONGEST_LINE):
            raise Unreadable("a line is too long")
        if end < 0:
            return None
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        return line

    def _take(self, most: int) -> None:
        part = self._buffer[:most]
        del self._buffer[:most]
        self._body += part
        self._left -= len(part)
        if len(self._body) > self.max_bytes:
            raise Unreadable("the answer is larger than allowed")


_STEPS = {
    "head": ResponseReader._head,
    "body": ResponseReader._fixed,
    "until_close": ResponseReader._to_the_end,
    "chunk": ResponseReader._chunk,
    "chunk_data": ResponseReader._chunk_data,
    "trailer": ResponseReader._trailer,
}


def _headers(lines: list[bytes]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        raw, colon, value = line.partition(b":")
        if not colon or NAME.fullmatch(raw) is None or b"\n" in value or b"\0" in value:
            raise Unreadable("a header that is none")
        name, text = raw.decode("ascii").lower(), value.strip(b" \t").decode("latin-1")
        headers[name] = f"{headers[name]}, {text}" if name in headers else text
    return headers


def _words(value: str) -> list[str]:
    return [word.strip().lower() for word in value.split(",") if word.strip()]


def _length(value: str) -> int:
    """Several equal lengths are one; different ones are an attack."""
    lengths = {word.strip() for word in value.split(",")}
    (text,) = lengths if len(lengths) == 1 else ("",)
    if not (text.isascii() and text.isdigit()) or len(text) > 18:
        raise Unreadable("a length that is none")
    return int(text)
