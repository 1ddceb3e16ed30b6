"""Why a message was not sent is told in the reader's language, however long ago a worker wrote it down in English."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from django.utils.translation import gettext as _
from django.utils.translation import override

from compliance import gate, wording
from reminders import reasons
from reminders.channels import email_events, smtp_codes, twilio_codes
from reminders.dispatch import settle
from reminders.reasons import CODES, reason_words

FOLDERS = ("reminders", "reminders/dispatch", "reminders/calls", "reminders/conversations")
ROOT = Path(__file__).resolve().parents[2]


def texts_marked_in(path: Path) -> set[str]:
    """Message ids in calls of `_(...)`, and in the reasons given to `reason=` or `end(...)`."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "_":
            found.add(ast.literal_eval(node.args[0]))
    return found


def sentences_stored_by(*folders: str) -> set[str]:
    """English sentences that code of the reminders writes on message rows."""
    found = set()
    for path in (path for folder in folders for path in sorted((ROOT / folder).glob("*.py"))):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.keyword) and node.arg == "reason" and isinstance(node.value, ast.Constant):
                found.add(node.value.value)
            if isinstance(node, ast.Return) and isinstance(node.value, ast.Constant):
                found.add(node.value.value)
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in (
                "end",
                "_end",
                "_put_back",
                "cancel_waiting",
            ):
                found |= {arg.value for arg in node.args if isinstance(arg, ast.Constant)}
    return {text for text in found if isinstance(text, str) and text.endswith(".")}


def meanings_of(module) -> set[str]:
    return set(re.findall(r'Meaning\(\s*"([a-z_]+)"', Path(module.__file__).read_text()))


def test_every_sentence_of_the_gate_can_be_told():
    assert texts_marked_in(Path(gate.__file__)) == set(wording.STORED)


def test_every_sentence_stored_on_a_message_can_be_told():
    assert sentences_stored_by(*FOLDERS) == set(reasons.STORED)


@pytest.mark.parametrize("module", [email_events, smtp_codes, twilio_codes, settle], ids=lambda module: module.__name__)
def test_every_answer_of_a_channel_has_words(module):
    assert meanings_of(module) <= set(CODES)


def test_a_code_is_told_in_words_and_its_detail_left_out():
    assert reason_words("mailbox_full") == "The mailbox is full"
    assert reason_words("missing_fact: This message needs a value that is not known, so it was not sent.") == (
        "A value this message needs is not known"
    )


def test_a_reason_of_several_sentences_is_told_whole():
    stored = "Contacted as often as House rules. Strict allows. Outside the hours of House rules in Asia/Taipei."
    with override("zh-hans"):
        told = reason_words(stored)
        assert told == _("Contacted as often as %(policy)s allows.") % {"policy": "House rules. Strict"} + _(
            "Outside the hours of %(policy)s in %(zone)s."
        ) % {"policy": "House rules", "zone": "Asia/Taipei"}
    assert reason_words(stored) == stored


def test_the_value_in_a_sentence_is_told_too():
    with override("zh-hans"):
        assert reason_words("A bankruptcy hold stops contact.") == _("A %(kind)s hold stops contact.") % {
            "kind": _("bankruptcy")
        }
        assert reason_words("The account is written off.") == _("The account is %(status)s.") % {
            "status": _("Written off")
        }


@pytest.mark.parametrize("text", ["", "something odd", "Something odd. A payment arrived."])
def test_what_nobody_knows_stays(text):
    with override("zh-hans"):
        assert reason_words(text) == text


def test_every_sentence_of_the_packs_rules_can_be_told():
    marked = set()
    folder = ROOT / "compliance" / "packs"
    for path in (*sorted((folder / "rules").glob("*.py")), folder / "engine.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "gettext_noop":
                marked.add(ast.literal_eval(node.args[0]))
    assert marked == set(wording.PACKS_SAY)
