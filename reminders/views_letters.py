"""Letters: what waits for printing, the batches, and what came back."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.roles import allowed, person
from common.errors import NotFound
from common.once import new_form_token
from reminders.letters.printing import batch_pdf, letters_of, print_file
from reminders.letters.services import make_batch, mark_posted, mark_returned, waiting
from reminders.models import Letter, LetterBatch
from reminders.reasons import reason_words

NEWEST = 50


@require_GET
@allowed("assign")
def letter_list(request: HttpRequest) -> HttpResponse:
    returned = Count("letters", filter=Q(letters__returned_at__isnull=False))
    batches = LetterBatch.objects.select_related("created_by", "posted_by").annotate(
        count=Count("letters"), returned=returned
    )
    context = {
        "waiting": [(message, reason_words(message.reason)) for message in waiting()],
        "batches": batches.order_by("-id")[:NEWEST],
        "token": new_form_token(),
    }
    return render(request, "staff/letters/list.html", context)


@require_POST
@allowed("assign")
def letter_batch_make(request: HttpRequest) -> HttpResponse:
    batch = make_batch(by=person(request), token=request.POST.get("token", "")[:32])
    if batch is None:
        messages.info(request, _("No letter is left to print."))
        return redirect("letter_list")
    return redirect("letter_batch", batch.pk)


def _batch(batch_id: int) -> LetterBatch:
    batch = LetterBatch.objects.select_related("created_by", "posted_by").filter(pk=batch_id).first()
    if batch is None:
        raise NotFound(_("There is no such batch of letters."))
    return batch


@require_GET
@allowed("assign")
def letter_batch(request: HttpRequest, batch_id: int) -> HttpResponse:
    batch = _batch(batch_id)
    return render(request, "staff/letters/batch.html", {"batch": batch, "letters": letters_of(batch)})


@require_GET
@allowed("assign")
def letter_batch_file(request: HttpRequest, batch_id: int, kind: str) -> HttpResponse:
    batch = _batch(batch_id)
    made = (batch_pdf(batch), "application/pdf") if kind == "pdf" else (print_file(batch), "text/csv; charset=utf-8")
    name = f"letters-{batch.pk}.{'pdf' if kind == 'pdf' else 'csv'}"
    return HttpResponse(
        made[0], content_type=made[1], headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@require_POST
@allowed("assign")
def letter_batch_posted(request: HttpRequest, batch_id: int) -> HttpResponse:
    mark_posted(_batch(batch_id), by=person(request))
    messages.success(request, _("Marked as posted."))
    return redirect("letter_batch", batch_id)


@require_POST
@allowed("assign")
def letter_returned(request: HttpRequest, letter_id: int) -> HttpResponse:
    letter = Letter.objects.filter(pk=letter_id).first()
    if letter is None:
        raise NotFound(_("There is no such letter."))
    mark_returned(letter, by=person(request))
    messages.success(request, _("The address is set aside, and the next way takes over."))
    return redirect("letter_batch", letter.batch_id)
