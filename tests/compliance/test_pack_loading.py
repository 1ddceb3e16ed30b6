"""Every mistake in a pack is named: which, where, and what to do about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from compliance.packs.errors import PackError
from compliance.packs.loader import load_packs

HEAD = "schema: policy-pack/1\npack: {id: p, version: 1}\nrules:\n"
WINDOW = (
    "- {id: R, type: window, scope: {roles: all, channels: [voice]},"
    ' params: {allow: [{days: all, from: "08:00", to: "21:00"}]}}\n'
)

EMPTY = "effective: {from: 2026-02-01, to: 2026-02-01}"


def refused(folder: Path, text: str, name: str = "p.yaml") -> PackError:
    (folder / name).write_text(text)
    with pytest.raises(PackError) as caught:
        load_packs(folder)
    return caught.value


def rule(params: str, kind: str = "window", more: str = "") -> str:
    return HEAD + f"- {{id: R, type: {kind}, scope: {{roles: all}}, params: {params}{more}}}\n"


def allow(start: str, end: str, days: str = "all") -> str:
    return rule(f"{{allow: [{{days: {days}, from: {start}, to: {end}}}]}}")


@pytest.mark.parametrize(
    ("text", "code", "field"),
    [
        (allow('"08:00"', "21:00"), "unquoted_time", "params.allow[0].to"),
        (allow('"08:00"', '"24:30"'), "bad_time", "params.allow[0].to"),
        (allow('"24:00"', '"24:00"'), "bad_time", "params.allow[0].from"),
        (allow('"8:00"', '"21:00"'), "bad_time", "params.allow[0].from"),
        (allow('"21:00"', '"08:00"'), "empty_window", "params.allow[0]"),
        (allow('"08:00"', '"08:00"'), "empty_window", "params.allow[0]"),
        (allow('"08:00"', '"21:00"', "[mon, tuesday]"), "unknown_day", "params.allow[0].days"),
        (rule("{alow: []}"), "missing_field", "params.allow"),
        (rule('{allow: [{from: "08:00", to: "21:00"}], holiday: deny}'), "unknown_param", "params.holiday"),
        (rule("{}", "windw"), "unknown_type", "type"),
        (rule("{count: attempts, max: -1, window: {kind: rolling_days, n: 7}}", "cap"), "wrong_value", "params.max"),
        (rule("{count: attempts, max: 1, window: {kind: rolling_days, n: 36601}}", "cap"), "wrong_value",
         "params.window.n"),
        (rule("{after: attempt, days: 999999999999}", "cooldown"), "wrong_value", "params.days"),
        (rule("{records: x, keep_until: {years: 101, after: x}}", "retention"), "wrong_value",
         "params.keep_until.years"),
        (rule("{count: tries, max: 1, window: {kind: rolling_days}}", "cap"), "unknown_value", "params.count"),
        (rule("{never_codes: [04]}", "retry"), "unquoted_code", "params.never_codes[0]"),
        (rule("{wait_mac: {24: 1}}", "retry"), "unquoted_code", "params.wait_mac.24"),
        (rule("{}", "retry"), "missing_field", "params.max|"),
        (rule("{trigger: x, over: planet, blocks: [contact], days: 3}", "freeze"), "unknown_value", "params.over"),
        (rule("{trigger: x, over: debt, blocks: [contact]}", "freeze"), "missing_field", "params.days|until"),
        (rule("{deny_if: 'a and'}", "audience"), "bad_expression", "params.deny_if"),
        (HEAD + WINDOW.replace("[voice]", "[voise]"), "unknown_channel", "scope.channels"),
        (HEAD + WINDOW.replace("roles: all", "roles: [colector]"), "unknown_role", "scope.roles"),
        (HEAD + WINDOW.replace("roles: all", "roles: all, if: '__import__(1)'"), "bad_expression", "scope.if"),
        (HEAD + WINDOW.replace("type:", "kind:"), "unknown_field", "kind"),
        (HEAD + WINDOW + WINDOW, "duplicate_rule", ""),
        (HEAD + WINDOW.replace("type:", EMPTY + ", type:"), "empty_period", "effective"),
        (HEAD.replace("n: 1", "n: 1, jurisdiction: {country: NO}") + WINDOW, "unquoted_word", "pack.jurisdiction"),
        (HEAD.replace("version: 1", "version: 1, status: live") + WINDOW, "unknown_value", "pack.status"),
        (HEAD.replace("policy-pack/1", "policy-pack/2") + WINDOW, "wrong_schema", "schema"),
        (HEAD.replace("rules:", "ruls:") + WINDOW, "unknown_field", "ruls"),
        (HEAD.replace(", version: 1", "") + WINDOW, "missing_field", "pack.version"),
        ("", "empty_file", ""),
        ("schema: [", "not_yaml", "line"),
        (HEAD.replace("id: p", "id: p, id: q") + WINDOW, "not_yaml", ""),
        ("a: !!python/object/apply:os.system ['true']\n", "yaml_tag", "line 1"),
        ("a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
            f"{new}: &{new} [{', '.join(['*' + old] * 10)}]\n" for old, new in zip("abcdefg", "bcdefgh", strict=True)
        ), "yaml_aliases", "line"),
        ("a: &a {b: *a}\n", "yaml_aliases", "line"),
        ("x: '" + "y" * 1_000_001 + "'\n", "too_large", ""),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place(tmp_path, text, code, field):
    error = refused(tmp_path, text)
    assert error.code == code
    assert error.place.file == "p.yaml"
    assert error.place.field.startswith(field)


def test_the_message_says_what_was_probably_meant(tmp_path):
    error = refused(tmp_path, HEAD + WINDOW.replace("[voice]", "[voise]"))
    assert str(error) == "p.yaml, pack p, rule R, field scope.channels: “voise” is not known. Did you mean “voice”?"


@pytest.mark.parametrize(
    ("one", "other", "fine"),
    [
        ("", "", False),
        ("effective: {from: 2026-01-01}", "effective: {from: 2026-06-01}", False),
        ("effective: {from: 2026-01-01, to: 2026-06-02}", "effective: {from: 2026-06-01}", False),
        ("effective: {from: 2026-01-01, to: 2026-06-01}", "effective: {from: 2026-06-01}", True),
    ],
)
def test_two_versions_may_not_be_in_force_on_one_day(tmp_path, one, other, fine):
    for number, period in enumerate((one, other), 1):
        head = HEAD.replace("version: 1", f"version: {number}" + (f", {period}" if period else ""))
        (tmp_path / f"{number}.yaml").write_text(head + WINDOW)
    if fine:
        assert [pack.version for pack in load_packs(tmp_path)] == ["1", "2"]
        return
    with pytest.raises(PackError) as caught:
        load_packs(tmp_path)
    assert caught.value.code == "overlapping_versions"
    assert caught.value.place.pack == "p"


def test_a_version_with_a_point_keeps_its_zero(tmp_path):
    (tmp_path / "p.yaml").write_text(HEAD.replace("version: 1", "version: 2026.10") + WINDOW)
    assert load_packs(tmp_path)[0].version == "2026.10"


def test_a_folder_without_packs_says_so(tmp_path):
    with pytest.raises(PackError) as caught:
        load_packs(tmp_path)
    assert caught.value.code == "no_packs"


def test_anchors_and_scenario_files_beside_the_packs_are_fine(tmp_path):
    (tmp_path / "scenarios.yaml").write_text("scenarios: []\n")
    text = HEAD + "- &r " + WINDOW[2:] + "- {<<: *r, id: S}\n"
    (tmp_path / "p.yaml").write_text(text)
    assert [rule.id for rule in load_packs(tmp_path)[0].rules] == ["R", "S"]
