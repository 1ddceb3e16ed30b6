"""Telling us, and granting smaller payments: what needs the locks, the reminders and the plans as well."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.hardship.cases import Once, give_statement, grant_plan
from accounts.hardship.household import Household
from accounts.models import Account, HardshipCase, User
from accounts.services import caller_of
from common.errors import Conflict
from common.once import use_token
from compliance.services import lock_debtor
from payments.plans import create_plan
from payments.services.locking import lock_account
from reminders.hardship.options import smaller_payments
from reminders.heeding import wait_for_a_reader


@transaction.atomic
def tell_us(
    account: Account, household: Household, *, consent: str, note: str, by: User | None, once: Once
) -> HardshipCase | None:
    """Locks the person (so that no message slips out) and the account (so that no debit does). None for a repeat."""
    lock_debtor(account.debtor_id)
    lock_account(account.pk)
    case = give_statement(account, household, consent=consent, note=note, by=by, once=once)
    if case is not None:
        wait_for_a_reader(account.debtor)
    return case


@transaction.atomic
def agree_to_smaller_payments(case: HardshipCase, *, reason: str, by: User, token: str) -> HardshipCase:
    """The plan the person asked for becomes theirs, with the amount they chose and today's dates."""
    account = lock_account(case.account_id)
    if not use_token(caller_of(by), token):
        return case
    plan = smaller_payments(account, min(case.wish_minor, account.balance_minor))
    if plan is None:
        raise Conflict(_("Smaller payments are not possible now: there is a plan already, or nothing is owed."))
    row = grant_plan(case, reason=reason, by=by)
    create_plan(account, parts=plan.parts, created_by=by, source="staff", pay_day=plan.first_on.day)
    return row
