"""Decisions of the policy packs on one core: one case after the other, and many people at once.

Measured in the processor's time: what else the machine does is not counted. No database. Debtors of the United States
(with Massachusetts or New York City beside the federal pack), Britain, India, China and Indonesia, each under their
packs, the schemes and the house.

Single: each case is built from its facts and decided anew, as a sender does. Two contacts of three, the rest debits, a
third outside the hours, a history of up to thirty lines.

Many: people as a planner meets them, contacts only, in the groups they fall into by place, channel, role, holds and
consents; half without a history, the others with up to twelve lines, one of a hundred with more than our own attempts
(those are handed to the single gate, and what that takes is counted too). Making the groups ready is counted; a sample
is decided by the single gate as well and must say the same.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bench.result import Result
from compliance.packs.actions import Action, Entry
from compliance.packs.engine import Gate
from compliance.packs.loader import load_packs
from compliance.packs.look import Case
from compliance.packs.many import Group
from compliance.packs.pasts import Shapes

DECISIONS = 40_000
MANY = 400_000
BLOCK = 100  # decisions of many are too short to be timed one by one
SHIPPED = Path(__file__).resolve().parents[1] / "compliance" / "packs" / "shipped"
PLACES = (
    (("us-federal", "us-ma"), ("America/New_York",), "third_party_collector", "ach"),
    (("us-federal", "us-nyc"), ("America/New_York",), "first_party_creditor", "prepaid_wallet"),
    (("us-federal",), ("America/Phoenix", "America/Denver"), "third_party_collector", "debit_card"),
    (("uk",), ("Europe/London",), "first_party_creditor", "card_cpa"),
    (("in",), ("Asia/Kolkata",), "first_party_creditor", "upi_autopay"),
    (("cn",), ("Asia/Shanghai",), "third_party_collector", "wallet"),
    (("id",), ("Asia/Jakarta",), "first_party_creditor", "wallet"),
)
CHANNELS = ("voice", "sms", "email", "letter")
NEEDED, NEEDED_OF_MANY = 5_000, 100_000  # decisions a second


def run(scale: float = 1.0) -> list[Result]:
    gates = _gates()
    return [_single(gates, max(1_000, int(DECISIONS * scale))), _many(gates, max(10_000, int(MANY * scale)))]


def _single(gates: dict[tuple[str, ...], Gate], number: int) -> Result:
    dice = random.Random(7)
    cases = [_drawn(dice, *PLACES[n % len(PLACES)]) for n in range(number)]
    took, kinds = [], dict[str, int]()
    for packs, parts in cases:
        begun = time.thread_time()
        verdict = gates[packs].decide(Case(**parts))
        took.append(time.thread_time() - begun)
        kinds[verdict.kind.name] = kinds.get(verdict.kind.name, 0) + 1
    took.sort()
    notes = {
        "p50_us": round(took[number // 2] * 1e6),
        "p99_us": round(took[number * 99 // 100] * 1e6),
        "rules": {"+".join(packs): sum(len(pack.rules) for pack in gate.packs) for packs, gate in gates.items()},
        "verdicts": kinds,
    }
    return Result("gate", number, sum(took), "decisions a second asked for", NEEDED, notes=notes)


def _many(gates: dict[tuple[str, ...], Gate], number: int) -> Result:
    dice, shapes, ledgers = random.Random(11), Shapes(), dict[int, tuple[Entry, ...]]()
    now = datetime(2026, 11, 24, 14, 30, tzinfo=UTC)  # open in some places, closed in others
    classes = list(_classes(now))
    people = []
    for person in range(number):
        ledger = tuple(_attempt(dice, now) for _ in range(dice.randrange(1, 13))) if dice.random() < 0.5 else ()
        if dice.random() < 0.01:
            ledger += (Entry(at=now - timedelta(days=3), channel="sms", inbound=True, text="who are you"),)
        ledgers[person] = ledger
        people.append((dice.randrange(len(classes)), person, shapes.past(ledger)))
    groups: list[Group | None] = [None] * len(classes)
    took, kinds, alone, answers = [], Counter[str](), 0, {}
    for start in range(0, number, BLOCK):
        begun = time.thread_time()
        for place, person, past in people[start : start + BLOCK]:
            group = groups[place]
            if group is None:
                group = groups[place] = _group(gates, shapes, now, *classes[place])
            answer = group.decide(past)
            if answer is None:
                alone += 1
                case = Case(**_parts(now, *classes[place]), ledger=ledgers[person])
                kinds[gates[classes[place][0][0]].decide(case).kind.name] += 1
            else:
                answers[person] = answer
        took.append((time.thread_time() - begun) / min(BLOCK, number - start))
    kinds.update(answer.kind.name for answer in answers.values())
    for place, person, _past in people[:: max(1, number // 2_000)]:
        _agree(gates, now, classes[place], ledgers[person], answers.get(person))
    seconds = sum(took) * number / len(took)
    took.sort()
    notes = {
        "p50_us": round(took[len(took) // 2] * 1e6, 1),
        "p99_us": round(took[len(took) * 99 // 100] * 1e6, 1),
        "timed_in_blocks_of": BLOCK,
        "groups": len(classes),
        "asked_alone": alone,
        "verdicts": dict(kinds),
    }
    return Result("gate many", number, seconds, "decisions a second asked for", NEEDED_OF_MANY, notes=notes)


def _classes(now: datetime) -> Iterator[tuple[Any, str, dict[str, Any]]]:
    """Every place by channel, with each hold and with none, with a consent and without."""
    consents: list[dict[str, Any]] = [{}, {"direct_consent_for_number": (now - timedelta(days=20)).date().isoformat()}]
    held: list[dict[str, Any]] = [
        {}, {}, {}, {"debtor.represented": True}, {"breathing_space": now - timedelta(days=9)}, {"dispute": True},
        {"deceased": now - timedelta(days=30)}, {"bankruptcy_petition": now - timedelta(days=30)},
    ]  # fmt: skip
    for place in PLACES:
        for channel in CHANNELS:
            for consent in consents:
                yield from ((place, channel, consent | hold) for hold in held)


def _parts(now: datetime, place: Any, channel: str, facts: dict[str, Any]) -> dict[str, Any]:
    _packs, zones, role, _rail = place
    return {
        "action": Action(kind="contact", channel=channel, purpose="demand", debts=("A",)),
        "now": now,
        "zones": tuple(ZoneInfo(name) for name in zones),
        "facts": {"role": role, "consumer_used_address": True, **facts},
    }


def _group(gates: dict[tuple[str, ...], Gate], shapes: Shapes, now: datetime, place: Any, *more: Any) -> Group:
    return Group(gates[place[0]], shapes=shapes, **_parts(now, place, *more))


def _agree(gates: dict[tuple[str, ...], Gate], now: datetime, one: Any, ledger: tuple[Entry, ...], answer: Any) -> None:
    alone = gates[one[0][0]].decide(Case(**_parts(now, *one), ledger=ledger))
    if answer is not None and (answer.kind, answer.until, answer.rules) != (alone.kind, alone.until, alone.rules):
        raise AssertionError(f"{answer} is not {alone}")


def _attempt(dice: random.Random, now: datetime) -> Entry:
    tags = frozenset({"conversation"} if dice.random() < 0.05 else ())
    return Entry(at=now - timedelta(minutes=dice.randrange(30 * 1440)), channel=dice.choice(CHANNELS),
                 debts=frozenset({"A"} if dice.random() < 0.9 else {"B"}), tags=tags)  # fmt: skip


def _gates() -> dict[tuple[str, ...], Gate]:
    shipped = {pack.id: pack for pack in load_packs(SHIPPED)}
    return {packs: Gate([shipped[name] for name in (*packs, "schemes", "house")]) for packs, *_rest in PLACES}


def _drawn(dice: random.Random, packs, zones, role: str, rail: str):
    now = datetime(2026, 11, 24, tzinfo=UTC) + timedelta(seconds=dice.randrange(14 * 86_400))
    debit = dice.random() < 0.34
    kind = {"kind": "debit", "rail": rail, "rails": frozenset({rail}), "mandate": "m1", "amount": Decimal(9_900)}
    action = Action(debts=("A",), **(kind if debit else {"kind": "contact", "channel": dice.choice(CHANNELS)}))
    facts = {
        "role": role,
        "consumer_used_address": True,
        "direct_consent_for_number": (now - timedelta(days=dice.randrange(70))).date().isoformat(),
        "debtor.represented": dice.random() < 0.02,
        "debt.hcstc": False,
        "recurring_substantially_regular": True,
        "prenotice_sent": now - timedelta(days=dice.randrange(20)),
    }
    ledger = tuple(_line(dice, now) for _ in range(dice.randrange(30)))
    zone = tuple(ZoneInfo(name) for name in zones)
    return packs, {"action": action, "now": now, "zones": zone, "facts": facts, "ledger": ledger}


def _line(dice: random.Random, now: datetime) -> Entry:
    at = now - timedelta(minutes=dice.randrange(60 * 86_400 // 60))
    channel = dice.choice((*CHANNELS, "debit"))
    tags = frozenset({"succeeded"} if channel == "debit" else {"conversation"} if dice.random() < 0.1 else ())
    return Entry(at=at, channel=channel, inbound=dice.random() < 0.1, debts=frozenset({"A"}), tags=tags,
                 mandate="m1" if channel == "debit" else "", amount=Decimal(9_900))  # fmt: skip
