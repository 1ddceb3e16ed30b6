"""Papers about a dispute: bounded, of a known kind by what is in them, kept sealed, given out only to be saved."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from pathlib import PurePosixPath, PureWindowsPath

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from accounts.models import User
from common.errors import Conflict, InvalidInput
from payments.disputes.opening import check_running, locked, tell
from payments.disputes.sniffing import BY_TYPE, Kind, kind_of, refused
from payments.models import DebtDispute, DisputeEvidence

MAX_BYTES = 6 * 1024 * 1024
MOST_FILES, MOST_AT_ONCE, MOST_IN_ALL = 12, 5, 36 * 1024 * 1024
LONGEST_NAME = 120
Checked = tuple[str, Kind, bytes]


def check_files(files: Sequence[UploadedFile]) -> list[Checked]:
    """Each looked into before anything is locked or written. One that is refused keeps out all of them."""
    if len(files) > MOST_AT_ONCE:
        raise refused(_("At most %(n)s files at once. Send the others afterwards.") % {"n": MOST_AT_ONCE})
    return [_checked(file) for file in files]


def _checked(file: UploadedFile) -> Checked:
    if (file.size or 0) > MAX_BYTES:  # before any of it is in memory
        raise _too_large()
    content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise _too_large()
    if not content:
        raise refused(_("The file is empty. Choose it again."))
    last = PurePosixPath(PureWindowsPath(file.name or "").name)
    kind = kind_of(content, last.suffix)
    return _safe_name(last.stem, ending=kind.endings[0]), kind, content


@transaction.atomic
def add_evidence(dispute: DebtDispute, files: Sequence[Checked], *, by: User | None) -> list[DisputeEvidence]:
    """Kept sealed; the same file again is kept once."""
    if not files:
        return []
    row = locked(dispute)
    check_running(row)
    held = row.evidence.aggregate(size=Sum("size"))["size"] or 0
    if row.evidence.count() + len(files) > MOST_FILES or held + sum(len(one[2]) for one in files) > MOST_IN_ALL:
        raise Conflict(_("There are as many papers here as we can keep. Write to us if one is still missing."))
    kept = [found for name, kind, content in files if (found := _keep(row, name, kind, content, by=by))]
    if kept:
        tell("dispute.evidence", row, by=by, files=len(kept), kinds=sorted({one.media_type for one in kept}))
        if by is None and row.asked_at is not None:
            row.asked_at = None
            row.save(update_fields=["asked_at"])
    return kept


def _keep(row: DebtDispute, name: str, kind: Kind, content: bytes, *, by: User | None) -> DisputeEvidence | None:
    digest = hashlib.sha256(content).hexdigest()
    if row.evidence.filter(digest=digest).exists():
        return None
    return DisputeEvidence.objects.create(
        dispute=row, name=name, media_type=kind.media_type, size=len(content), digest=digest, given_by=by,
        content=base64.b64encode(content).decode(),
    )  # fmt: skip


def content_of(evidence: DisputeEvidence) -> bytes:
    return base64.b64decode(evidence.content)


def kind_words(evidence: DisputeEvidence) -> str:
    return BY_TYPE[evidence.media_type].endings[0].upper().lstrip(".")


def _too_large() -> InvalidInput:
    return refused(_("The file is larger than 6 MB. Take a smaller photo, or save it smaller."))


def _safe_name(stem: str, *, ending: str) -> str:
    """The last part of whatever path it claims, with the ending of what it really is."""
    kept = "".join(letter for letter in stem if letter.isprintable() and letter not in '/\\"<>|:*?').strip(" .")
    return (kept or "evidence")[: LONGEST_NAME - len(ending)] + ending
