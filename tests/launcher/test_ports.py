from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from launcher import ports


def test_a_free_port_that_was_asked_for_is_taken() -> None:
    with closing(ports.hold(0)) as found:
        asked = ports.number(found)
    with closing(ports.hold(asked)) as held:
        assert ports.number(held) == asked


def test_a_taken_port_gives_the_next_free_one() -> None:
    with closing(ports.hold(0)) as first, closing(ports.hold(ports.number(first))) as second:
        assert ports.number(second) != ports.number(first)


def test_held_ports_answer_only_on_this_machine() -> None:
    with closing(ports.hold(0)) as held:
        assert held.getsockname()[0] == "127.0.0.1"
        assert ports.answers(ports.number(held))
        number = ports.number(held)
    assert not ports.answers(number)


def test_the_ports_of_the_last_run_are_preferred(tmp_path: Path) -> None:
    ports.remember(tmp_path / "ports.json", {"web": 9123})
    assert ports.remembered(tmp_path / "ports.json") == ports.PREFERRED | {"web": 9123}


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"web": "x"}', '{"web": -1}', '{"web": 99999}', '{"other": 1}'])
def test_a_damaged_port_file_means_the_usual_ports(tmp_path: Path, content: str) -> None:
    (tmp_path / "ports.json").write_text(content)
    assert ports.remembered(tmp_path / "ports.json") == ports.PREFERRED
