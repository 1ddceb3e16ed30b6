"""A plan the person may agree to: one that their own page offers today, nearest to what they wrote.

Nothing is agreed by it. The link leads to the terms, where the person reads and confirms, or chooses another one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from urllib.parse import urlencode

from accounts.models import Account
from common.errors import PlatformError
from common.money import exponent
from payments.debtor_plans import ReadyPlan, chosen_plan, first_days, ready_plans, refuse_second_plan
from payments.debtor_wallets import agreement_wallets
from payments.services.checks import holds_on, refuse_unpayable
from payments.views_debtor.plans import rules_of
from reminders.understanding.normal import plain
from wallets.selectors import Offer, live_mandate

_COUNT = re.compile(
    r"\b(\d{1,2}) ?(?:x\b|parts?|instal?l?ments?|payments?|months?|monthly|times|weeks?)"
    r"|(\d{1,2}) ?(?:期|次|个月|個月|份)"
)
_EACH = re.compile(
    r"(\d[\d,]*(?:\.\d{1,2})?) ?(?:[a-z]{3} ?)?(?:a|per|each|every|/) ?(?:month|week)"
    r"|每(?:月|个月|個月)(?:能|可以|只能)?(?:还|還|付)? ?(\d[\d,]*(?:\.\d{1,2})?)"
)
_PARTS = re.compile(
    r"\b(instal?l?ments?|payment plan|plan|in parts|split|monthly|per month|a month|over time)\b"
    r"|分期|分次|每月|每个月|每個月"
)


@dataclass(frozen=True, slots=True)
class Proposal:
    count: int
    first_on: date
    wallet: str

    @property
    def facts(self) -> dict[str, str | int]:
        """What a message keeps of it; the sums are worked out when it is sent."""
        return {"count": self.count, "first": self.first_on.isoformat(), "wallet": self.wallet, "page": self.page}

    @property
    def page(self) -> str:
        """Behind the person's link."""
        asked = urlencode({"count": self.count, "first": self.first_on.isoformat(), "wallet": self.wallet})
        return f"plan/terms/?{asked}"


def propose(account: Account, text: str, *, day: date | None = None) -> Proposal | None:
    """None where the person asks something else, or no plan is on offer for them now."""
    said = plain(text)
    if not _PARTS.search(said) and not _COUNT.search(said) and not _EACH.search(said):
        return None
    try:
        refuse_unpayable(account)
        refuse_second_plan(account)
    except PlatformError:
        return None
    if holds_on(account).exists():
        # Somebody in hard times may pay, but what they can bear is looked at by a person.
        return None
    offer = _offer(account)
    if offer is None or live_mandate(account):
        return None
    days = first_days(account.debtor.time_zone)
    first_on = day if day in days else days[0]
    plans = ready_plans(account, first_on, **rules_of(offer, account))
    if not plans:
        return None
    return Proposal(_nearest(plans, said).count, first_on, offer.provider.key)


def plan_proposed(account: Account, facts: dict[str, object]) -> ReadyPlan:
    """The plan of a message, from what is owed now. Raises InvalidInput when it is not offered any more."""
    offer = _offer(account, str(facts["wallet"]))
    rules = rules_of(offer, account) if offer else {}
    first_on = date.fromisoformat(str(facts["first"]))
    return chosen_plan(account, count=int(str(facts["count"])), first_on=first_on, **rules)


def _offer(account: Account, key: str = "") -> Offer | None:
    return next((offer for offer in agreement_wallets(account) if key in ("", offer.provider.key)), None)


def _nearest(plans: Sequence[ReadyPlan], said: str) -> ReadyPlan:
    """By the sum they can pay each time, else by the number of parts, else the one in the middle."""
    if each := _number(_EACH, said):
        most = int(Decimal(each.replace(",", "")).scaleb(exponent(plans[0].total.currency)))
        fitting = [plan for plan in plans if plan.cap.minor <= most]
        return min(fitting or plans, key=lambda plan: plan.count if fitting else -plan.count)
    if count := _number(_COUNT, said):
        return min(plans, key=lambda plan: abs(plan.count - int(count)))
    return plans[len(plans) // 2]


def _number(pattern: re.Pattern[str], said: str) -> str:
    found = pattern.search(said)
    return next((group for group in found.groups() if group), "") if found else ""
