"""Keep the catalogues of translations: collect what the sources say, compile what the translators wrote.

    python scripts/messages.py update     collect from code and templates (needs GNU gettext), compile, list the rest
    python scripts/messages.py compile    write every django.mo anew (needs nothing but Babel)
    python scripts/messages.py missing    list what has no translation yet

Only `update` needs gettext, on the machine of whoever changes the words: the compiled catalogues are committed.
"""

import os
import sys
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.core.management import call_command
from django.core.management.commands.makemessages import Command as MakeMessages

ROOT = Path(__file__).resolve().parent.parent
LOCALES = ROOT / "locale"
# Tests, benchmarks and documents say nothing to the people who use the platform.
IGNORED = ("tests", "bench", "docs", "node_modules", "static")
WIDTH = 100


class Collect(MakeMessages):
    """Without guesses: a resemblance is not a translation, and nothing in a catalogue waits to be looked at again."""

    msgmerge_options = ["-q", "--backup=none", "--update", "--no-fuzzy-matching"]


def catalogues() -> list[Path]:
    return sorted(LOCALES.glob("*/LC_MESSAGES/django.po"))


def locale_of(path: Path) -> str:
    return path.parent.parent.name


def read(path: Path) -> Catalog:
    with path.open("rb") as source:
        return read_po(source, locale=locale_of(path))


def messages(catalogue: Catalog) -> Iterator[Message]:
    return (message for message in catalogue if message.id)


def forms(message: Message) -> list[str]:
    """What a message says in the other language: one text, or one for each plural form."""
    words = message.string or ""
    return [words] if isinstance(words, str) else list(words)


def is_translated(message: Message) -> bool:
    return bool(forms(message)) and all(forms(message)) and not message.fuzzy


def compiled(path: Path) -> bytes:
    target = BytesIO()
    write_mo(target, read(path))
    return target.getvalue()


def compile_all() -> None:
    for path in catalogues():
        path.with_suffix(".mo").write_bytes(compiled(path))


def tidy(path: Path, before: Catalog) -> None:
    """One layout whichever gettext collected; the dates of the head stay, so that only changed words show."""
    catalogue = read(path)
    catalogue.creation_date, catalogue.revision_date = before.creation_date, before.revision_date
    catalogue.fuzzy = False
    text = BytesIO()
    write_po(text, catalogue, width=WIDTH, ignore_obsolete=True, include_lineno=False, sort_by_file=True)
    path.write_bytes(text.getvalue())


def collect() -> None:
    os.chdir(ROOT)
    before = {path: read(path) for path in catalogues()}
    call_command(
        Collect(),
        locale=[locale_of(path) for path in before],
        extensions=["html", "txt", "py"],
        ignore_patterns=list(IGNORED),
        no_obsolete=True,
        add_location="file",
        verbosity=0,
    )
    for path, catalogue in before.items():
        tidy(path, catalogue)


def report() -> int:
    open_messages = [(path, message) for path in catalogues() for message in messages(read(path))]
    open_messages = [(path, message) for path, message in open_messages if not is_translated(message)]
    for path, message in open_messages:
        sys.stdout.write(f"{locale_of(path)}: {message.id!r}\n")
    return 1 if open_messages else 0


def update() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "collections_platform.settings")
    sys.path.insert(0, str(ROOT))
    collect()
    compile_all()
    return report()


def compile_only() -> int:
    compile_all()
    return 0


COMMANDS: dict[str, Callable[[], int]] = {"update": update, "compile": compile_only, "missing": report}


def main(words: list[str]) -> int:
    if len(words) != 1 or words[0] not in COMMANDS:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    return COMMANDS[words[0]]()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
