"""Every kind of event that people may meet on a timeline is told in words."""

from __future__ import annotations

import re
from pathlib import Path

from accounts.timeline_words import WORDS
from payments.models.remittance import REMITTANCE_STATES

ROOT = Path(__file__).resolve().parents[2]
APPS = ("accounts", "compliance", "wallets", "payments", "reminders", "analytics")
RECORDED = re.compile(r"_?record(?:_event)?\(\s*\"([a-z_]+\.[a-z_]+)\"")
# Of the house itself, not of an account: told in the audit trail, where the kind stands as it is.
HOUSE = re.compile(r"^(provider|schedule|user|api_key|creditor|import|accounts|balance|rule)\.|^contact\.sending_limit")


def recorded_kinds() -> set[str]:
    sources = [path for app in APPS for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts]
    return {kind for path in sources for kind in RECORDED.findall(path.read_text())}


def test_every_kind_recorded_about_an_account_or_a_person_has_words():
    kinds = {kind for kind in recorded_kinds() if not HOUSE.match(kind)}
    assert len(kinds) > 40
    assert sorted(kinds - set(WORDS)) == []


def test_every_step_of_a_remittance_and_of_a_difference_has_words():
    steps = {f"remittance.{state}" for state in ("drafted", *REMITTANCE_STATES.states) if state != "draft"}
    told = (ROOT / "payments" / "reconciliation").glob("*.py")
    steps |= {kind for path in told for kind in re.findall(r"\"(reconciliation\.[a-z_]+)\"", path.read_text())}
    assert len(steps) == 10
    assert steps <= set(WORDS)


def test_the_alarms_and_wallet_kinds_have_words():
    assert {"wallet.detached", "wallet.detach_failed", "notice.reviewed", "provider.notices_refused"} <= set(WORDS)
