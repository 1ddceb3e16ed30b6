"""Notices that others give: recorded with evidence, confirmed by a second person, taken back by a correcting row.

Packs see a notice only once it is confirmed. Nothing is deleted: its lines in the ledger of contacts are released.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.events import record_event
from accounts.models import Account, Portfolio, User
from accounts.services import caller_of
from common.clock import now, today
from common.errors import Conflict, InvalidInput
from common.once import use_token
from compliance import contact_ledger
from compliance.models import ContactEntry, GivenNotice, NoticeCorrection
from compliance.notice_documents import keep_document
from compliance.services import lock_debtor

OLDEST = timedelta(days=20 * 365)
_UNCOVERED = """
    FROM accounts_account AS a
    WHERE a.portfolio_id = %(portfolio)s AND NOT EXISTS (
        SELECT FROM compliance_contactentry AS e
        WHERE e.debtor_id = a.debtor_id AND e.channel = 'note' AND NOT e.inbound AND e.state <> 'released'
          AND e.tags @> ARRAY[%(kind)s]::varchar[] AND (e.accounts = '{}' OR e.accounts @> ARRAY[a.id]))
"""
_COUNT = "SELECT count(*), count(*) FILTER (WHERE a.status = 'open') " + _UNCOVERED
_COVER = (
    "INSERT INTO compliance_contactentry"
    " (debtor_id, accounts, at, channel, inbound, purpose, tags, address, state, source)"
    " SELECT a.debtor_id, ARRAY[a.id], %(at)s, 'note', false, '', ARRAY[%(kind)s]::varchar[], '', 'done', %(source)s"
    + _UNCOVERED
)


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody says was given. Evidence is a reference, an uploaded document, or both."""

    kind: str
    given_by: str
    given_on: date
    way: str
    reference: str = ""
    document: UploadedFile | None = None


@dataclass(frozen=True, slots=True)
class Covered:
    """A dry run over a placement: its accounts, those that would get their line, and those of them still open."""

    accounts: int
    new: int
    open_ones: int

    @property
    def had(self) -> int:
        return self.accounts - self.new


def source_of(notice: GivenNotice) -> str:
    """How the ledger of contacts knows this notice's lines."""
    return f"given:{notice.pk}"


@transaction.atomic
def record_notice(about: Account | Portfolio, told: Told, *, by: User, token: str = "") -> GivenNotice | None:
    """Written down, and waiting for a second person; None when the form came before."""
    _check(told)
    if not use_token(caller_of(by), token):
        return None
    notice = GivenNotice.objects.create(
        kind=told.kind,
        account=about if isinstance(about, Account) else None,
        portfolio=about if isinstance(about, Portfolio) else None,
        given_by=told.given_by.strip()[:120],
        given_on=told.given_on,
        way=told.way,
        reference=told.reference.strip()[:120],
        document=keep_document(told.document) if told.document else None,
        recorded_by=by,
    )
    _tell("notice.recorded", notice, by)
    return notice


def _check(told: Told) -> None:
    if not told.given_by.strip():
        raise InvalidInput(_("Say who gave it."), field="given_by")
    if told.given_on > today():
        raise InvalidInput(_("This day is still to come: record it once it was given."), field="given_on")
    if told.given_on < today() - OLDEST:
        raise InvalidInput(_("This is too long ago. Check the year."), field="given_on")
    if not told.reference.strip() and not told.document:
        raise InvalidInput(_("Give the reference of the notice, or upload a copy or its proof."), field="reference")


@transaction.atomic
def confirm_notice(notice: GivenNotice, *, by: User, token: str = "") -> GivenNotice:
    """A second person has seen the evidence: from this moment the packs see the notice."""
    row = _locked(notice)
    if not use_token(caller_of(by), token):
        return row
    if row.recorded_by_id == by.pk:
        raise Conflict(_("You recorded this, so somebody else has to confirm it."))
    if row.confirmed_at or hasattr(row, "correction"):
        raise Conflict(_("Somebody has decided about this already. Reload the page."))
    row.confirmed_by, row.confirmed_at, row.covers = by, now(), _cover(row)
    row.save(update_fields=["confirmed_by", "confirmed_at", "covers"])
    _tell("notice.confirmed", row, by)
    return row


@transaction.atomic
def take_back_notice(notice: GivenNotice, *, why: str, by: User, token: str = "") -> NoticeCorrection | None:
    """It was not given, or not as recorded: from this moment the packs miss it again."""
    if not why.strip():
        raise InvalidInput(_("Say why, in a few words."), field="why")
    row = _locked(notice)
    if not use_token(caller_of(by), token):
        return None
    if hasattr(row, "correction"):
        raise Conflict(_("This has been taken back already."))
    if row.account is not None:
        lock_debtor(row.account.debtor_id)
    correction = NoticeCorrection.objects.create(notice=row, by=by, why=why.strip()[:300])
    ContactEntry.objects.filter(source=source_of(row)).exclude(state="released").update(state="released")
    _tell("notice.taken_back", row, by, why=correction.why)
    return correction


def coverage(portfolio: Portfolio, kind: str) -> Covered:
    """What confirming this kind for the placement would do. Nothing is written."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"portfolio": portfolio.pk, "kind": kind})
        new, open_ones = cursor.fetchone()
    return Covered(Account.objects.filter(portfolio=portfolio).count(), new, open_ones)


def _cover(notice: GivenNotice) -> int:
    """The lines in the ledger; how many. An account that has its line already keeps that one."""
    at = _moment_of(notice.given_on)
    if notice.account is not None:
        lock_debtor(notice.account.debtor_id)
        contact_ledger.note(
            notice.account.debtor_id, accounts=[notice.account.pk], tags=[notice.kind], at=at, source=source_of(notice)
        )
        return 1
    told = {"portfolio": notice.portfolio_id, "kind": notice.kind, "at": at, "source": source_of(notice)}
    with connection.cursor() as cursor:
        cursor.execute(_COVER, told)
        return int(cursor.rowcount)


def _moment_of(day: date) -> datetime:
    """Waiting times begin when that day is over everywhere: nobody wrote down the hour."""
    return min(now(), datetime.combine(day + timedelta(days=1), time(12), UTC))


def _locked(notice: GivenNotice) -> GivenNotice:
    rows = GivenNotice.objects.select_for_update(of=("self",)).select_related("account", "portfolio__creditor")
    return rows.get(pk=notice.pk)


def _tell(event: str, notice: GivenNotice, by: User, *, why: str = "") -> None:
    record_event(
        event, account=notice.account, creditor=notice.portfolio.creditor if notice.portfolio else None, actor=by,
        source="staff", notice=notice.pk, notice_kind=notice.kind, portfolio=notice.portfolio_id or 0,
        covers=notice.covers, why=why,
    )  # fmt: skip
