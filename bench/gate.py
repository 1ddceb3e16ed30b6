"""Decisions of the policy packs on one core: one case after the other, each built from its facts and decided anew.

Measured in the processor's time: what else the machine does is not counted. No database: the case is what a sender
holds in its hands. Debtors of the United States (with Massachusetts or New York City beside the federal pack), Britain,
India, China and Indonesia, each under their packs, the schemes and the house, with a history of up to thirty lines; two
contacts of three, the rest debits; a third lands outside the hours.
"""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from bench.result import Result
from compliance.packs.actions import Action, Entry
from compliance.packs.engine import Gate
from compliance.packs.loader import load_packs
from compliance.packs.look import Case

DECISIONS = 40_000
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
NEEDED = 5_000  # decisions a second


def run(scale: float = 1.0) -> Result:
    dice = random.Random(7)
    gates = _gates()
    number = max(1_000, int(DECISIONS * scale))
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
