"""Inviting people and changing what they may do. At least one administrator who can sign in always stays."""

from __future__ import annotations

import secrets
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.events import record_event
from accounts.models import User
from accounts.services import caller_of
from common.errors import Conflict, InvalidInput
from common.once import use_token

CHANGEABLE = ("name", "email", "role", "team", "creditor", "is_active")


@transaction.atomic
def invite_user(*, by: User, token: str = "", **fields: Any) -> tuple[User, str] | None:
    """(user, first password): the password is told once and changed by the person. None when the form came before."""
    if not use_token(caller_of(by), token):
        return None
    email = fields["email"].lower()
    if User.objects.filter(email=email).exists():
        raise InvalidInput(_("Somebody signs in with this address already."), field="email")
    password = secrets.token_urlsafe(12)
    user = User.objects.create_user(password=password, **{**fields, "email": email})
    record_event("user.invited", actor=by, source="staff", user=user.pk, role=user.role)
    return user, password


@transaction.atomic
def change_user(user: User, *, by: User, token: str = "", **fields: Any) -> None:
    if not use_token(caller_of(by), token):
        return
    # Admins are locked as a set, so that two of them cannot demote each other at the same moment.
    admins = list(User.objects.select_for_update().filter(role="admin", is_active=True).values_list("pk", flat=True))
    row = User.objects.select_for_update().get(pk=user.pk)
    stays_admin = fields["role"] == "admin" and fields["is_active"]
    if admins == [row.pk] and not stays_admin:
        raise Conflict(_("This is the last administrator. Make somebody else an administrator first."))
    fields["email"] = fields["email"].lower()
    if User.objects.filter(email=fields["email"]).exclude(pk=row.pk).exists():
        raise InvalidInput(_("Somebody else signs in with this address."), field="email")
    changed = [name for name in CHANGEABLE if getattr(row, name) != fields[name]]
    for name in changed:
        setattr(row, name, fields[name])
    if changed:
        row.save(update_fields=changed)
        record_event("user.changed", actor=by, source="staff", user=row.pk, changed=changed, role=row.role)


@transaction.atomic
def reset_second_factor(user: User, *, by: User, token: str = "") -> None:
    """For somebody who lost the phone: at the next sign-in they set up a new one."""
    if use_token(caller_of(by), token):
        Authenticator.objects.filter(user=user).delete()
        record_event("user.second_factor_reset", actor=by, source="staff", user=user.pk)
