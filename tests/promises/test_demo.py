"""A fresh machine shows a promise in every state."""

from __future__ import annotations

import pytest

from collections_platform.demo.promising import STATES, promise_all
from payments.ledger import checks
from payments.models import Promise
from payments.models.promises import PROMISE_STATES
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


def test_every_state_has_an_account(agent):
    for _state in STATES:
        factories.account()
    assert promise_all() == len(STATES)
    assert set(Promise.objects.values_list("state", flat=True)) == {value for value, _words in PROMISE_STATES.choices}
    assert promise_all() == 0 and checks.drifted_accounts() == []
