"""Whose word about contact counts: the creditor's file may come again, what the person said stays said."""

from __future__ import annotations

import io

import pytest
from django.db import transaction

from accounts.imports.services import check_import, open_import, run_import, start_import
from accounts.models import Consent
from compliance.gate import Kind
from compliance.selectors import usable_contact_point
from compliance.services import decide
from reminders.opt_out import grant_consent, withdraw_consent
from tests.compliance.conftest import MONDAY_NOON

pytestmark = pytest.mark.usefixtures("house_rules")


def kind(account, channel: str = "sms") -> Kind:
    point = usable_contact_point(account, channel=channel)
    with transaction.atomic():
        asked = decide(account, channel=channel, purpose="overdue_friendly", contact_point=point, at=MONDAY_NOON)
        transaction.set_rollback(True)
    return asked.verdict.kind


def said_by_creditor(account, *, granted: bool, channel: str = "sms", source: str = "placement file") -> None:
    Consent.objects.create(debtor=account.debtor, channel=channel, granted=granted, evidence={"source": source})


@pytest.mark.parametrize("source", ["placement file", "api"])
@pytest.mark.parametrize(("refused", "allowed"), [("sms", "sms"), ("*", "sms"), ("sms", "*"), ("*", "*")])
def test_a_creditors_yes_does_not_undo_what_the_person_refused(account, source, refused, allowed):
    withdraw_consent(account.debtor, channel=refused, source="link")
    said_by_creditor(account, granted=True, channel=allowed, source=source)
    assert kind(account) is Kind.BLOCK


def test_only_the_person_takes_a_refusal_back(account):
    withdraw_consent(account.debtor, channel="sms", source="link")
    said_by_creditor(account, granted=True)
    grant_consent(account.debtor, channel="sms", source="debtor_page")
    assert kind(account) is Kind.ALLOW


def test_a_creditors_no_counts_whatever_was_said_before(account):
    grant_consent(account.debtor, channel="sms", source="debtor_page")
    said_by_creditor(account, granted=False)
    assert kind(account) is Kind.BLOCK


def test_a_creditor_may_correct_their_own_no(account):
    said_by_creditor(account, granted=False)
    said_by_creditor(account, granted=True)
    assert kind(account) is Kind.ALLOW


def test_the_same_file_sent_again_after_an_opt_out_leaves_the_person_alone(account):
    row = f"{account.creditor_reference},{account.debtor.creditor_reference},CNY,1250.00,{account.due_date},yes"
    file = f"Account No,Customer No,Currency,Balance,Due Date,Consent\n{row}\n".encode()
    withdraw_consent(account.debtor, channel="sms", source="link")
    job = open_import(creditor=account.creditor, file=io.BytesIO(file), file_name="again.csv")
    job.columns["consent_all"] = "Consent"
    job.save()
    run_import(start_import(check_import(job), enqueue=False).pk, workers=0)
    job.refresh_from_db()
    assert (job.state, job.rows_bad) == ("finished", 0)
    assert Consent.objects.filter(channel="*", granted=True).exists()
    assert kind(account) is Kind.BLOCK
