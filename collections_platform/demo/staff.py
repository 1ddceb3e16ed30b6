"""People who sign in to the demo. Their second factor is real; its secret is fixed so that it can be printed."""

from __future__ import annotations

from dataclasses import dataclass

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP

from accounts.models import Creditor, Team, User

PASSWORD = "demo-Harbour-2026"  # noqa: S105 - sandbox only, printed at every start
DOMAIN = "demo.example"


@dataclass(frozen=True)
class DemoLogin:
    role: str
    name: str
    email: str
    totp: str


LOGINS = (
    DemoLogin("agent", "Ada Martin", f"agent@{DOMAIN}", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXA"),
    DemoLogin("lead", "Liu Wei", f"lead@{DOMAIN}", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXB"),
    DemoLogin("admin", "Amina Njoroge", f"admin@{DOMAIN}", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXC"),
    DemoLogin("compliance", "Grace Okafor", f"compliance@{DOMAIN}", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXE"),
    DemoLogin("creditor", "Chen Yu", f"creditor@{DOMAIN}", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXD"),
)


def ensure_staff(creditor: Creditor) -> None:
    """Create each demo login once; a login somebody changed is left alone."""
    team, _created = Team.objects.get_or_create(name="Harbour team")
    for login in LOGINS:
        if User.objects.filter(email=login.email).exists():
            continue
        is_creditor = login.role == User.Role.CREDITOR
        user = User.objects.create_user(
            login.email,
            PASSWORD,
            name=login.name,
            role=login.role,
            team=None if is_creditor else team,
            creditor=creditor if is_creditor else None,
        )
        TOTP.activate(user, login.totp)
        Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).update(last_used_at=None)
