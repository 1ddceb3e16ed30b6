"""Loads the demo once: creditors, staff, placements through the real import, and what happened since."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from pathlib import Path

from django.core.management import call_command

from accounts.models import Account, Creditor
from accounts.webhooks.sandbox import ensure_sandbox_endpoint
from collections_platform.demo.creditors import CREDITORS, DemoCreditor
from collections_platform.demo.disputes import tell_disputes
from collections_platform.demo.ends import end_some
from collections_platform.demo.facts import DEMO_CREDITOR
from collections_platform.demo.plan_rails import set_rails
from collections_platform.demo.policies import sign_demo_policies
from collections_platform.demo.portfolios import write_placement
from collections_platform.demo.promising import promise_all
from collections_platform.demo.remitting import remit
from collections_platform.demo.staff import ensure_staff
from collections_platform.demo.story import tell_story
from collections_platform.demo.transfers import send_transfers
from common.clock import today

Say = Callable[[str], None]


def _creditor(demo: DemoCreditor) -> Creditor:
    row, _created = Creditor.objects.get_or_create(
        code=demo.code,
        defaults={
            "name": demo.name,
            "country": demo.country,
            "role": demo.role,
            "support_email": demo.support_email,
            "support_phone": demo.support_phone,
            "licence_note": demo.licence_note,
        },
    )
    return row


def _place(demo: DemoCreditor, folder: Path) -> None:
    path = write_placement(demo, folder / f"{demo.code}.csv", today=today())
    quiet = io.StringIO()
    portfolio = f"Placement {today():%Y-%m}"
    call_command("import_accounts", str(path), creditor=demo.code, portfolio=portfolio, stdout=quiet, stderr=quiet)


def load_demo(say: Say) -> None:
    """Idempotent: an import is idempotent by the creditor's reference, the story is told only once."""
    creditors = {demo.code: _creditor(demo) for demo in CREDITORS}
    ensure_staff(creditors[DEMO_CREDITOR])
    sign_demo_policies()
    for creditor in creditors.values():
        ensure_sandbox_endpoint(creditor)
    if Account.objects.exists():
        return
    say("loading the demo portfolios")
    with tempfile.TemporaryDirectory() as folder:
        for demo in CREDITORS:
            _place(demo, Path(folder))
    say("telling the demo's story so far")
    tell_story()
    tell_disputes()
    promise_all()
    set_rails(creditors[DEMO_CREDITOR])
    remit()
    send_transfers()
    end_some()
