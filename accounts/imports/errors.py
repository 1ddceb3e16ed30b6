"""Why a file, a column or a cell cannot be taken."""

from __future__ import annotations

from common.errors import InvalidInput


class ImportRefused(InvalidInput):
    """The file as a whole cannot be read; the message says what to do."""

    code = "import_refused"


class BadValue(Exception):
    """One cell cannot be understood. The text goes to the person who sent the file; it never repeats personal data."""
