from __future__ import annotations

import stat
from pathlib import Path

import pytest

from launcher import layout
from launcher.errors import LauncherError
from launcher.layout import Layout


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_secrets_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    layout.make_data_directory(tmp_path / "data")
    path = tmp_path / "data" / "secrets" / "something"
    first = layout.stored_secret(path)
    assert mode(path) == 0o600
    assert mode(path.parent) == 0o700
    assert len(first) >= 32
    assert layout.stored_secret(path) == first


def test_two_secrets_differ(tmp_path: Path) -> None:
    assert layout.stored_secret(tmp_path / "one") != layout.stored_secret(tmp_path / "two")


def test_a_directory_with_other_files_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(LauncherError, match="not made by this launcher"):
        layout.make_data_directory(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_emptying_needs_our_marker(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(LauncherError):
        layout.empty(Layout(data=tmp_path, server_home=tmp_path))
    assert (tmp_path / "thesis.txt").exists()


def test_emptying_removes_data_and_secrets_and_leaves_a_usable_directory(tmp_path: Path) -> None:
    data = tmp_path / "data"
    layout.make_data_directory(data)
    (data / "postgres").mkdir()
    (data / "postgres" / "PG_VERSION").write_text("17")
    old = layout.stored_secret(data / "secrets" / "key")
    layout.empty(Layout(data=data, server_home=data))
    assert not (data / "postgres").exists()
    assert layout.stored_secret(data / "secrets" / "key") != old


def test_a_link_inside_is_removed_without_following_it(tmp_path: Path) -> None:
    data, outside = tmp_path / "data", tmp_path / "outside"
    layout.make_data_directory(data)
    outside.mkdir()
    (outside / "thesis.txt").write_text("years of work")
    (data / "media").symlink_to(outside)
    layout.empty(Layout(data=data, server_home=data))
    assert (outside / "thesis.txt").exists()
    assert not (data / "media").exists()
