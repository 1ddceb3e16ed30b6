"""The light step before personal details: the year of birth, asked a few times an hour, remembered for a while."""

from __future__ import annotations

import hmac
import unicodedata
from datetime import datetime, timedelta

from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.events import record_event
from accounts.models import Account, Event
from common.clock import now
from common.errors import PlatformError
from payments.models import PaymentLink

TRIES = ((timedelta(hours=1), 5), (timedelta(days=1), 10))
IDLE = timedelta(minutes=15)
SESSION_KEY = "debtor_identified"
FAILED = "identity.failed"


class TooManyTries(PlatformError):
    code = "too_many_tries"
    status = 429


def asks_identity(link: PaymentLink) -> bool:
    """Whether we hold anything to ask about."""
    return bool(link.account.debtor.birth_year.strip())


def is_identified(request: HttpRequest, link: PaymentLink) -> bool:
    """Whether this browser answered for this link and was here within the last quarter of an hour."""
    seen = request.session.get(SESSION_KEY, {}).get(str(link.pk))
    return bool(seen) and now() - datetime.fromisoformat(seen) < IDLE


def may_see_details(request: HttpRequest, link: PaymentLink) -> bool:
    if not asks_identity(link):
        return True
    if not is_identified(request, link):
        return False
    remember(request, link)
    return True


def remember(request: HttpRequest, link: PaymentLink) -> None:
    request.session[SESSION_KEY] = {**request.session.get(SESSION_KEY, {}), str(link.pk): now().isoformat()}


@transaction.atomic
def check_birth_year(link: PaymentLink, answer: str) -> bool:
    """Whether the answer is right. Wrong ones are counted on the link, under the account's lock, and on the record.

    Raises `TooManyTries`, also for a right answer, so that going on guessing teaches nothing.
    """
    account = Account.objects.select_for_update().get(pk=link.account_id)
    failed = Event.objects.filter(account=account, kind=FAILED, data__link=link.pk)
    for span, allowed in TRIES:
        if failed.filter(happened_at__gt=now() - span).count() >= allowed:
            raise TooManyTries(
                _("That was tried too often. Try again later, or write to us. You can still pay in the meantime.")
            )
    given = unicodedata.normalize("NFKC", answer).strip()
    if hmac.compare_digest(given.encode(), link.account.debtor.birth_year.strip().encode()):
        record_event("identity.confirmed", account=account, source="debtor", link=link.pk)
        return True
    record_event(FAILED, account=account, source="debtor", link=link.pk)
    return False
