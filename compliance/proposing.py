"""New versions of packs from an uploaded file. Whoever uploads is not believed: bounded, read safely, checked whole."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from compliance.models import PolicyPack
from compliance.pack_register import propose, single_bodies
from compliance.packs.errors import PackError, Place
from compliance.packs.loader import check_versions, packs_of
from compliance.packs.reader import MAX_BYTES, read_text, too_large
from compliance.packs.schema import Pack

LONGEST_ID, LONGEST_VERSION = 60, 40
LONGEST_NAME = 80


@transaction.atomic
def propose_file(file: UploadedFile, *, by: User) -> list[PolicyPack]:
    """Every pack of the file as a draft, or none. Raises `PackError` that names the place, `Conflict` for a version
    that is there already."""
    body = _read(file)
    return [propose(one, by=by) for one in single_bodies(body)]


def _read(file: UploadedFile) -> dict[str, Any]:
    place = Place(file=(file.name or "")[:LONGEST_NAME])
    if (file.size or 0) > MAX_BYTES:  # before any of it is in memory
        raise too_large(place, size=file.size or 0)
    try:
        text = file.read(MAX_BYTES + 1).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PackError("not_utf8", place=place, problem=_("The file is not UTF-8 text.")) from error
    body: dict[str, Any] = read_text(text, place=place)
    packs = packs_of(body, file=place.file)
    check_versions(packs)
    for pack in packs:
        _check_lengths(pack, place)
    return body


def _check_lengths(pack: Pack, place: Place) -> None:
    for field, text, most in (("id", pack.id, LONGEST_ID), ("version", pack.version, LONGEST_VERSION)):
        if len(text) > most:
            raise PackError(
                "too_long",
                place=place.at(pack=pack.id[:LONGEST_ID], field=f"pack.{field}"),
                problem=_("This has more than %(most)s characters.") % {"most": most},
                todo=_("Shorten it."),
            )
