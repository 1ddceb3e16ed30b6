from __future__ import annotations

import subprocess
import sys

import pytest

from launcher import cli
from launcher.layout import ROOT


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        ([], ([], "up", [])),
        (["--port", "9000"], (["--port", "9000"], "up", [])),
        (["up", "--no-demo"], ([], "up", ["--no-demo"])),
        (["--data", "manage", "test", "-x"], (["--data", "manage"], "test", ["-x"])),
        (["--data=there", "manage", "migrate", "--help"], (["--data=there"], "manage", ["migrate", "--help"])),
        (["--reset", "up", "--port", "1"], (["--reset"], "up", ["--port", "1"])),
    ],
)
def test_what_follows_the_command_is_left_alone(argv: list[str], expected: tuple[list[str], str, list[str]]) -> None:
    assert cli.split(argv) == expected


@pytest.mark.parametrize("argv", [["--port", "0"], ["--port", "70000"], ["--port", "x"], ["migrate"], ["up", "now"]])
def test_a_wrong_command_line_is_refused_before_anything_starts(argv: list[str]) -> None:
    answer = subprocess.run([sys.executable, ROOT / "run.py", *argv], capture_output=True, text=True, check=False)
    assert answer.returncode == 2
    assert "error" in answer.stderr
    assert answer.stdout == ""


def test_help_names_the_four_commands() -> None:
    answer = subprocess.run([sys.executable, ROOT / "run.py", "--help"], capture_output=True, text=True, check=True)
    for command in ("run.py [up]", "run.py manage", "run.py test", "run.py bench"):
        assert command in answer.stdout
