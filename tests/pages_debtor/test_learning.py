"""What a debtor can learn from the pay page: each wallet step by step with pictures, staying safe, and simple pages."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.utils import translation

from wallets.providers.lessons import LESSON_OF, LESSONS, lesson_of
from wallets.providers.registry import available

LARGEST_PICTURE, ALL_PICTURES = 40_000, 600_000


def test_the_pay_page_leads_to_each_wallets_lesson_without_a_script(wallet, debtor):
    page = debtor.read()
    assert debtor.url("debtor_learn", "wallet") in page and debtor.url("debtor_learn", "safe") in page
    assert debtor.url("debtor_learn_wallet", "alipay") in debtor.read("debtor_learn", "wallet")
    lesson = debtor.read("debtor_learn_wallet", "alipay")
    assert "How to pay with Alipay" in lesson
    assert "img/wallets/alipay.en" in lesson
    assert "<script src" in lesson and lesson.count("<script") == page.count("<script"), "none of its own"


def test_a_lesson_in_chinese_shows_chinese_pictures(wallet, debtor):
    debtor.client.post("/i18n/setlang/", {"language": "zh-hans", "next": "/"})
    lesson = debtor.read("debtor_learn_wallet", "alipay")
    assert "支付宝会打开" in lesson and "img/wallets/alipay.zh" in lesson


def test_a_wallet_that_cannot_pay_this_account_has_no_lesson_here(wallet, debtor):
    assert debtor.open("debtor_learn_wallet", "mpesa").status_code == 404
    assert debtor.open("debtor_learn_wallet", "nobody").status_code == 404


@pytest.mark.parametrize("key", sorted(available()))
def test_every_wallet_has_a_lesson_of_its_own(key):
    assert LESSON_OF.get(key, key) in LESSONS


def test_every_picture_is_there_in_both_languages_and_small():
    named = {step.picture for steps in LESSONS.values() for step in steps if step.picture}
    files = [finders.find(f"img/wallets/{name}.{language}.webp") for name in named for language in ("en", "zh")]
    assert all(files), "make them with tests/pages_debtor/wallet_pictures.py"
    sizes = [Path(file).stat().st_size for file in files]
    assert max(sizes) <= LARGEST_PICTURE and sum(sizes) <= ALL_PICTURES


def test_the_words_are_translated():
    with translation.override("zh-hans"):
        assert all(any(char >= "\u4e00" for char in str(step.words)) for key in LESSONS for step in lesson_of(key))


def test_simple_pages_show_who_how_much_and_how_and_are_remembered_for_the_person(wallet, debtor):
    assert "What this is about" in debtor.read()
    debtor.send("debtor_preferences", language="en", large_text="on", plain_pages="on")
    debtor.client.cookies.clear()
    page = debtor.read()
    assert 'data-pages="plain"' in page and 'data-text="large"' in page
    assert "What this is about" not in page
    assert "1,250.00" in page and "Need help?" in page and debtor.url("debtor_dispute") in page
    debtor.send("debtor_preferences", language="en")
    assert "What this is about" in debtor.read()
