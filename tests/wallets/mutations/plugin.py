"""A pytest plugin that loads one source file with a seeded bug; the file itself and its cache stay untouched."""

import os
import sys
from importlib.machinery import SourceFileLoader
from types import CodeType

assert "SEEDED_FILE" not in os.environ or not any(
    getattr(module, "__file__", "") == os.environ["SEEDED_FILE"] for module in list(sys.modules.values())
), "the file with the seeded bug was read before the bug was there"
FILE = os.environ.get("SEEDED_FILE", "")
_get_code = SourceFileLoader.get_code


def get_code(self: SourceFileLoader, fullname: str) -> CodeType | None:
    path = self.get_filename(fullname)
    if not FILE or path != FILE:
        return _get_code(self, fullname)
    source = self.get_data(path).decode()
    spoilt = source.replace(os.environ["SEEDED_OLD"], os.environ["SEEDED_NEW"])
    assert spoilt != source, "the seeded bug changes nothing"
    return compile(spoilt, path, "exec", dont_inherit=True)


SourceFileLoader.get_code = get_code
