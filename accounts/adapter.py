"""Sign-in policy: staff are invited by an admin, so nobody can sign up."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest

from common.clock import real_now


class StaffAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_reauthentication_required(self, *args: Any, **kwargs: Any) -> bool:
        """Not between the first sign-in and the set-up of the second factor: the password was given a moment ago."""
        required: bool = super().is_reauthentication_required(*args, **kwargs)
        return required and not self._sets_up_second_factor()

    def _sets_up_second_factor(self) -> bool:
        records = get_authentication_records(self.request, self.request.user)
        just_now = (
            bool(records) and real_now().timestamp() - records[-1]["at"] < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
        )
        return just_now and not is_mfa_enabled(self.request.user)
