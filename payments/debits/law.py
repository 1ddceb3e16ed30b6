"""The policy packs' word about debits: asked once for a batch, answered from memory for nearly every debit in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Q

from accounts.models import Account
from common.money import Money
from compliance.debits import Debit, DebitLaw, Refusal, read_law, tried
from compliance.packs.actions import Entry
from compliance.packs.reach import reach_of
from payments.models import Attempt, Instalment
from payments.models.payments import OPEN_ATTEMPT_STATES
from payments.retries.rules import BY_REASON, TROUBLE
from wallets.models import Mandate
from wallets.providers.base import DeclineCategory as Category
from wallets.providers.base import WalletProvider

if TYPE_CHECKING:
    from payments.debits.preconditions import Candidate

LOOK_BACK = timedelta(days=180)  # further where a pack in force counts further
_NOT_THEIRS = Q(decline_category=Category.OPERATOR) | Q(
    decline_category=Category.RETRY_LATER,
    reason__in=[reason for (_category, reason), rule in BY_REASON.items() if rule is TROUBLE],
)


@dataclass(frozen=True)
class Law:
    packs: DebitLaw
    tries: Mapping[int, Sequence[Entry]] = field(default_factory=dict)

    def refusal(self, debit: Candidate) -> Refusal | None:
        return self.packs.refusal(self._told(debit))

    def record(self, debit: Candidate) -> None:
        self.packs.record(self._told(debit))

    def free_at(self, row: Instalment, mandate: Mandate, wallet: WalletProvider | None) -> datetime | None:
        """Before this moment the packs let no other try of this instalment happen; None: they name none."""
        said = self.packs.refusal(self._about(row, row.plan.account, mandate, wallet))
        return said.until if said else None

    def _told(self, debit: Candidate) -> Debit:
        return self._about(debit.instalment, debit.account, debit.mandate, debit.wallet)

    def _about(self, row: Instalment, account: Account, mandate: Mandate, wallet: WalletProvider | None) -> Debit:
        return Debit(
            account=account,
            instalment=f"instalment:{row.pk}",
            plan=str(row.plan_id),
            mandate=str(mandate.pk),
            rails=rails_of(mandate.provider.key, country=account.debtor.country, wallet=wallet),
            amount=Money(row.still_to_take(account), account.currency).to_decimal(),
            agreed=Money(row.amount_minor, account.currency).to_decimal(),
            told_at=row.notice_sent_at,
            tries=tuple(self.tries.get(row.pk, ())),
        )


def rails_of(key: str, *, country: str, wallet: WalletProvider | None) -> frozenset[str]:
    """By which names the packs know a wallet; in the United States a balance is a prepaid account."""
    rails = {key, "wallet", *(("prepaid_wallet",) if country == "US" else ())}
    on_cards = wallet is not None and wallet.descriptor.retries.network_cap is not None
    return frozenset({*rails, "card"} if on_cards else rails)


def read_debit_law(at: datetime, accounts: Iterable[Account], mandates: Iterable[int]) -> Law:
    packs = read_law(accounts, at=at)
    return Law(packs=packs, tries=_tries(mandates, at, reach=reach_of(packs.packs)))


def _tries(mandates: Iterable[int], at: datetime, *, reach: timedelta) -> dict[int, list[Entry]]:
    """Debits of each instalment that the debtor's side declined, or whose end nobody knows, and what came of them."""
    rows = Attempt.objects.filter(
        Q(state__in=("failed", "succeeded", "reversed")) | Q(state__in=OPEN_ATTEMPT_STATES),
        mandate__any_of=list(mandates),
        created_at__gt=at - max(reach, LOOK_BACK),
        payment__instalment__isnull=False,
    ).exclude(_NOT_THEIRS, state="failed")
    found: dict[int, list[Entry]] = {}
    columns = (
        "payment__instalment", "payment__instalment__plan", "mandate", "created_at", "amount_minor", "currency",
        "state", "decline_code",
    )  # fmt: skip
    for instalment, plan, mandate, when, minor, currency, state, code in rows.order_by("pk").values_list(*columns):
        if state in ("created", "sending"):
            continue  # this one is being decided about
        found.setdefault(instalment, []).append(
            tried(
                at=when,
                instalment=f"instalment:{instalment}",
                plan=str(plan),
                mandate=str(mandate),
                amount=Money(minor, currency).to_decimal(),
                tag=_TAGS.get(state, "unknown"),
                code=code,
            )
        )
    return found


_TAGS = {"failed": "failed", "succeeded": "succeeded", "reversed": "failed"}
