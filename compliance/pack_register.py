"""Policy packs in the database: loaded as drafts, signed off by compliance, put in force by somebody else."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.events import record_event
from accounts.models import User
from accounts.roles import may
from common.clock import now
from common.errors import Conflict, Forbidden
from compliance.models import PACK_STATES, PolicyPack
from compliance.packs.engine import Gate
from compliance.packs.loader import packs_of
from compliance.packs.matching import PLACES, in_play, names_matched
from compliance.packs.reader import read_file
from compliance.packs.schema import Effective, Pack

SHIPPED = Path(__file__).parent / "packs" / "shipped"
logger = logging.getLogger(__name__)


def load_shipped(folder: Path = SHIPPED) -> int:
    """Add the versions that are not there yet, as drafts; how many were new. A draft nobody signed follows its file;
    a version that somebody signed never changes any more."""
    return sum(_load(body) for file in sorted(folder.glob("*.yaml")) for body in single_bodies(read_file(file)))


def single_bodies(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A file of many packs as one body per pack, plain enough for JSON."""
    packs = body.get("packs") or [{"pack": body["pack"], "rules": body["rules"]}]
    return [_plain({"schema": body["schema"], **one}) for one in packs]


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def digest_of(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


@transaction.atomic
def _load(body: dict[str, Any]) -> bool:
    pack = packs_of(body, file="")[0]
    digest = digest_of(body)
    values = {"title": pack.title[:200], "body": body, "digest": digest}
    row, new = PolicyPack.objects.get_or_create(pack_id=pack.id, version=pack.version, defaults=values)
    if new or row.digest == digest:
        return new
    if row.state != "draft":
        logger.error("a signed policy pack was changed in its file", extra={"pack": f"{pack.id} {pack.version}"})
        return False
    PolicyPack.objects.filter(pk=row.pk, state="draft", proposed_by=None).update(**values)
    return False


@transaction.atomic
def propose(body: Mapping[str, Any], *, by: User) -> PolicyPack:
    """A new version from somebody's hand. Raises `PackError` when it is not a pack, `Conflict` when it is there."""
    if not may(by, "configure"):
        raise Forbidden(_("Your role may not propose policies."))
    plain = _plain(body)
    pack = packs_of(plain, file="")[0]
    digest = digest_of(plain)
    values = {"title": pack.title[:200], "body": plain, "digest": digest, "proposed_by": by}
    row, new = PolicyPack.objects.get_or_create(pack_id=pack.id, version=pack.version, defaults=values)
    if not new:  # also a draft stays as it is: whoever reads it signs what they have read
        raise Conflict(
            _("Version %(version)s of %(pack)s is there already. Give the new one another version.")
            % {"version": pack.version, "pack": pack.id}
        )
    _tell("policy.proposed", row, by)
    return row


@transaction.atomic
def sign_off(row: PolicyPack, *, by: User, note: str, read: str = "") -> PolicyPack:
    """Compliance has read the pack against its sources. `note`: what was checked; `read`: the digest of what was read,
    since a draft that is shipped follows its file."""
    if not may(by, "sign_policies"):
        raise Forbidden(_("Only a compliance officer signs policies off."))
    if not note.strip():
        raise Conflict(_("Say what you have checked: the note stays with the signature."))
    locked = _locked(row)
    if locked.proposed_by_id == by.pk:
        raise Conflict(_("You proposed this version, so somebody else has to sign it."))
    if read and read != locked.digest:
        raise Conflict(_("This draft has changed since you read it. Read it again, then sign."))
    _move(locked, "signed_off")
    locked.signed_by, locked.signed_at, locked.signed_note = by, now(), note.strip()[:1000]
    locked.save()
    _tell("policy.signed_off", locked, by, note=note.strip())
    return locked


@transaction.atomic
def put_in_force(row: PolicyPack, *, by: User) -> PolicyPack:
    """From now on it decides. A version in force that begins on the same day gives way to it."""
    if not may(by, "put_policies_in_force"):
        raise Forbidden(_("Your role may not put policies in force."))
    locked = _locked(row)
    if locked.signed_by_id == by.pk:
        raise Conflict(_("You signed this version, so somebody else has to put it in force."))
    _move(locked, "in_force")
    begins = pack_from(locked).effective.start
    for other in PolicyPack.objects.select_for_update().filter(pack_id=row.pack_id, state="in_force"):
        if pack_from(other).effective.start == begins:
            _supersede(other, by, reason=_("%(version)s took its place.") % {"version": locked})
    locked.put_in_force_by, locked.put_in_force_at = by, now()
    locked.save()
    _tell("policy.put_in_force", locked, by)
    return locked


@transaction.atomic
def supersede(row: PolicyPack, *, by: User, reason: str) -> PolicyPack:
    """Take a version back. Where it was the only one in force, nothing is decided automatically any more."""
    if not may(by, "put_policies_in_force"):
        raise Forbidden(_("Your role may not put policies in force."))
    if not reason.strip():
        raise Conflict(_("Say why: the reason stays with the version."))
    return _supersede(_locked(row), by, reason=reason.strip())


def _supersede(row: PolicyPack, by: User, *, reason: str) -> PolicyPack:
    _move(row, "superseded")
    row.ended_by, row.ended_at, row.ended_why = by, now(), reason[:300]
    row.save()
    _tell("policy.superseded", row, by, reason=reason)
    return row


def _locked(row: PolicyPack) -> PolicyPack:
    return PolicyPack.objects.select_for_update().get(pk=row.pk)


def _move(row: PolicyPack, after: str) -> None:
    if not PACK_STATES.allows(row.state, after):
        raise Conflict(_("This version is in another state by now. Reload the page and look at it again."))
    row.state = after


def _tell(kind: str, row: PolicyPack, by: User, **data: Any) -> None:
    record_event(kind, actor=by, source="user", pack=row.pack_id, version=row.version, digest=row.digest, **data)


def pack_from(row: PolicyPack) -> Pack:
    return replace(_parsed(row.digest, json.dumps(row.body)), status=row.state)


@lru_cache(maxsize=500)
def _parsed(digest: str, body: str) -> Pack:
    return packs_of(json.loads(body), file="")[0]


def packs_in_force() -> tuple[Pack, ...]:
    """In a steady order; of several versions of one pack each ends where the next begins.

    Asked in every decision, so only the versions' names are read; their bodies once in each process.
    """
    rows = PolicyPack.objects.filter(state="in_force").order_by("pack_id", "id")
    return _packs_of(tuple(rows.values_list("id", "digest")))


@lru_cache(maxsize=50)
def _packs_of(versions: tuple[tuple[int, str], ...]) -> tuple[Pack, ...]:
    rows = PolicyPack.objects.in_bulk([pk for pk, _digest in versions])
    return tuple(_ending_with_the_next(replace(pack_from(rows[pk]), status="in_force") for pk, _digest in versions))


def _ending_with_the_next(packs: Iterable[Pack]) -> Iterable[Pack]:
    found = sorted(packs, key=lambda pack: (_RANK.get(pack.id, 0), pack.id, pack.effective.start))
    for place, pack in enumerate(found):
        following = found[place + 1] if place + 1 < len(found) else None
        end = pack.effective.end
        if following is not None and following.id == pack.id:
            end = min(end, following.effective.start)
        yield replace(pack, effective=Effective(pack.effective.start, end))


# The law first, then the schemes, then the house: the order in which a decision names its rules.
_RANK = {"schemes": 1, "house": 2}


def gate_for(facts: Mapping[str, Any], *, packs: tuple[Pack, ...] | None = None) -> Gate:
    """The compiled packs in play for somebody, by `debtor.countries` and the like. `packs`: those in force, if read."""
    return _in_play(facts, packs)[0]


def covered(facts: Mapping[str, Any], *, packs: tuple[Pack, ...] | None = None) -> bool:
    """Whether the law of every country the evidence points to is in force here: without it nothing goes by machine."""
    return _in_play(facts, packs)[1]


def _in_play(facts: Mapping[str, Any], packs: tuple[Pack, ...] | None) -> tuple[Gate, bool]:
    """Asked in every decision; people whose facts are alike are in play alike."""
    ours = _Same(packs_in_force() if packs is None else packs)
    told = tuple((name, _hashable(facts[name])) for name in _names_asked(ours) if name in facts)
    return _worked_out(ours, told)


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list | set | frozenset) else value


