"""Signs the policy packs of the demo's countries: in the sandbox nobody can be harmed by a draft."""

from __future__ import annotations

from accounts.models import User
from collections_platform.demo.creditors import CREDITORS
from compliance.models import PolicyPack
from compliance.pack_register import pack_from, put_in_force, sign_off
from compliance.packs.matching import concerns

NOTE = "Sandbox: the demo runs under the drafts as they are shipped. Nothing was checked by counsel."


def sign_demo_policies() -> None:
    """Safe to repeat: what is signed already stays as it is."""
    facts = {"debtor.countries": sorted({demo.country for demo in CREDITORS})}
    for row in PolicyPack.objects.filter(state="draft", proposed_by=None).order_by("id"):
        if concerns(pack_from(row), facts):
            put_in_force(sign_off(row, by=_login("compliance"), note=NOTE), by=_login("admin"))


def _login(role: str) -> User:
    return User.objects.filter(role=role, is_active=True).order_by("id")[0]
