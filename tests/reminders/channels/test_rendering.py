"""From template text to words: shipped texts, wrong templates, lengths, escaping."""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.money import Money
from reminders.rendering.content import Sender, render
from reminders.rendering.errors import MissingFact, UnknownText, UnusableTemplate
from reminders.rendering.languages import LANGUAGES, written_language
from reminders.rendering.sms_text import GSM_BASIC, measure, plain_for_sms
from reminders.rendering.syntax import fill, names_in
from reminders.rendering.texts import (
    ANSWER_CHANNELS,
    ANSWERS,
    CHANNELS,
    KINDS,
    TemplateText,
    default_text,
    layout_words,
)
from reminders.rendering.validation import blocking, validate_template
from reminders.rendering.variables import VARIABLES, example_facts

SENDER = Sender(
    company="Fairway Collections",
    postal_address="12 Quay Street",
    phone="+353 1 555 0123",
    verify_url="https://pay.example/real",
    help_url="https://pay.example/help",
)
STOP = "https://pay.example/stop/abc"
every_text = pytest.mark.parametrize(
    ("kind", "channel", "language"),
    [(k, c, lang) for k in KINDS for c in CHANNELS for lang in LANGUAGES]
    + [(k, c, lang) for k in ANSWERS for c in ANSWER_CHANNELS for lang in LANGUAGES],
)


def facts(**changes):
    known = {name: value for name, value in example_facts().items() if name not in ("opt_out", "company", "phone")}
    return {**known, **changes}


def rendered(kind="due_soon", *, channel="email", language="en", **changes):
    text = default_text(kind, channel=channel, language=language)
    return render(text, channel=channel, language=language, facts=facts(**changes), sender=SENDER, unsubscribe_url=STOP)


@every_text
def test_every_shipped_text_is_valid_and_renders_completely(kind, channel, language):
    assert blocking(validate_template(default_text(kind, channel=channel, language=language).body, channel)) == []
    content = rendered(kind, channel=channel, language=language)
    assert "{{" not in content.text + content.html + content.subject
    assert "}}" not in content.text + content.html + content.subject
    assert channel == "sms" or content.subject


@every_text
def test_every_shipped_text_offers_the_way_out(kind, channel, language):
    content = rendered(kind, channel=channel, language=language)
    words = layout_words(language)
    expected = {"sms": words["opt_out_sms"], "email": STOP, "in_app": ""}[channel]
    assert expected in content.text


@pytest.mark.parametrize("kind", [*KINDS, *ANSWERS])
def test_english_texts_fit_two_segments(kind):
    length = rendered(kind, channel="sms").sms_length
    assert length.encoding == "gsm7"
    assert length.segments <= 2


def test_languages_use_the_same_variables():
    for kind in (*KINDS, *ANSWERS):
        for channel in CHANNELS if kind in KINDS else ANSWER_CHANNELS:
            used = {lang: names_in(default_text(kind, channel=channel, language=lang).body) for lang in LANGUAGES}
            assert used["en"] == used["zh-hans"] == used["zh-hant"], (kind, channel)


@pytest.mark.parametrize(
    ("language", "amount", "day"),
    [
        ("en", "CN¥1,240.50", "January 15, 2027"),
        ("zh-hans", "¥1,240.50", "2027年1月15日"),
        ("zh-hant", "CN¥1,240.50", "2027年1月15日"),
    ],
)
def test_amounts_and_dates_are_written_as_the_reader_writes_them(language, amount, day):
    content = rendered("due_soon", language=language, amount=Money(124_050, "CNY"), due_date=date(2027, 1, 15))
    assert amount in content.html
    assert day in content.html
    assert amount in content.text


def test_amounts_keep_their_currencys_decimals():
    assert fill("{{amount}}", {"amount": Money(1240, "JPY")}, language="en") == "¥1,240"
    assert fill("{{ amount }}", {"amount": Money(1234567, "KWD")}, language="en").endswith("1,234.567")


def test_an_unknown_variable_is_named_with_what_was_probably_meant():
    problem = validate_template("Pay {{ ammount }} {{ opt_out }}", "sms")[0]
    assert (problem.code, problem.at) == ("unknown_variable", 4)
    assert "ammount" in problem.message
    assert "amount?" in problem.message


@pytest.mark.parametrize(
    ("text", "channel", "code"),
    [
        ("", "sms", "empty"),
        ("   ", "email", "empty"),
        ("Pay {{ amount }}", "sms", "missing_variable"),
        ("{{ amount | safe }} {{ opt_out }}", "sms", "unknown_variable"),
        ("{{ first_name.__class__ }} x", "email", "unknown_variable"),
        ("{% load x %}", "email", "stray_brace"),
        ("Hello {{ first_name", "email", "stray_brace"),
        ("Hello } there", "email", "stray_brace"),
        ("Hi\x00 there", "email", "control_character"),
        ("Hi \u202e there", "email", "control_character"),
        ("x" * 20_001, "email", "too_long"),
        ("x" * 100_000 + "{{ opt_out }}", "sms", "too_long"),
        ("我" * 700 + "{{ opt_out }}", "sms", "too_long"),
        ("Pay or we take legal action", "email", "pressure"),
        ("否则我们将起诉您", "email", "pressure"),
    ],
)
def test_a_template_that_cannot_be_used_is_refused_when_saved(text, channel, code):
    assert code in [problem.code for problem in blocking(validate_template(text, channel))]


