"""Components: what they say, in which language, and to whom."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django import forms
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation

from common.money import Money
from common.templatetags import formats


def draw(source: str, **context) -> str:
    return Template("{% load components formats charts frame %}" + source).render(Context(context))


class AmountForm(forms.Form):
    amount = forms.IntegerField(label="Amount", help_text="In euro", max_value=10)
    note = forms.CharField(label="Note", required=False)
    way = forms.ChoiceField(label="Way", choices=[("a", "Wallet")], widget=forms.RadioSelect)


@pytest.mark.parametrize(
    ("language", "minor", "currency", "shown"),
    [
        ("en", 125050, "EUR", "€1,250.50"),
        ("en", 125050, "JPY", "¥125,050"),
        ("zh-hans", 125050, "CNY", "¥1,250.50"),
        ("zh-hans", 125050, "USD", "US$1,250.50"),
    ],
)
def test_money_is_written_as_the_reader_writes_it(language, minor, currency, shown):
    with translation.override(language):
        assert shown in formats.money(minor, currency)
        assert shown in formats.money(Money(minor, currency))


def test_money_refuses_a_float_and_shows_a_dash_for_nothing():
    with pytest.raises(TypeError):
        formats.money(12.5, "EUR")
    assert formats.money(None) == "–"


def test_a_date_never_reads_two_ways():
    with translation.override("en"):
        assert ">3 Nov 2026<" in formats.day(date(2026, 11, 3))
    with translation.override("zh-hans"):
        assert ">2026年11月3日<" in formats.day(date(2026, 11, 3))


def test_a_moment_in_another_zone_says_the_zone():
    at = datetime(2026, 11, 3, 1, 30, tzinfo=UTC)
    with translation.override("en"):
        assert "2 Nov 2026, 20:30 (New York)" in formats.moment(at, "America/New_York")


def test_a_share_reads_as_a_percentage():
    assert formats.percent(Decimal("0.125")) == "12.5%"


def test_a_status_is_told_by_words_and_icon_not_by_colour_alone():
    html = draw('{% status_badge "on_hold" %}')
    assert "On hold" in html
    assert "#pause-circle" in html


def test_a_number_opens_its_list():
    assert '<a class="stat" href="/queue/">' in draw('{% big_number "Due" 12 "/queue/" %}')
    assert "<a" not in draw('{% big_number "Due" 12 %}')


def test_a_field_error_has_the_same_words_as_the_summary():
    form = AmountForm({"amount": "11", "way": "a"})
    html = draw("{% fields form %}", form=form)
    words = form.errors["amount"][0]
    assert html.count(words) == 2
    assert 'href="#id_amount"' in html
    assert 'aria-describedby="id_amount_helptext id_amount_error"' in html
    assert 'aria-invalid="true"' in html


def test_optional_fields_are_marked_and_values_are_escaped():
    form = AmountForm({"amount": "1", "way": "a", "note": '"><script>'})
    html = draw("{% fields form %}", form=form)
    assert html.count("(optional)") == 1
    assert "<script>" not in html


def test_bars_are_scaled_to_the_largest_and_survive_an_empty_list():
    html = draw("{% bars rows %}", rows=[{"label": "a", "value": 50}, {"label": "b", "value": 200}])
    assert 'width="25.00%"' in html
    assert "<li" not in draw("{% bars rows %}", rows=[])


def test_a_flat_or_single_series_draws_without_dividing_by_zero():
    assert "polyline" in draw("{% sparkline values %}", values=[5, 5, 5])
    assert "polyline" not in draw("{% sparkline values %}", values=[5])
    assert "<rect" in draw("{% columns rows %}", rows=[{"label": "Mon", "value": 0}])


@pytest.mark.urls("tests.common.design_urls")
def test_each_language_is_offered_in_its_own_script():
    html = draw("{% language_switch %}", request=RequestFactory().get("/queue/?q=1"))
    assert 'lang="zh-hans"' in html
    assert "中文" in html
    assert 'value="/queue/?q=1"' in html
