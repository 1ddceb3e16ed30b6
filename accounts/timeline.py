"""One timeline per account, read from the events: contacts, payments, decisions, notes, and what the system did."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language

from accounts.models import Account, Event, Hold, Note
from accounts.timeline_words import CHANNEL_WORDS, GROUPS, kinds_of, words_of
from common.money import Money

PAGE = 20
CREDITOR_GROUPS = ("contacts", "payments", "decisions")
PRIVATE = ("why",)


@dataclass(frozen=True, slots=True)
class Item:
    icon: str
    tone: str
    title: Promise | str
    at: datetime
    actor: str = ""
    body: str = ""
    href: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Links:
    """Where an event's own page is, and the page that says why it came about."""

    href: str = ""
    why: str = ""


@dataclass(frozen=True)
class Timeline:
    """`older` is the id to read on from; 0 at the beginning of the account."""

    items: list[Item]
    older: int = 0


# Apps to the right lend their words for what the record keeps as codes: reasons, purposes, wallets, states.
_reason_words: list[Mapping[str, Promise]] = []
_reason_tellers: list[Callable[[str], str]] = []
LinkFinder = Callable[[Account, Sequence[Event]], Mapping[int, Links]]
_link_finders: list[LinkFinder] = []


def register_reason_words(words: Mapping[str, Promise]) -> None:
    if words not in _reason_words:
        _reason_words.append(words)


def register_link_finder(find: LinkFinder) -> None:
    """`find` knows pages of our own people for some of these events, by the events' ids, in a steady number of
    questions."""
    if find not in _link_finders:
        _link_finders.append(find)


def timeline_of(account: Account, *, group: str = "", before: int = 0, for_creditor: bool = False) -> Timeline:
    """Newest first. A creditor's people are not shown our notes, our own doings, or why a person needs care."""
    rows = Event.objects.filter(account=account)
    if for_creditor:
        rows = rows.filter(kind__in=[kind for name in CREDITOR_GROUPS for kind in kinds_of(name)])
    if group in GROUPS:
        rows = rows.filter(kind__in=kinds_of(group))
    if before:
        rows = rows.filter(pk__lt=before)
    found = list(rows.select_related("actor").order_by("-pk")[: PAGE + 1])
    shown = found[:PAGE]
    notes = _notes(shown)
    links = {} if for_creditor else _links(account, shown)
    items = [item_of(event, notes, for_creditor=for_creditor, links=links.get(event.pk, Links())) for event in shown]
    return Timeline(items, shown[-1].pk if len(found) > PAGE else 0)


def _links(account: Account, events: Sequence[Event]) -> dict[int, Links]:
    return {pk: links for find in _link_finders for pk, links in find(account, events).items()}


def _notes(events: Iterable[Event]) -> dict[str, str]:
    wanted = [event.data.get("note") for event in events if event.kind == "note.added"]
    return {str(note.pk): note.text for note in Note.objects.filter(pk__in=[pk for pk in wanted if pk])}


def item_of(event: Event, notes: Mapping[str, str], *, for_creditor: bool = False, links: Links = Links()) -> Item:
    words = words_of(event.kind)
    return Item(
        icon=words.icon,
        tone=words.tone,
        title=words.title,
        at=event.happened_at,
        href=links.href,
        why=links.why,
        actor=str(event.actor) if event.actor and not for_creditor else "",
        body=notes.get(event.data.get("note", ""), "")
        or " · ".join(_details(event.data, without=PRIVATE if for_creditor else ())),
    )


def _amount(value: Any, data: Mapping[str, Any]) -> str:
    return Money(int(value), data["currency"]).format(get_language() or "en") if data.get("currency") else ""


def register_reason_teller(tell: Callable[[str], str]) -> None:
    """`tell` says a stored reason in the reader's language, or "" where it does not know it."""
    if tell not in _reason_tellers:
        _reason_tellers.append(tell)


def reason_in_words(code: Any, _data: Mapping[str, Any] | None = None) -> str:
    for words in _reason_words:
        if code in words:
            return str(words[code])
    told = next((told for tell in _reason_tellers if (told := tell(str(code)))), "") if code else ""
    if told:
        return told
    return str(code).replace("_", " ") if code else ""


DETAILS: dict[str, Callable[[Any, Mapping[str, Any]], str]] = {
    "amount_minor": _amount,
    "channel": lambda value, _data: str(CHANNEL_WORDS.get(value, value)),
    "purpose": reason_in_words,
    "hold_kind": lambda value, _data: str(dict(Hold.Kind.choices).get(value, value)),
    "provider": reason_in_words,
    "after": reason_in_words,
    "reason": reason_in_words,
    "closed_as": reason_in_words,
    "agency": lambda value, _data: str(value),
    "why": lambda value, _data: str(value),
    "changes": lambda values, _data: ", ".join(reason_in_words(value) for value in values),
    "due_on": lambda value, _data: str(value),
}


def _details(data: Mapping[str, Any], *, without: Collection[str] = ()) -> list[str]:
    told = {key: tell for key, tell in DETAILS.items() if key not in without}
    said = [tell(data[key], data) for key, tell in told.items() if data.get(key) not in (None, "")]
    return [text for text in said if text]