def test_a_long_text_message_is_allowed_with_a_warning():
    problems = validate_template("word " * 90 + "{{ opt_out }}", "sms")
    assert [problem.code for problem in problems] == ["many_segments"]
    assert blocking(problems) == []


@pytest.mark.parametrize("value", [None, "", "12.50", 12])
def test_a_missing_or_mistyped_fact_stops_the_message(value):
    with pytest.raises(MissingFact) as raised:
        rendered("due_soon", amount=value)
    assert raised.value.field == "amount"


def test_a_broken_text_is_never_rendered():
    with pytest.raises(UnusableTemplate):
        render(TemplateText("Hi {{ nobody }}"), channel="email", language="en", facts={}, sender=SENDER)


def test_facts_are_never_read_as_templates():
    content = rendered("due_soon", first_name="{{ balance }}{% now %}")
    assert "{{ balance }}{% now %}" in content.text
    assert "$2,481.00" not in content.text


def test_facts_are_escaped_in_html():
    content = rendered("due_soon", creditor='<script>alert("x")</script>')
    assert "<script>" not in content.html
    assert "&lt;script&gt;" in content.html


def test_facts_cannot_break_a_line_or_turn_the_reading_direction():
    content = rendered("payment_link", creditor="Bank\r\nBcc: a@b.example\u202e\x00")
    assert "\n" not in content.subject
    assert "\u202e" not in content.text + content.html
    assert "\x00" not in content.text + content.html


def test_the_link_becomes_a_button_with_its_address_below():
    html = rendered("due_soon").html
    link = re.escape(str(example_facts()["link"]))
    assert len(re.findall(f'href="{link}"', html)) == 2
    assert "See and pay" in html


def test_styles_are_inlined_and_the_dark_scheme_survives():
    html = rendered("due_soon").html
    assert re.search(r'class="title" style="[^"]*font-size', html)
    assert "prefers-color-scheme: dark" in html
    assert "<script" not in html
    assert "http://" not in html


@pytest.mark.parametrize("channel", CHANNELS)
def test_wording_the_law_requires_is_in_every_channel(channel):
    notice = "This is an attempt to collect a debt."
    content = rendered("due_soon", channel=channel, required_notice=notice)
    assert notice in content.text
    assert channel != "email" or notice in content.html


def test_a_creditor_writing_in_its_own_name_is_not_named_as_a_stranger():
    content = rendered("due_soon", creditor=SENDER.company)
    assert "writes to you about your account." in content.text
    assert "about an account with" not in content.text + content.html


def test_an_unknown_kind_of_message_is_a_named_error():
    with pytest.raises(UnknownText):
        default_text("threat", channel="sms", language="en")


@pytest.mark.parametrize(
    ("tag", "written"),
    [
        ("zh-TW", "zh-hant"),
        ("zh_HK", "zh-hant"),
        ("zh-Hant-MO", "zh-hant"),
        ("zh-CN", "zh-hans"),
        ("zh", "zh-hans"),
        ("zhuang", "en"),
        ("de", "en"),
        ("", "en"),
    ],
)
def test_the_nearest_language_we_write_is_used(tag, written):
    assert written_language(tag) == written


@pytest.mark.parametrize(
    ("text", "encoding", "units", "segments"),
    [
        ("", "gsm7", 0, 1),
        ("a" * 160, "gsm7", 160, 1),
        ("a" * 161, "gsm7", 161, 2),
        ("a" * 306, "gsm7", 306, 2),
        ("a" * 307, "gsm7", 307, 3),
        ("€" * 80, "gsm7", 160, 1),
        ("€" * 81, "gsm7", 162, 2),
        ("我" * 70, "ucs2", 70, 1),
        ("我" * 71, "ucs2", 71, 2),
        ("😀" * 35, "ucs2", 70, 1),
        ("😀" * 36, "ucs2", 72, 2),
        ("`", "ucs2", 1, 1),
    ],
)
def test_segments_are_counted_as_the_network_counts_them(text, encoding, units, segments):
    length = measure(text)
    assert (length.encoding, length.units, length.segments) == (encoding, units, segments)


def test_typographic_marks_do_not_double_the_price_of_a_message():
    assert plain_for_sms("It’s “due” – ₹\u00a05…") == 'It\'s "due" - INR  5...'
    assert plain_for_sms("您好 – 我们") == "您好 – 我们"


@given(st.text(alphabet="".join(sorted(GSM_BASIC)) + "€我😀’–", max_size=400))
def test_making_a_text_plain_never_costs_more(text):
    assert measure(plain_for_sms(text)).segments <= measure(text).segments


@given(st.text(max_size=300))
def test_validating_any_text_never_fails(text):
    for channel in CHANNELS:
        problems = validate_template(text, channel)
        assert all(0 <= problem.at <= len(text) for problem in problems)


def test_every_variable_has_an_example_of_its_kind():
    assert all(isinstance(variable.example, variable.kind) for variable in VARIABLES.values())
