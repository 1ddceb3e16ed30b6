"""Where the law and its notices wait for a second person."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.approvals import Source, Waiting, register
from compliance.models import GivenNotice, PolicyPack


def notices(most: int) -> Iterator[Waiting]:
    rows = GivenNotice.objects.filter(confirmed_by=None, correction=None).select_related("recorded_by")
    for row in rows.order_by("recorded_at")[:most]:
        yield Waiting(f"{row.kind} · {row.given_by}", reverse("given_notice_list"), row.recorded_by, row.recorded_at)


def drafts(most: int) -> Iterator[Waiting]:
    rows = PolicyPack.objects.filter(state="draft").select_related("proposed_by").order_by("created_at")
    for row in rows[:most]:
        yield Waiting(row.title or str(row), reverse("policy_page", args=[row.pk]), row.proposed_by, row.created_at)


def signed(most: int) -> Iterator[Waiting]:
    rows = PolicyPack.objects.filter(state="signed_off").select_related("signed_by").order_by("signed_at")
    for row in rows[:most]:
        at = row.signed_at or row.created_at
        yield Waiting(row.title or str(row), reverse("policy_page", args=[row.pk]), row.signed_by, at)


def register_all() -> None:
    register(Source("notices", _("Notice given by others"), "confirm_notices", notices))
    register(Source("packs_to_sign", _("Policy pack to sign"), "sign_policies", drafts))
    register(Source("packs_to_enact", _("Policy pack to put in force"), "put_policies_in_force", signed))
