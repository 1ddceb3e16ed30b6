"""House rules of the templates: nothing inline, nothing long, every icon exists."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template

from common.templatetags.components import CORE_SPRITE, icon

TEMPLATES = Path(settings.BASE_DIR) / "templates"
# E-mail has no content security policy and needs its styles inline.
FILES = sorted(path for path in TEMPLATES.rglob("*.html") if "messages" not in path.relative_to(TEMPLATES).parts)
NAMES = [str(path.relative_to(TEMPLATES)) for path in FILES]
TEMPLATE_CODE = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", re.DOTALL)
DATA_SCRIPT = re.compile(r"<script[^>]*type=\"application/json\"")
ICON = re.compile(r"\{% icon \"([^\"]+)\"|icon_name=\"([^\"]+)\"|default:\"([a-z]+-[a-z-]+)\"")


def inline_code(source: str) -> list[str]:
    """What a content security policy without 'unsafe-inline' would refuse."""
    text = TEMPLATE_CODE.sub("", source)
    scripts = [tag for tag in re.findall(r"<script[^>]*>", text) if "src=" not in tag and not DATA_SCRIPT.match(tag)]
    handlers = re.findall(r"<[^>]*\s(?:on[a-z]+|hx-on[:a-z-]*)\s*=", text)
    return scripts + handlers + re.findall(r"<[^>]*\sstyle\s*=", text) + re.findall(r"<style|javascript:", text)


@pytest.mark.parametrize(
    "source", ["<p style='x'>", "<a onclick='x'>", "<script>x</script>", "<b hx-on:click='x'>", "<style>a{}</style>"]
)
def test_the_guard_sees_each_kind_of_inline_code(source):
    assert inline_code(source)


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_a_template_has_no_inline_code_and_is_short(path):
    source = path.read_text()
    assert inline_code(source) == []
    assert len(source.splitlines()) <= 150


@pytest.mark.parametrize("name", NAMES)
def test_a_template_can_be_parsed(name):
    get_template(name)


def test_every_icon_named_in_a_template_is_in_a_sprite():
    shipped = "".join(path.read_text() for path in CORE_SPRITE.parent.glob("*.svg"))
    named = {next(filter(None, found)) for path in FILES for found in ICON.findall(path.read_text())}
    assert named
    assert [name for name in sorted(named) if f'id="{name}"' not in shipped] == []


def test_an_icon_without_a_label_is_hidden_from_screen_readers():
    assert 'aria-hidden="true"' in icon("wallet2")
    assert 'aria-label="Wallet"' in icon("wallet2", "Wallet")
    assert "core.svg#wallet2" in icon("wallet2")
    assert "more.svg#gear" in icon("gear")
