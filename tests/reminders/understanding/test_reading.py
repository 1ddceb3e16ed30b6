"""What people write is read the same however they type it, and a refusal is never read past."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminders.channels.base import Keyword
from reminders.understanding import Intent, Understanding, understand
from reminders.understanding.classifier import SENTENCES, classify, load
from reminders.understanding.keywords import keyword_of
from reminders.understanding.normal import plain
from reminders.understanding.refusals import refusal_in
from reminders.understanding.rules import rules_say

WEDNESDAY = date(2026, 11, 25)
HELD_OUT = Path(__file__).parent / "heldout.tsv"


def read(text: str) -> Understanding:
    return understand(text, today=WEDNESDAY)


def labelled(path: Path) -> list[tuple[str, str]]:
    rows = (line.partition("\t") for line in path.read_text(encoding="utf-8").splitlines())
    return [(label, text) for label, _, text in rows]


@pytest.mark.parametrize(
    "words",
    [
        "STOP", "stop.", " Stop!! ", "ＳＴＯＰ", "𝐒𝐓𝐎𝐏", "S T O P", "S.T.O.P", "S\u200bT\u200bO\u200bP",
        "\u202estop\u202c", "STOP 🛑", "🛑 stop 🛑", "s̶t̶o̶p̶", "stop stop stop", "please stop", "Stop, thanks", "ЅТОР",
        "стоп", "opt-out", "OptOut", "STOPALL", "end", "Quit", "revoke", "unsubscribe", "ARRÊT", "arret", "stopp",
        "Abmelden", "BAJA", "alto", "sair", "pare", "berhenti", "hentikan", "band karo", "बंद करो", "停止", "退订",
        "退訂。", "“取消订阅”", "TD", "拒收", "itigil", "acha", "수신거부", "إيقاف", "stop\x00", "STOP\r\n",
    ],
)  # fmt: skip
def test_one_word_ends_it_in_every_spelling(words):
    found = read(words)
    assert (found.keyword, found.leading) == (Keyword.STOP, Intent.OPT_OUT)
    assert found.refusal is not None


@pytest.mark.parametrize(
    "words", ["the bus stop is closed today", "weekend", "cancelled", "", "   ", "🙂", "quite", "🛑"]
)
def test_a_word_inside_another_is_no_keyword(words):
    assert keyword_of(words) is None


@pytest.mark.parametrize(
    ("words", "keyword"), [("START", Keyword.START), ("yes", Keyword.START), ("帮助", Keyword.HELP)]
)
def test_start_and_help_are_not_refusals(words, keyword):
    assert (read(words).keyword, read(words).refusal) == (keyword, None)


def test_every_refusal_of_the_sentences_kept_apart_is_heard():
    refusals = [text for label, text in labelled(HELD_OUT) if label == "opt_out"]
    assert len(refusals) >= 40
    assert [text for text in refusals if read(text).refusal is None] == []


def test_sentences_kept_apart_are_mostly_understood_and_seldom_misread():
    """Recall of each meaning on sentences nothing was trained on; a reading too many counts too."""
    rows, heard, invented = Counter(), Counter(), Counter()
    for label, text in labelled(HELD_OUT):
        meant = {each.intent.value for each in read(text).meant}
        rows[label] += 1
        heard[label] += (label in meant) if label != "other" else (not meant)
        invented.update(meant - {label})
    assert {label: heard[label] / rows[label] for label in rows if heard[label] / rows[label] < 0.85} == {}
    assert sum(invented.values()) <= 0.05 * sum(rows.values())


def test_nothing_kept_apart_was_trained_on():
    trained = {plain(text) for _, text in labelled(SENTENCES)}
    assert [text for _, text in labelled(HELD_OUT) if plain(text) in trained] == []


def test_the_model_was_made_from_the_sentences_that_are_here():
    """Else: python scripts/train_classifier.py"""
    assert load().sentences == hashlib.sha256(SENTENCES.read_bytes()).hexdigest()
    assert sum(classify("where is my parcel").values()) == pytest.approx(1)


@pytest.mark.parametrize(
    ("words", "intent"),
    [
        ("I lost my job", Intent.HARDSHIP),
        ("我失业了，没钱还", Intent.HARDSHIP),
        ("you have the wrong number", Intent.WRONG_PERSON),
        ("他已经去世了", Intent.DECEASED),
        ("Please speak to my attorney", Intent.REPRESENTED),
        ("I filed chapter 7", Intent.BANKRUPTCY),
        ("I do not owe this", Intent.DISPUTE),
        ("I have already paid", Intent.PAID),
        ("how much do I owe?", Intent.BALANCE),
        ("可以分期吗", Intent.OPTIONS),
        ("怎么付款", Intent.HOW_TO_PAY),
        ("I want to talk to a person", Intent.HUMAN),
        ("滚", Intent.ABUSE),
    ],
)
def test_the_meanings_people_come_with(words, intent):
    found = read(words)
    assert found.leading is intent
    assert found.meant[0].sure


def test_the_gravest_of_several_meanings_leads():
    found = read("He died last month. Stop texting this number, talk to my lawyer")
    assert [each.intent for each in found.meant] == [Intent.OPT_OUT, Intent.DECEASED, Intent.REPRESENTED]


def test_who_names_the_channel_refuses_it_and_who_says_stop_means_us():
    assert read("don't text me").refusal == ""
    assert read("leave me alone").refusal == "*"
    assert read("STOP").refusal == "*"


@pytest.mark.parametrize(
    "words", ["I already paid", "this is not my debt", "I'll pay on Friday", "how can I pay", "call me please"]
)
def test_ordinary_answers_are_no_refusals(words):
    assert read(words).refusal is None


def test_what_nobody_can_make_sense_of_goes_to_a_person():
    for words in ("", "asdf", "the cat sat", "\u202e\u202e", "💸💸"):
        assert read(words).unsure


@given(st.text(max_size=300))
def test_no_text_is_too_strange_and_the_classifier_never_takes_a_rules_meaning_away(text):
    found = read(text)
    if found.keyword is None:
        assert {Intent.PROMISE, *(each.intent for each in found.meant)} >= rules_say(plain(text))
        assert refusal_in(text) is None or found.means(Intent.OPT_OUT)


@pytest.mark.parametrize("filler", ["a", "I lost my job. ", "\u202e", "stop ", "不", "\x00", "۩", "ﷺ", "don't ", "9"])
def test_a_huge_text_is_read_at_both_ends_and_quickly(filler):
    text = (filler * 100_000)[:100_000] + " please do not text me again"
    assert read(text).refusal is not None


def test_what_a_text_looks_like_backwards_does_not_matter():
    assert plain("\u202epots\u202c \u2066STOP\u2069") == "pots stop"