class _Same:
    """These very packs as the key of a cache: those in force are read anew only when they are others."""

    def __init__(self, packs: tuple[Pack, ...]) -> None:
        self.packs = packs

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.packs is other.packs

    def __hash__(self) -> int:
        return id(self.packs)


@lru_cache(maxsize=50)
def _names_asked(ours: _Same) -> tuple[str, ...]:
    return tuple(sorted({*PLACES, *(name for pack in ours.packs for name in names_matched(pack))}))


@lru_cache(maxsize=2_000)
def _worked_out(ours: _Same, told: tuple[tuple[str, Any], ...]) -> tuple[Gate, bool]:
    facts = dict(told)
    countries = facts.get("debtor.countries") or ()
    every_law = bool(countries) and all(
        any(_of_a_country(pack) for pack in in_play(ours.packs, {"debtor.countries": [one]})) for one in countries
    )
    return _compiled(tuple(_Held(pack) for pack in in_play(ours.packs, facts))), every_law


class _Held:
    """A pack as the key of a cache: two are the same when version and period are."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self.key = (pack.id, pack.version, pack.effective, id(pack.rules))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


@lru_cache(maxsize=200)
def _compiled(held: tuple[_Held, ...]) -> Gate:
    return Gate(one.pack for one in held)


def _of_a_country(pack: Pack) -> bool:
    """A city's rules alone are not the law of its country."""
    place = pack.jurisdiction
    return "subdivision" not in place and (place.get("country", "*") != "*" or bool(pack.match))
