"""A wallet of somebody else: its wheel unpacked as an installer does it, used by a process that was told nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

from tests.wallets.test_registry import ROOT
from tests.wallets.toy_harness import SITE

FACTS = "toy_wallet-1.0.dist-info"
WHEEL = "Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
USE = """
import sys
import django; django.setup()
from importlib.metadata import distribution
from pathlib import Path
from common.http import run
from common.money import Money
from wallets.providers import registry
from wallets.providers.base import *
from wallets.sandbox.testing import running_sandbox
print(distribution("toy-wallet").version, "toy" in registry.available(), registry.facts_of("toy").name)
with running_sandbox(Path(sys.argv[1]), only=("toy",)) as sandbox:
    merchant = sandbox.merchants["toy"]
    keys = {"secrets": merchant.secrets, "secrets_dir": Path(sys.argv[1])}
    config = ProviderConfig(key="toy", options=merchant.options, **keys)
    provider = registry.build("toy", config)
    assert isinstance(provider, WalletProvider)
    request = PaymentRequest(
        merchant_ref=provider.merchant_ref("7"), amount=Money(500, "EUR"), subject="Debt", notify_url=""
    )
    payment = run(provider.create_payment(request))
    print(payment.state.value)
    sandbox.control.press(f"{payment.action.url}/pay")
    print(run(provider.get_payment(payment.merchant_ref)).state.value)
    try:
        provider.refund(None)
    except Unsupported as refusal:
        print(refusal.code)
"""


def wheel(folder: Path) -> Path:
    """A package as its author would publish it."""
    path = folder / "toy_wallet-1.0-py3-none-any.whl"
    found = [file for file in [*SITE.glob("*.py"), *SITE.glob("*/*")] if "__pycache__" not in file.parts]
    files = {str(file.relative_to(SITE)): file.read_text() for file in found if file.is_file()}
    files[f"{FACTS}/WHEEL"] = WHEEL
    with zipfile.ZipFile(path, "w") as archive:
        for inside, text in files.items():
            archive.writestr(inside, text)
        archive.writestr(f"{FACTS}/RECORD", "".join(f"{inside},,\n" for inside in [*files, f"{FACTS}/RECORD"]))
    return path


def ran(program: str, *arguments: str, path: str) -> str:
    environment = {**os.environ, "PYTHONPATH": path, "DJANGO_SETTINGS_MODULE": "collections_platform.settings"}
    command = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_published_package_is_unpacked_used_and_gone_again(tmp_path):
    place, keys = tmp_path / "site", tmp_path / "keys"
    # Installing a pure wheel is unpacking it into a folder of the path; no installer is needed to prove that it works.
    with zipfile.ZipFile(wheel(tmp_path)) as archive:
        archive.extractall(place)
    keys.mkdir()
    said = ran(USE, str(keys), path=f"{place}{os.pathsep}{ROOT}").splitlines()
    assert said == ["1.0 True Toy Wallet", "requires_action", "succeeded", "wallet_unsupported"]
    program = (
        "import django; django.setup()\nfrom wallets.providers import registry; print('toy' in registry.available())"
    )
    assert ran(program, path=str(ROOT)).split() == ["False"]
