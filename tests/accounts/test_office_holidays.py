"""Nobody is in the office on public holidays: whoever writes then is told when somebody is there again."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest
from django.urls import reverse
from django.utils import translation

from accounts.models import Event, OfficeHours
from accounts.office_hours import closed_days, hours_words, next_opening, set_hours
from common.errors import InvalidInput
from common.public_holidays import named_holidays, national_holidays
from tests.pages.conftest import signed_in

WORKDAYS = [0, 1, 2, 3, 4]
NEW_YEAR = date(2027, 1, 1)  # a Friday


def hours(**more) -> OfficeHours:
    fields = {"time_zone": "UTC", "weekdays": WORKDAYS, "opens": time(9), "closes": time(17), "holidays_of": "US"}
    return OfficeHours(**fields | more)


def at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), UTC)


@pytest.mark.parametrize(
    ("more", "asked", "opening"),
    [
        ({}, at(NEW_YEAR, 10), at(date(2027, 1, 4), 9)),
        ({"holidays_of": ""}, at(NEW_YEAR, 10), None),
        ({"open_on": [NEW_YEAR]}, at(NEW_YEAR, 10), None),
        ({"closed_on": [date(2027, 1, 4)]}, at(NEW_YEAR, 10), at(date(2027, 1, 5), 9)),
        ({"open_on": [date(2027, 1, 3)]}, at(NEW_YEAR, 10), at(date(2027, 1, 3), 9)),
        ({"closed_on": [date(2027, 1, 5)]}, at(date(2027, 1, 4), 18), at(date(2027, 1, 6), 9)),
        ({"weekdays": [4], "closed_on": [date(2027, 1, 8)]}, at(NEW_YEAR, 10), at(date(2027, 1, 15), 9)),
    ],
)
def test_the_next_opening_passes_over_days_off(more, asked, opening):
    assert next_opening(hours(**more), asked) == opening


def test_a_holiday_is_the_offices_own_day_and_not_utcs():
    taipei = hours(time_zone="Asia/Taipei", holidays_of="TW")
    before_midnight_there = datetime(2026, 12, 31, 8, tzinfo=UTC)  # 16:00 on a working day
    assert next_opening(taipei, before_midnight_there) is None
    assert next_opening(taipei, datetime(2027, 1, 1, 2, tzinfo=UTC)) == datetime(2027, 1, 4, 1, tzinfo=UTC)


def test_a_long_festival_is_passed_over():
    beijing = hours(time_zone="Asia/Shanghai", holidays_of="CN", opens=time(9))
    festival = [day for day in national_holidays("CN", date(2027, 2, 1), days=20) if day.month == 2]
    opening = next_opening(beijing, datetime(2027, 2, 6, 4, tzinfo=UTC))
    assert opening is not None and opening.date() not in festival and opening.date().weekday() < 5


def test_holidays_are_named_in_the_readers_language():
    with translation.override("zh-hans"):
        assert "春节" in "".join(named_holidays("CN", date(2027, 2, 1), days=20).values())
    with translation.override("en"):
        assert "New Year's Day" in named_holidays("US", NEW_YEAR, days=1).values()
    assert named_holidays("XX", NEW_YEAR, days=9) == {}


def test_only_working_days_are_listed_as_closed():
    listed = dict(closed_days(hours(closed_on=[date(2027, 1, 2), date(2027, 1, 6)]), date(2026, 12, 30)))
    assert list(listed)[:2] == [NEW_YEAR, date(2027, 1, 6)]
    assert date(2027, 1, 2) not in listed  # a Saturday


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("holidays_of", {"holidays_of": "XX"}),
        ("open_on", {"open_on": [NEW_YEAR], "closed_on": [NEW_YEAR]}),
        ("closed_on", {"closed_on": [date.fromordinal(740_000 + n) for n in range(201)]}),
    ],
)
def test_senseless_days_are_refused_with_their_field(admin, field, wrong):
    usual = {"time_zone": "UTC", "weekdays": WORKDAYS, "opens": time(9), "closes": time(17)}
    with pytest.raises(InvalidInput) as refused:
        set_hours(None, **usual | wrong, by=admin)
    assert refused.value.field == field


@pytest.mark.django_db
def test_an_administrator_sets_them_on_the_page(admin, settings):
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    client, page = signed_in(admin), reverse("office_hours")
    fields = {
        "time_zone": "Asia/Shanghai", "weekdays": ["0", "1"], "opens": "09:00", "closes": "17:30",
        "holidays_of": "CN", "closed_on": "2027-03-01 stock-taking\n\n2027-03-02", "open_on": "2027-02-20",
    }  # fmt: skip
    wrong = client.post(page, fields | {"closed_on": "the first of May"})
    assert wrong.status_code == 422 and "does not begin with a day" in wrong.content.decode()
    assert client.post(page, fields).status_code == 302
    row = OfficeHours.objects.get()
    assert (row.holidays_of, row.open_on) == ("CN", [date(2027, 2, 20)])
    assert row.closed_on == [date(2027, 3, 1), date(2027, 3, 2)]
    assert hours_words(row).endswith("not on public holidays")
    assert Event.objects.get(kind="office_hours.set").data["holidays"] == "CN"
    changing = client.get(page, {"change": row.pk}).content.decode()
    assert "not on public holidays" in changing and "2027-03-01\n2027-03-02" in changing
