"""Sign-in policy: staff are invited by an admin, so nobody can sign up."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from django.conf import settings
from django.http import HttpRequest

from common.clock import real_now


class StaffAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_reauthentication_required(self, *args: Any, **kwargs: Any) -> bool:
        """A sign-in a moment ago is as good as being asked again, above all while the second factor is set up."""
        required: bool = super().is_reauthentication_required(*args, **kwargs)
        return required and not self._just_signed_in()

    def _just_signed_in(self) -> bool:
        records = get_authentication_records(self.request, self.request.user)
        return bool(records) and real_now().timestamp() - records[-1]["at"] < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
