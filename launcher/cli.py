"""Reads the command line and hands over."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from launcher import manage, say, signals, throwaway, up
from launcher.errors import LauncherError, Stopped
from launcher.layout import ROOT

USAGE = """\
  python3 run.py [up] [options]         start everything, print where to look, stop on Ctrl-C
  python3 run.py manage COMMAND ...     any management command, in the same environment
  python3 run.py test [pytest args]     the tests, on throw-away servers
  python3 run.py bench [args]           the measurements, on throw-away servers
"""
OPTIONS_WITH_VALUE = ("--port", "--data")
INTERRUPTED = 130


def main(argv: list[str]) -> int:
    if sys.platform == "win32":
        say.line("run.py: Windows is not supported directly.\n  What to do: run it inside WSL.")
        return 1
    signals.install()
    try:
        return _dispatch(argv)
    except LauncherError as error:
        say.line(f"\nrun.py: {error}")
        return 1
    except Stopped:
        say.line("  Stopped.")
        return INTERRUPTED


def _dispatch(argv: list[str]) -> int:
    before, command, after = split(argv)
    passed_on: dict[str, Callable[[Path, list[str]], int]] = {
        "manage": manage.manage,
        "test": lambda _data, arguments: throwaway.test(arguments),
        "bench": lambda _data, arguments: throwaway.bench(arguments),
    }
    if command in passed_on:
        return passed_on[command](_parser().parse_args(before).data, after)
    if command != "up":
        _parser().error(f"there is no command {command!r}; did you mean: run.py manage {command}?")
    options = _parser().parse_args(before + after)
    return up.up(options.data, port=options.port, demo=options.demo, reset=options.reset)


def split(argv: list[str]) -> tuple[list[str], str, list[str]]:
    """Our options, the command, and what follows it untouched: `--help` after `manage migrate` is Django's."""
    skip = False
    for index, word in enumerate(argv):
        if skip or word.startswith("-"):
            skip = not skip and word in OPTIONS_WITH_VALUE
            continue
        return argv[:index], word, argv[index + 1 :]
    return argv, "up", []


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="run.py", usage=f"\n{USAGE}", description="Runs the platform on this machine; needs only Python 3.11+."
    )
    parser.add_argument("--data", type=_directory, default=ROOT / ".data", metavar="DIR", help="default: .data")
    parser.add_argument("--port", type=_port, metavar="N", help="default: 8000 or the last one, else the next free one")
    parser.add_argument("--no-demo", dest="demo", action="store_false", help="start without the demo portfolio")
    parser.add_argument("--reset", action="store_true", help="delete everything stored in the data directory first")
    return parser


def _directory(text: str) -> Path:
    return Path(text).expanduser().resolve()


def _port(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError(f"{text} is not a port: name a number from 1 to 65535")
    return int(text)
