"""A promise is due on the day of whoever made it, wherever the platform runs."""

from __future__ import annotations

import pytest

from accounts.models import OfficeHours
from common.clock import now
from payments.models import Promise
from payments.promises.access import promises_visible_to, shown
from payments.promises.days import day_there, local_day, zone_of
from tests import factories
from tests.promises.cast import promised

pytestmark = pytest.mark.django_db

# Kiritimati is a day ahead of Pago Pago at every moment.
PLACES = [("Pacific/Kiritimati", ""), ("Pacific/Pago_Pago", ""), ("", "Pacific/Kiritimati"), ("", "Pacific/Pago_Pago")]


def owing(debtor_zone: str, office_zone: str):
    person = factories.debtor(time_zone=debtor_zone)
    if office_zone:
        hours = {"weekdays": [0], "opens": "09:00", "closes": "17:00"}
        OfficeHours.objects.create(creditor=person.creditor, time_zone=office_zone, **hours)
    return factories.account(person=person, placement=factories.portfolio(person.creditor))


@pytest.mark.parametrize(("debtor_zone", "office_zone"), PLACES)
@pytest.mark.parametrize("ahead", [0, 1])
def test_due_today_is_by_their_clock_or_by_the_offices(lead, debtor_zone, office_zone, ahead):
    account = owing(debtor_zone, office_zone)
    here = local_day(account, now()).toordinal() + ahead
    row = promised(account, (ahead, 50_000), by=lead, zone=str(zone_of(account)))
    assert row.last_on.toordinal() == here
    due = shown(promises_visible_to(lead), "today")
    assert list(due) == ([row] if not ahead else [])


@pytest.mark.parametrize(("debtor_zone", "office_zone"), [*PLACES, ("", "")])
def test_many_are_asked_for_their_day_as_one_is(lead, debtor_zone, office_zone):
    account = owing(debtor_zone, office_zone)
    row = promised(account, (1, 50_000), by=lead, zone=str(zone_of(account)))
    moment = now()
    assert Promise.objects.annotate(day=day_there(moment)).get(pk=row.pk).day == local_day(account, moment)
