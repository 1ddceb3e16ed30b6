"""No agreement is in force that cannot be shown: the database itself refuses it."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction

from common.clock import today
from common.errors import Conflict
from tests.payments.helpers import EVIDENCE
from wallets.models import Mandate, Provider
from wallets.services import resume_mandate

pytestmark = pytest.mark.django_db
BLIND = 'ALTER TABLE wallets_mandate DROP CONSTRAINT "mandate_active_is_proven"'


def mandate(account, **fields) -> Mandate:
    provider, _new = Provider.objects.get_or_create(key="alipay", defaults={"name": "Alipay", "status": "vetted"})
    usual = {
        "state": "active",
        "currency": "CNY",
        "cap_minor": 100,
        "first_debit_on": today(),
        "terms_version": "1",
        "terms_text": "terms",
        "evidence": EVIDENCE,
        "merchant_reference": "M1",
    }
    return Mandate.objects.create(account=account, provider=provider, **usual | fields)


@pytest.mark.parametrize("name", ["agreed_at", "ip", "user_agent"])
@pytest.mark.parametrize("left", [{}, {"value": ""}, {"value": None}], ids=["missing", "empty", "null"])
def test_an_active_agreement_without_a_part_of_its_evidence_is_refused(account, name, left):
    kept = {key: text for key, text in EVIDENCE.items() if key != name}
    kept |= {name: left["value"]} if left else {}
    with pytest.raises(IntegrityError, match="mandate_active_is_proven"), transaction.atomic():
        mandate(account, evidence=kept)


@pytest.mark.parametrize("fields", [{"terms_version": ""}, {"terms_text": ""}, {"evidence": {}}, {"evidence": []}])
def test_an_active_agreement_without_its_text_is_refused(account, fields):
    with pytest.raises(IntegrityError, match="mandate_active_is_proven"), transaction.atomic():
        mandate(account, **fields)


def test_evidence_cannot_be_lost_while_the_agreement_is_in_force(account):
    row = mandate(account)
    with pytest.raises(IntegrityError, match="mandate_active_is_proven"), transaction.atomic():
        Mandate.objects.filter(pk=row.pk).update(evidence={})


def test_an_agreement_nobody_signed_yet_or_that_is_over_may_be_incomplete(account):
    assert mandate(account, state="pending", evidence={}).pk


def test_rows_from_before_the_rule_are_paused_and_then_the_rule_holds(account):
    with connection.cursor() as cursor:
        cursor.execute(BLIND)
        old = mandate(account, evidence={})
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        moved = import_module("wallets.migrations.0006_pause_mandates_without_evidence")
        moved.pause_unproven(apps, None)
        constraint = next(one for one in Mandate._meta.constraints if one.name == "mandate_active_is_proven")
        with connection.schema_editor() as editor:
            editor.add_constraint(Mandate, constraint)
    old.refresh_from_db()
    assert (old.state, old.paused_by) == ("paused", "staff") and "not on record" in old.state_reason


def test_an_unproven_agreement_cannot_go_on(account, agent):
    row = mandate(account, state="paused", paused_by="staff", evidence={})
    with pytest.raises(Conflict, match="signed anew"):
        resume_mandate(row, by=agent, reason="asked")
