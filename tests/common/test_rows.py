"""What a job reads and writes by the thousand is read and written as the ORM does it, only in less time."""

from __future__ import annotations

import gc

import pytest

from accounts.models import Account
from common.garbage import RARELY, USUALLY, collected_rarely
from tests import factories

pytestmark = pytest.mark.django_db


def test_a_row_that_was_read_is_one_the_orm_would_have_made(django_assert_num_queries):
    made = factories.account(reachable=False)
    with django_assert_num_queries(1):
        read = Account.objects.select_related("debtor").get(pk=made.pk)
        assert read == made and read.debtor.country == "CN"
    assert (read._state.adding, read._state.db) == (False, "default")
    for field in Account._meta.concrete_fields:
        assert getattr(read, field.attname) == getattr(made, field.attname), field.name
    read.product = "telephone"
    read.save()
    made.refresh_from_db()
    assert made.product == "telephone" and Account.objects.count() == 1


def test_a_deferred_field_is_read_when_somebody_touches_it(django_assert_num_queries):
    made = factories.account(reachable=False)
    read = Account.objects.only("status").get(pk=made.pk)
    assert read.get_deferred_fields() >= {"product", "balance_minor"}
    with django_assert_num_queries(1):
        assert read.product == made.product
    with django_assert_num_queries(0):
        assert read.status == made.status


def test_any_of_many_keys_are_found_with_one_parameter():
    accounts = [factories.account(reachable=False) for _ in range(3)]
    some = {account.pk for account in accounts[:2]}
    assert {row.pk for row in Account.objects.filter(pk__any_of=some)} == some
    people = [account.debtor_id for account in accounts[1:]]
    assert set(Account.objects.filter(debtor__any_of=people)) == set(accounts[1:])
    assert list(Account.objects.exclude(pk__any_of=some)) == accounts[2:]
    assert not Account.objects.filter(pk__any_of=[]).exists()
    _statement, values = Account.objects.filter(pk__any_of=range(1_000)).query.sql_with_params()
    assert len(values) == 1


def test_cycles_are_searched_for_seldom_during_a_job_and_as_before_after_it():
    with pytest.raises(ZeroDivisionError), collected_rarely():
        assert gc.get_threshold() == RARELY and gc.get_freeze_count() > 0
        raise ZeroDivisionError
    assert gc.get_threshold() == USUALLY and gc.get_freeze_count() == 0
