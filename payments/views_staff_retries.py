"""What tries of agreed debits have taught: by wallet, reason and amount, and the tries behind every number."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from accounts.roles import allowed, may
from common.keyset import page_of
from common.money import Money
from payments.models import Attempt, RetryFold
from payments.retries.learning import HOUR, MONTH_DAY, WEEKDAY
from payments.retries.selectors import Best, Learned, learned, lowest_of, tries_of
from payments.retries.words import cluster_words, slot_words
from payments.words import reason_words
from wallets.models import Provider


class TriesForm(forms.Form):
    """Which number was opened; read from the address."""

    provider = forms.SlugField(max_length=24)
    reason = forms.CharField(max_length=40, required=False)
    currency = forms.CharField(max_length=4)
    digits = forms.IntegerField(min_value=1, max_value=18)
    gained = forms.BooleanField(required=False)
    kind = forms.ChoiceField(choices=[(kind, kind) for kind in ("", WEEKDAY, MONTH_DAY, HOUR)], required=False)
    slot = forms.IntegerField(min_value=0, max_value=31, required=False)


@require_GET
@allowed("confirm_money")
def retry_list(request: HttpRequest) -> HttpResponse:
    mark = RetryFold.objects.filter(pk=1).first()
    context = {"rows": [_row(one) for one in learned()], "folded_at": mark.folded_at if mark else None}
    return render(request, "staff/retries.html", context)


@require_GET
@allowed("confirm_money")
def retry_tries(request: HttpRequest) -> HttpResponse:
    form = TriesForm(request.GET)
    provider = Provider.objects.filter(key=form.cleaned_data["provider"]).first() if form.is_valid() else None
    if provider is None:
        return redirect("retry_list")
    asked = form.cleaned_data
    rows = tries_of(
        asked["provider"],
        reason=asked["reason"],
        currency=asked["currency"],
        digits=asked["digits"],
        gained=asked["gained"],
        kind=asked["kind"],
        slot=asked["slot"] or 0,
    )
    page = page_of(rows, order=("-id",), cursor=request.GET.get("cursor", ""))
    context = {
        "page": page,
        "rows": [_try(attempt) for attempt in page.rows],
        "count": rows.count(),
        "provider": provider,
        "after": cluster_words(asked["reason"]),
        "amounts": _amounts(asked["digits"], asked["currency"]),
        "slot": slot_words(asked["kind"], asked["slot"] or 0) if asked["kind"] else "",
        "gained": asked["gained"],
        "full_names": may(request.user, "reveal"),
    }
    return render(request, "staff/retry_tries.html", context)


def _row(one: Learned) -> dict[str, Any]:
    address = {"provider": one.provider.key, "reason": one.reason, "currency": one.currency, "digits": one.digits}
    return {
        "one": one,
        "after": cluster_words(one.reason),
        "amounts": _amounts(one.digits, one.currency),
        "address": urlencode(address),
        "best": [_best(best, address) for best in one.best],
    }


def _best(best: Best, address: dict[str, Any]) -> dict[str, Any]:
    return {
        "words": slot_words(best.kind, best.slot),
        "best": best,
        "address": urlencode(address | {"kind": best.kind, "slot": best.slot}),
    }


def _amounts(digits: int, currency: str) -> tuple[Money, Money]:
    return Money(lowest_of(digits, currency), currency), Money(lowest_of(digits + 1, currency) - 1, currency)


def _try(attempt: Attempt) -> dict[str, Any]:
    return {
        "attempt": attempt,
        "account": attempt.payment.account,
        "zone": attempt.payment.account.debtor.time_zone,
        "gained": attempt.state != "failed",
        "reason": reason_words(attempt.reason) if attempt.reason else "",
    }
