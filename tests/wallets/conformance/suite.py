"""The base of the themed test classes, and the only ways to skip."""

import json
import os
from collections.abc import Callable
from typing import TypeVar

import pytest

from tests.wallets.conformance.harness import Harness
from wallets.providers.base import Capability, WalletProvider

T = TypeVar("T", bound=Callable)


def needs(*capabilities: Capability) -> Callable[[T], T]:
    """Skip unless the provider can all of this."""

    def mark(test: T) -> T:
        test.needed = (*getattr(test, "needed", ()), *capabilities)
        return test

    return mark


def lacking(*names: str) -> Callable[[T], T]:
    """Skip where the harness's `lacks` gives a reason for one of these names."""

    def mark(test: T) -> T:
        test.lackable = (*getattr(test, "lackable", ()), *names)
        return test

    return mark


def with_fault(*kinds: str) -> Callable[[T], T]:
    """Run once for each fault, but those the wire of this wallet cannot have."""

    def mark(test: T) -> T:
        test.fault_kinds = kinds
        return pytest.mark.parametrize("fault", kinds)(test)

    return mark


def reasons(test: Callable, harness: Harness) -> list[str]:
    """Why this harness skips the whole test; empty when it does not."""
    can = harness.provider.descriptor.can
    by_capability = [f"no {one.value}" for one in getattr(test, "needed", ()) if not can(one)]
    by_wallet = [f"{one}: {harness.lacks[one]}" for one in getattr(test, "lackable", ()) if one in harness.lacks]
    return sorted({*by_capability, *by_wallet})


def fault_reasons(test: Callable, harness: Harness) -> dict[str, str]:
    """The faults of a test that this wallet cannot have, with the reason."""
    kinds = getattr(test, "fault_kinds", ())
    return {kind: harness.lacks[f"fault:{kind}"] for kind in kinds if f"fault:{kind}" in harness.lacks}


class Suite:
    @pytest.fixture(autouse=True)
    def _harness(self, harness: Harness, request: pytest.FixtureRequest) -> None:
        why = reasons(request.function, harness)
        fault = getattr(request.node, "callspec", None) and request.node.callspec.params.get("fault")
        if not why and fault:
            why = [fault_reasons(request.function, harness).get(fault, "")]
        if any(why):
            pytest.skip(", ".join(why))
        self.h = harness

    @property
    def provider(self) -> WalletProvider:
        return self.h.provider

    def skipped(self) -> dict[str, list[str]]:
        """Every skip of this provider: reason to tests."""
        table: dict[str, list[str]] = {}
        for name in sorted(dir(type(self))):
            test = getattr(type(self), name)
            if not name.startswith("test_"):
                continue
            why = reasons(test, self.h)
            for reason in why:
                table.setdefault(reason, []).append(name)
            for kind, reason in {} if why else fault_reasons(test, self.h).items():
                table.setdefault(f"fault:{kind}: {reason}", []).append(f"{name}[{kind}]")
        return dict(sorted(table.items()))

    def reviewed_skips(self) -> dict[str, list[str]]:
        """The committed list; with WRITE_SKIPS it is written first."""
        path = self.h.skips / f"{self.h.name}.json"
        if os.environ.get("WRITE_SKIPS"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(json.dumps(self.skipped(), indent=1, ensure_ascii=False) + "\n")
        return json.loads(path.read_text()) if path.exists() else {}
