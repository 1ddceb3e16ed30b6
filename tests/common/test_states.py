from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Account
from accounts.models.debts import ACCOUNT_STATES
from accounts.models.imports import IMPORT_STATES
from accounts.models.webhooks import DELIVERY_STATES
from common.errors import IllegalTransition
from payments.models.payments import ATTEMPT_STATES, OPEN_ATTEMPT_STATES, PAYMENT_STATES
from payments.models.plans import INSTALMENT_STATES, PLAN_STATES
from payments.models.refunds import REFUND_STATES, SURPLUS_STATES
from reminders.models import MESSAGE_STATES, SCHEDULE_STATES
from wallets.models import MANDATE_STATES, PROVIDER_STATES

TABLES = [
    ACCOUNT_STATES, ATTEMPT_STATES, DELIVERY_STATES, IMPORT_STATES, INSTALMENT_STATES, MANDATE_STATES,
    MESSAGE_STATES, PAYMENT_STATES, PLAN_STATES, PROVIDER_STATES, REFUND_STATES, SCHEDULE_STATES, SURPLUS_STATES,
]  # fmt: skip


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_state_a_table_leads_to_is_a_state_of_it(table):
    assert {after for following in table.edges.values() for after in following} <= set(table.states)


def test_what_is_not_listed_cannot_happen():
    with pytest.raises(IllegalTransition, match="cannot go from revoked to active"):
        MANDATE_STATES.check("revoked", "active")


def test_money_that_arrived_only_leaves_by_reversal():
    assert ATTEMPT_STATES.edges["succeeded"] == ("reversed",)
    assert PAYMENT_STATES.edges["succeeded"] == ("reversed",)


def test_a_refund_that_was_turned_down_is_over_and_one_under_way_is_not_turned_down():
    assert REFUND_STATES.edges["rejected"] == ()
    assert set(REFUND_STATES.sources("rejected")) == {"requested", "approved"}


def test_open_attempt_states_are_those_that_can_still_fail():
    assert {state for state in ATTEMPT_STATES.states if "failed" in ATTEMPT_STATES.edges[state]} <= {
        *OPEN_ATTEMPT_STATES
    }


def test_the_database_knows_the_same_states(account):
    with pytest.raises(IntegrityError, match="account_status_known"), transaction.atomic():
        Account.objects.update(status="misspelt")
