"""Lets each attempt ask a phone once, and one attempt at a time ask the same phone.

Daraja has no idempotency: every push call is a new prompt. The attempt row, committed before the call, is the first
guard; this one, shared by all processes through the cache, is the second. When the cache is away nobody passes.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core.cache.backends.base import BaseCache
from redis.exceptions import RedisError

from common.http import NotSent

REMEMBER = timedelta(hours=48)
PROMPT_LIFETIME = timedelta(minutes=3)
AWAY = (RedisError, OSError)


@dataclass(frozen=True)
class Turn:
    """`granted`: this caller, and nobody else, may send. Otherwise `busy` says that the phone is being asked by
    another attempt; if not, this very attempt asked before."""

    granted: bool
    busy: bool = False


class Turnstile:
    def __init__(self, cache: BaseCache | Any) -> None:
        self._cache = cache

    def take(self, reference: str, phone: str) -> Turn:
        """`phone` is a nickname, not a number. Raises `NotSent` when nothing can be remembered."""
        try:
            if not self._cache.add(_asked(reference), {"phone": phone, "prompt": ""}, REMEMBER.total_seconds()):
                return Turn(granted=False)
            if self._cache.add(_phone(phone), reference, PROMPT_LIFETIME.total_seconds()):
                return Turn(granted=True)
            self._cache.delete(_asked(reference))
            return Turn(granted=False, busy=True)
        except AWAY as error:
            raise NotSent("The M-Pesa prompt was not sent: the cache is away. Try again shortly.") from error

    def take_once(self, name: str, note: str) -> bool:
        try:
            return bool(self._cache.add(_asked(name), {"phone": "", "prompt": note}, REMEMBER.total_seconds()))
        except AWAY as error:
            raise NotSent("M-Pesa was not asked: the cache is away. Try again shortly.") from error

    def give_back(self, reference: str, phone: str = "") -> None:
        """The call provably reached nobody. Failing to forget only makes the attempt wait, so it may fail."""
        try:
            self._cache.delete_many([_asked(reference), *([_phone(phone)] if phone else [])])
        except AWAY:
            return

    def remember(self, reference: str, phone: str, prompt: str) -> None:
        try:
            self._cache.set(_asked(reference), {"phone": phone, "prompt": prompt}, REMEMBER.total_seconds())
        except AWAY:
            return

    def ended(self, reference: str) -> None:
        """The prompt is over: the phone may be asked again. The attempt itself stays used."""
        try:
            phone = self._entry(reference).get("phone", "")
            if phone and self._cache.get(_phone(phone)) == reference:
                self._cache.delete(_phone(phone))
        except AWAY:
            return

    def prompt_of(self, reference: str) -> str:
        try:
            return str(self._entry(reference).get("prompt", ""))
        except AWAY:
            return ""

    def _entry(self, reference: str) -> dict[str, str]:
        return self._cache.get(_asked(reference)) or {}


def _asked(reference: str) -> str:
    return f"mpesa:asked:{reference}"


def _phone(nickname: str) -> str:
    return f"mpesa:phone:{nickname}"
