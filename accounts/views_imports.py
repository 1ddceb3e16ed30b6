"""Placement files in the browser: upload, match columns, check, import, fix what was left out."""

from __future__ import annotations

from itertools import islice
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.forms_imports import MappingForm, UploadForm
from accounts.imports.error_file import error_file_parts
from accounts.imports.fields import label_of
from accounts.imports.mapping import remembered_mapping
from accounts.imports.record import Record
from accounts.imports.selectors import access_import, access_imports, percent_done, preview
from accounts.imports.services import cancel_import, open_import, request_check, set_mapping, start_import
from accounts.imports.source import data_rows
from accounts.models import ImportJob
from common.errors import PlatformError
from common.money import Money

SAMPLES, LISTED = 3, 50
WORKING = ("checking", "queued", "running")


def steps() -> list[str]:
    return [_("Upload"), _("Match columns"), _("Check"), _("Import")]


@require_GET
@login_required
def import_list(request: HttpRequest) -> HttpResponse:
    jobs = access_imports(request.user)[:LISTED]  # type: ignore[arg-type]
    return render(request, "accounts/imports/list.html", {"jobs": jobs})


@require_http_methods(["GET", "POST"])
@login_required
def import_upload(request: HttpRequest) -> HttpResponse:
    access_imports(request.user)  # type: ignore[arg-type]
    form = UploadForm(request.POST or None, request.FILES or None, user=request.user)  # type: ignore[arg-type]
    if request.method == "POST" and form.is_valid():
        job = _opened(request, form)
        if job:
            return redirect("import_map", job.pk)
    return render(request, "accounts/imports/upload.html", {"form": form, "steps": steps()})


def _opened(request: HttpRequest, form: UploadForm) -> ImportJob | None:
    data = form.cleaned_data
    try:
        return open_import(
            creditor=data["creditor"],
            file=data["file"],
            file_name=data["file"].name,
            started_by=request.user,  # type: ignore[arg-type]
            portfolio_name=data["portfolio"],
            options={"encoding": data["encoding"]},
        )
    except PlatformError as error:
        form.add_error("file", error.message)
        return None


@require_http_methods(["GET", "POST"])
@login_required
def import_map(request: HttpRequest, job_id: UUID) -> HttpResponse:
    job = access_import(request.user, job_id)  # type: ignore[arg-type]
    if job.state not in ("uploaded", "checked", "failed"):
        return redirect("import_progress", job.pk)
    form = MappingForm(request.POST or None, job=job, samples=_samples(job))
    if request.method == "POST" and form.is_valid():
        set_mapping(job, columns=form.columns(), options=form.options())
        request_check(job)
        return redirect("import_check", job.pk)
    remembered = remembered_mapping(job.creditor, job.options["headers"])
    context = {"job": job, "form": form, "steps": steps(), "remembered": remembered}
    return render(request, "accounts/imports/map.html", context)


def _samples(job: ImportJob) -> dict[str, list[str]]:
    rows = list(islice(data_rows(job), SAMPLES))
    headers: list[str] = job.options["headers"]
    return {
        header: [row.cells[position] for row in rows if position < len(row.cells) and row.cells[position]]
        for position, header in enumerate(headers)
    }


@require_GET
@login_required
def import_check(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """What the check found; while it runs, its progress."""
    job = access_import(request.user, job_id)  # type: ignore[arg-type]
    if job.state in ("queued", "running", "finished", "cancelled"):
        return redirect("import_progress", job.pk)
    context = {"job": job, "steps": steps(), "working": job.state in WORKING, "percent": percent_done(job)}
    if job.state == "checked":
        context["preview"] = [_shown(line, understood) for line, understood in preview(job)]
    template = "check_part.html" if request.headers.get("HX-Request") else "check.html"
    return render(request, f"accounts/imports/{template}", context)


def _shown(line: int, understood: Record | list[str]) -> dict[str, Any]:
    """One row of the preview."""
    if isinstance(understood, list):
        return {"line": line, "reasons": understood}
    contact = [*understood.emails, *understood.phones, understood.address]
    months = sum(minor is not None for minor in understood.billed)
    return {
        "line": line,
        "record": understood,
        "balance": Money(understood.balance, understood.currency),
        "parts": [
            (label_of(name), Money(minor, understood.currency))
            for name, minor in zip(("principal", "interest", "fees", "costs"), understood.components, strict=True)
            if minor and minor != understood.balance
        ],
        "contact": [text for text in contact if text],
        "months": months,
    }


@require_POST
@login_required
def import_start(request: HttpRequest, job_id: UUID) -> HttpResponse:
    job = access_import(request.user, job_id)  # type: ignore[arg-type]
    if job.state not in ("queued", "running", "finished"):
        start_import(job, user=request.user)  # type: ignore[arg-type]
    return redirect("import_progress", job.pk)


@require_POST
@login_required
def import_cancel(request: HttpRequest, job_id: UUID) -> HttpResponse:
    cancel_import(access_import(request.user, job_id))  # type: ignore[arg-type]
    return redirect("import_list")


@require_GET
@login_required
def import_progress(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Progress while it runs, the result afterwards; a part of the page when htmx asks."""
    job = access_import(request.user, job_id)  # type: ignore[arg-type]
    context = {"job": job, "steps": steps(), "working": job.state in WORKING, "percent": percent_done(job)}
    template = "progress_part.html" if request.headers.get("HX-Request") else "progress.html"
    return render(request, f"accounts/imports/{template}", context)


@require_GET
@login_required
def import_errors(request: HttpRequest, job_id: UUID) -> HttpResponseBase:
    """The rows left out, to fix and upload again."""
    job = access_import(request.user, job_id)  # type: ignore[arg-type]
    name = f"{job.file_name.rpartition('.')[0] or job.file_name}-to-fix.csv"
    headers = {"Content-Disposition": content_disposition_header(True, name) or "", "Cache-Control": "no-store"}
    return StreamingHttpResponse(error_file_parts(job), content_type="text/csv; charset=utf-8", headers=headers)
