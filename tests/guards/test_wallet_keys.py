"""What a wallet does differently stands with the wallet: nothing else decides by the key of one."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.guards.test_house_rules import ROOT, SOURCES, TEMPLATES, name_of
from wallets.providers import registry

# The wallets and their simulators.
OF_WALLETS = ("wallets/providers/", "wallets/sandbox/")
# Names of public chains, which keys are sometimes told apart by.
NETWORKS = {facts.network.name for facts in registry.every_facts().values() if facts.network}
KEYS = {*registry.available(), *NETWORKS}


def texts_of(path: Path):
    """Every text constant but docstrings, in which a wallet may be an example."""
    tree = ast.parse(path.read_text())
    told = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node


def keyed(path: Path):
    return [f"{name_of(path)}:{node.lineno} {node.value}" for node in texts_of(path) if node.value in KEYS]


def test_no_code_outside_the_wallets_own_says_the_key_of_one():
    others = [path for path in SOURCES if not name_of(path).startswith(OF_WALLETS)]
    assert [line for path in others for line in keyed(path)] == []


def test_no_template_compares_with_the_key_of_a_wallet():
    quoted = re.compile("|".join(f"[\"']{key}[\"']" for key in sorted(KEYS)))
    assert [name_of(path) for path in TEMPLATES if quoted.search(path.read_text())] == []


def test_no_code_outside_the_wallets_own_reaches_into_one():
    """A wallet is built by the registry; who imports its package knows more than the contract says."""
    packages = "|".join(sorted(registry.available()))
    inside = re.compile(rf"wallets\.providers\.({packages}|usdt)\b")
    others = [path for path in SOURCES if not name_of(path).startswith(OF_WALLETS)]
    assert [name_of(path) for path in others if inside.search(path.read_text())] == []


def test_the_guard_sees_a_key(tmp_path, monkeypatch):
    module = tmp_path / "module.py"
    module.write_text('"""alipay"""\n\n\ndef shown(key):\n    """stripe"""\n    return key == "wechat"\n')
    monkeypatch.setattr("tests.guards.test_house_rules.ROOT", tmp_path)
    assert keyed(module) == ["module.py:6 wechat"]
    assert tmp_path != ROOT
