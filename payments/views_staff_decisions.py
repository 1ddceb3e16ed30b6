"""What a person does about a payment left to people: asks the wallet again, ends it, or has dealt with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from accounts.roles import allowed, person
from common.errors import Conflict, NotFound
from payments.access import access_payment
from payments.models import Attempt, Deposit, Payment
from payments.models.deposits import WAITING_DEPOSITS
from payments.models.payments import OPEN_ATTEMPT_STATES
from payments.panels import ATTEMPT_WORDS
from payments.services import give_up_attempt, mark_seen
from payments.services.lookups import look_up
from payments.words import reason_words
from wallets.forms import ReasonForm


@dataclass(frozen=True)
class Step:
    """A decision with its consequences, as the second look shows them. `ends`: of an attempt that is still open."""

    title: Promise
    button: Promise
    effects: tuple[Promise, ...]
    ends: bool
    make: Callable[[Attempt, User, str], str]


@dataclass(frozen=True)
class Waiting:
    """An attempt that waits for a person: what about, and what they can do."""

    attempt: Attempt
    words: str
    step: str
    deposit: Deposit | None

    @property
    def state_words(self) -> Promise:
        return ATTEMPT_WORDS[self.attempt.state]

    @property
    def is_open(self) -> bool:
        return self.step == "end"


def waiting_of(attempts: Sequence[Attempt]) -> list[Waiting]:
    return [_waiting(row) for row in attempts if row.needs_person]


def _waiting(attempt: Attempt) -> Waiting:
    undecided = Deposit.objects.filter(address__attempt=attempt, state__in=WAITING_DEPOSITS).order_by("pk").first()
    step = "end" if attempt.state in OPEN_ATTEMPT_STATES else "seen"
    return Waiting(attempt, reason_words(attempt.reason) if attempt.reason else "", step, undecided)


def _end(attempt: Attempt, by: User, reason: str) -> str:
    ended = give_up_attempt(attempt, by=by, reason=reason)
    if ended.state == "succeeded":
        return _("The wallet says now that the money came. It is booked, and nothing was ended.")
    return _("Ended. The account is free for another payment.")


def _seen(attempt: Attempt, by: User, reason: str) -> str:
    mark_seen(attempt, by=by, reason=reason)
    return _("Marked as dealt with.")


STEPS: dict[str, Step] = {
    "end": Step(
        gettext_lazy("Did no money come, and will none come?"),
        gettext_lazy("No money came: end it"),
        (
            gettext_lazy(
                "The wallet is asked first, and told to end it. If it was made after all, it is booked instead."
            ),
            gettext_lazy("The account is free again: the person can pay, and an agreed debit may be made anew."),
            gettext_lazy("Money that comes all the same is booked, and a person is told."),
            gettext_lazy("So look it up first in the wallet's own portal, under our number."),
        ),
        True,
        _end,
    ),
    "seen": Step(
        gettext_lazy("Have you dealt with it?"),
        gettext_lazy("I have dealt with it"),
        (
            gettext_lazy("It leaves the work list, with your reason in the record."),
            gettext_lazy("No money moves by this. What has to be given back is asked for as a refund or a surplus."),
        ),
        False,
        _seen,
    ),
}


@require_POST
@allowed("work")
def payment_ask(request: HttpRequest, reference: str) -> HttpResponse:
    """Asking changes nothing but what the wallet answers."""
    payment = access_payment(person(request), reference)
    attempt = payment.attempts.filter(needs_person=True, state__in=OPEN_ATTEMPT_STATES).first()
    if attempt is None:
        raise NotFound(_("This payment is not waiting for a person."))
    applied = look_up(attempt.pk, source="user")
    if applied is None:
        messages.error(request, _("The wallet gives no answer at the moment. Nothing has changed."))
    elif applied.attempt.state in OPEN_ATTEMPT_STATES:
        messages.info(request, _("The wallet still does not say what became of it."))
    else:
        messages.success(request, _("The wallet has answered, and the payment follows."))
    return redirect("payment_page", payment.reference)


@require_http_methods(["GET", "POST"])
@allowed("confirm_money")
def payment_decide(request: HttpRequest, reference: str, step: str) -> HttpResponse:
    """The second look: what it means, with a reason, before it is done."""
    payment = access_payment(person(request), reference)
    chosen = STEPS.get(step)
    found = _found(payment, step)
    if chosen is None or found is None:
        raise NotFound(_("This payment is not waiting for a person."))
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            messages.success(request, chosen.make(found.attempt, person(request), form.cleaned_data["reason"]))
        except Conflict as refused:
            messages.error(request, refused.message)
        return redirect("payment_page", payment.reference)
    context = {"payment": payment, "waiting": found, "step": step, "chosen": chosen, "form": form}
    return render(request, "staff/payment_decide.html", context, status=422 if form.errors else 200)


def _found(payment: Payment, step: str) -> Waiting | None:
    rows = payment.attempts.select_related("provider").order_by("pk")
    return next((one for one in waiting_of(list(rows)) if one.step == step and not one.deposit), None)
