"""Every text colour can be read on every ground it is used on, in both schemes."""

import re
from pathlib import Path

import pytest
from django.conf import settings

CSS = Path(settings.BASE_DIR) / "static" / "css"
TEXT = ["ink", "muted", "brand", "accent", "good", "warn", "bad", "info", "quiet"]
GROUNDS = ["paper", "surface", "sunken"]
TONES = ["good", "warn", "bad", "info", "quiet", "accent", "brand"]
PAIRS = (
    [(text, ground, 4.5) for text in TEXT for ground in GROUNDS]
    + [(tone, f"{tone}-soft", 4.5) for tone in TONES]
    + [(text, f"{tone}-soft", 4.5) for tone in TONES for text in ("ink", "muted")]
    + [("on-brand", "brand", 4.5), ("on-brand", "brand-strong", 4.5)]
    + [("side-ink", "side", 4.5), ("side-ink", "side-active", 4.5)]
    + [(mark, ground, 3.0) for mark in ("edge", "focus") for ground in GROUNDS]
)


def blocks() -> list[dict[str, str]]:
    """The colours of each scheme block in the file: light, dark by system, dark by choice."""
    found = re.findall(r":root[^{]*\{([^}]*)\}", (CSS / "tokens.css").read_text())
    colours = [dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block)) for block in found]
    return [block for block in colours if block]


def luminance(colour: str) -> float:
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_of_black_on_white_is_21():
    assert round(contrast("#000000", "#ffffff"), 2) == 21


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground", "least"), PAIRS)
def test_every_pair_of_colours_meets_wcag_aa(scheme, text, ground, least):
    colours = blocks()[scheme]
    assert contrast(colours[text], colours[ground]) >= least


def test_dark_by_system_and_dark_by_choice_are_the_same():
    light, by_system, by_choice = blocks()
    assert by_system == by_choice
    assert by_system.keys() == light.keys()


def test_page_stylesheets_write_no_colour_of_their_own():
    for name in ("components.css", "debtor.css"):
        text = re.sub(r"/\*.*?\*/", "", (CSS / name).read_text(), flags=re.DOTALL)
        colours = set(re.findall(r"#[0-9a-f]{3,8}\b", text))
        assert colours <= {"#fff"}, name


def test_debtor_stylesheet_stays_under_ten_kilobytes():
    assert (CSS / "debtor.css").stat().st_size < 10_000
