"""Stripe's form encoding: `a[b][0]=c` stands for nested objects and lists."""

import re
from typing import Any
from urllib.parse import parse_qsl

_KEY = re.compile(r"[a-z0-9_]+(\[[A-Za-z0-9_]*\])*", re.ASCII)
DEEPEST = 6


def parse(text: str) -> dict[str, Any]:
    """Raises `ValueError` for a key that is not one."""
    tree: dict[str, Any] = {}
    for key, value in parse_qsl(text, keep_blank_values=True, max_num_fields=500):
        if not _KEY.fullmatch(key) or key.count("[") > DEEPEST:
            raise ValueError(key)
        _put(tree, re.split(r"\]?\[|\]", key.removesuffix("]")), value)
    return {name: _lists(branch) for name, branch in tree.items()}


def _put(tree: dict[str, Any], path: list[str], value: str) -> None:
    *parents, last = path
    for name in parents:
        tree = tree.setdefault(name or str(len(tree)), {})
        if not isinstance(tree, dict):
            raise ValueError(name)
    tree[last or str(len(tree))] = value


def _lists(branch: Any) -> Any:
    if not isinstance(branch, dict):
        return branch
    values = {name: _lists(value) for name, value in branch.items()}
    numbered = bool(values) and all(name.isdigit() for name in values)
    return [values[name] for name in sorted(values, key=int)] if numbered else values
