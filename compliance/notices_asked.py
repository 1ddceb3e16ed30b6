"""Which notices the packs in play ask for, what stands still until they are given, and what is known of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Account, Debtor, Portfolio
from common.clock import today
from compliance.given_notices import source_of
from compliance.models import ContactEntry, GivenNotice
from compliance.pack_facts import About, facts_about
from compliance.pack_register import packs_in_force
from compliance.packs.matching import in_play
from compliance.packs.schema import Pack, Rule
from compliance.selectors import places_of_account
from compliance.told.names import ACTION_WORDS, CHANNEL_WORDS, all_of, count_words, length_words, listed, named
from compliance.told.rules import sentences

CONTACTS = frozenset({"contact", "demand", "visit"})


@dataclass(frozen=True)
class Asked:
    """A kind of notice and every rule in play that asks for it. `given`: packs see one for this account."""

    kind: str
    given: bool = False
    rules: list[tuple[Pack, Rule]] = field(default_factory=list)

    @property
    def words(self) -> str:
        return named(self.kind)

    @property
    def about_contact(self) -> bool:
        return any(stops_contact(rule) for _pack, rule in self.rules)

    @property
    def blocked(self) -> list[str]:
        return list(dict.fromkeys(blocked_words(rule) for _pack, rule in self.rules))

    @property
    def said(self) -> list[tuple[str, str, list[str]]]:
        """Pack, source and sentences of each rule."""
        return [
            (pack.title or pack.id, listed(str(one["instrument"]) for one in rule.cite), sentences(rule))
            for pack, rule in self.rules
        ]


def stops_contact(rule: Rule) -> bool:
    about = rule.scope.actions
    return ("due" in rule.params or "wait" in rule.params) and (about is None or not about.isdisjoint(CONTACTS))


def blocked_words(rule: Rule) -> str:
    """What stands still until the notice is given."""
    due = rule.params.get("due", {})
    if "before" in due:
        return _("Until then nothing of this goes by machine: %(what)s.") % {
            "what": all_of(ACTION_WORDS, due["before"])
        }
    if "after" in due:
        days = due.get("within_days") or due.get("within_business_days") or 0
        unit = "business_days" if "within_business_days" in due else "days"
        words = {"length": count_words(days, unit), "event": named(due["after"])}
        return _("%(length)s after %(event)s nothing more is sent until then.") % words
    if "wait" in rule.params:
        return _("Until %(length)s after it this stands still: %(what)s.") % {
            "length": length_words(rule.params["wait"]),
            "what": _scope(rule),
        }
    return _("It is wanted, and nothing stands still for want of it.")


def _scope(rule: Rule) -> str:
    if rule.scope.actions is not None:
        return all_of(ACTION_WORDS, rule.scope.actions)
    if rule.scope.channels is not None:
        return all_of(CHANNEL_WORDS, rule.scope.channels)
    return str(ACTION_WORDS["contact"])


def asked_about(account: Account) -> list[Asked]:
    """By the packs of every place the person may be in, for the role we have in this debt."""
    places = places_of_account(account)
    about = About(role=account.creditor.role, places=places, product=account.product)
    packs = in_play(packs_in_force(), facts_about(about, today=today()))
    return _grouped(_notice_rules(packs, role=account.creditor.role), given=kinds_given(account))


def asked_of_placement(portfolio: Portfolio) -> list[Asked]:
    """By the packs of every country that people of the placement live in."""
    countries = list(Debtor.objects.filter(accounts__portfolio=portfolio).values_list("country", flat=True).distinct())
    packs = in_play(packs_in_force(), {"debtor.countries": countries})
    return _grouped(_notice_rules(packs, role=portfolio.creditor.role), given=frozenset())


def _notice_rules(packs: Iterable[Pack], *, role: str) -> Iterator[tuple[Pack, Rule]]:
    day = today()
    for pack in packs:
        for rule in pack.rules:
            wanted = rule.type == "notice" and (rule.scope.roles is None or role in rule.scope.roles)
            if wanted and rule.effective.holds_on(day) and pack.effective.holds_on(day):
                yield pack, rule


def _grouped(rules: Iterable[tuple[Pack, Rule]], *, given: frozenset[str]) -> list[Asked]:
    found: dict[str, Asked] = {}
    for pack, rule in rules:
        kind = rule.params["notice"]
        asked = found.setdefault(kind, Asked(kind, given=bool({kind, f"{kind}_sent"} & given)))
        asked.rules.append((pack, rule))
    return sorted(found.values(), key=lambda one: (not one.about_contact, one.kind))


def kinds_given(account: Account) -> frozenset[str]:
    """Every name the ledger's lines about this debt carry."""
    rows = ContactEntry.objects.filter(
        Q(accounts=[]) | Q(accounts__contains=[account.pk]), debtor_id=account.debtor_id, inbound=False
    ).exclude(state="released")
    return frozenset(tag for tags in rows.values_list("tags", flat=True) for tag in tags)


def notices_about(account: Account) -> list[GivenNotice]:
    """Those recorded for this account, and those of its placement that cover it or still wait, the newest first."""
    rows = notices().filter(Q(account=account) | Q(portfolio_id=account.portfolio_id))
    found = list(rows.order_by("-pk"))
    lines = ContactEntry.objects.filter(debtor_id=account.debtor_id, source__in=[source_of(one) for one in found])
    ours = {source for source, accounts in lines.values_list("source", "accounts") if account.pk in accounts}
    return [one for one in found if one.confirmed_at is None or source_of(one) in ours]


def notices() -> QuerySet[GivenNotice]:
    return GivenNotice.objects.select_related(
        "account__debtor", "account__creditor", "portfolio__creditor", "recorded_by", "confirmed_by", "correction__by"
    ).defer("document__content")
