"""A wallet of somebody else: a package built in a temporary folder, installed by pip, and used like one of ours."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.wallets.test_registry import PROVIDER, ROOT
from wallets.providers import registry

USE = """
import django; django.setup()
from importlib.metadata import distribution
from common.http import HttpResponse
from wallets.providers import registry
from wallets.providers.base import *
print(distribution("acme-wallet").version, "acme" in registry.available())
provider = registry.build("acme", ProviderConfig(key="acme", options={"url": "http://127.0.0.1:1"}))
assert isinstance(provider, WalletProvider)
operation = provider.get_payment(provider.merchant_ref("7"))
next(operation)
try:
    operation.send(HttpResponse(status=200))
except StopIteration as done:
    print(done.value.state.value)
for cannot in (provider.statement, provider.refund):
    try:
        cannot(None)
    except Unsupported as refusal:
        print(refusal.code)
"""
METADATA = "Metadata-Version: 2.1\nName: acme-wallet\nVersion: 1.4\n"
WHEEL = "Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def bundled_pip() -> Path:
    """The pip that comes with Python; our own environment may have none."""
    found = importlib.util.find_spec("ensurepip")
    folder = Path(found.origin).parent / "_bundled" if found and found.origin else Path()
    wheels = sorted(folder.glob("pip-*.whl")) if found else []
    if not wheels:
        pytest.skip("this Python comes without pip")
    return wheels[-1]


def wheel(folder: Path, *, name: str = "acme") -> Path:
    """A package as its author would publish it."""
    path, facts = folder / "acme_wallet-1.4-py3-none-any.whl", "acme_wallet-1.4.dist-info"
    files = {
        "acme_wallet/__init__.py": PROVIDER,
        f"{facts}/METADATA": METADATA,
        f"{facts}/WHEEL": WHEEL,
        f"{facts}/entry_points.txt": f"[{registry.ENTRY_POINT_GROUP}]\n{name} = acme_wallet\n",
    }
    with zipfile.ZipFile(path, "w") as archive:
        for inside, text in files.items():
            archive.writestr(inside, text)
        archive.writestr(f"{facts}/RECORD", "".join(f"{inside},,\n" for inside in [*files, f"{facts}/RECORD"]))
    return path


def ran(*command: str, path: str = "") -> str:
    environment = {**os.environ, "PYTHONPATH": path, "DJANGO_SETTINGS_MODULE": "collections_platform.settings"}
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_published_package_is_installed_used_and_removed_again(tmp_path):
    pip, place = bundled_pip(), tmp_path / "site"
    install = ["install", "--no-index", "--no-deps", "--quiet", "--target", str(place), str(wheel(tmp_path))]
    ran(sys.executable, "-m", "pip", *install, path=str(pip))
    with_it = f"{place}{os.pathsep}{ROOT}"
    said = ran(sys.executable, "-c", USE, path=with_it).split()
    assert said == ["1.4", "True", "succeeded", "wallet_unsupported", "wallet_unsupported"]
    program = (
        "import django; django.setup()\nfrom wallets.providers import registry; print('acme' in registry.available())"
    )
    assert ran(sys.executable, "-c", program, path=str(ROOT)).split() == ["False"]
