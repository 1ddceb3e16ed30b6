"""Signs the policy packs of the demo's countries: in the sandbox nobody can be harmed by a draft."""

from __future__ import annotations

from pathlib import Path

from accounts.models import User
from collections_platform.demo.creditors import CREDITORS
from compliance.models import PolicyPack
from compliance.pack_register import load_shipped, pack_from, put_in_force, sign_off
from compliance.packs.matching import concerns

OWN = Path(__file__).parent / "packs"  # of countries whose law nobody has read yet
NOTE = "Sandbox: the demo runs under the drafts as they are shipped. Nothing was checked by counsel."


def sign_demo_policies(*countries: str) -> None:
    """Safe to repeat: what is signed already stays as it is. `countries`: others than the demo's."""
    load_shipped(OWN)
    facts = {"debtor.countries": sorted(countries or {demo.country for demo in CREDITORS})}
    for row in PolicyPack.objects.filter(state="draft", proposed_by=None).order_by("id"):
        if concerns(pack_from(row), facts):
            put_in_force(sign_off(row, by=_login("compliance"), note=NOTE), by=_login("admin"))


def _login(role: str) -> User:
    return User.objects.filter(role=role, is_active=True).order_by("id")[0]
