"""Schedules: what is in force, drafting, agreeing, comparing, and who would get what."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.roles import allowed, may, person
from common.clock import today
from common.errors import InvalidInput, NotFound, PlatformError
from reminders.forms import DecisionForm, ScheduleForm, TryForm, step_forms
from reminders.models import Schedule, Step
from reminders.planning.steps import in_order
from reminders.schedules.audience import left_out, planned, who_gets_what
from reminders.schedules.comparison import compare
from reminders.schedules.dates import next_dates
from reminders.schedules.picture import picture
from reminders.schedules.services import propose_schedule, publish_schedule, save_draft, turn_down_schedule
from reminders.schedules.trying import try_out
from reminders.schedules.words import sentences, when_words
from reminders.switches import switch_words, switches
from reminders.words import CHANNEL_NAMES, LEFT_OUT, purpose_words

ORDER = {"proposed": 0, "published": 1, "draft": 2, "retired": 3}


@require_GET
@allowed("see_schedules")
def schedule_list(request: HttpRequest) -> HttpResponse:
    rows = Schedule.objects.select_related("creditor", "published_by", "created_by").annotate(
        steps_count=Count("steps")
    )
    context = {
        "schedules": sorted(rows, key=lambda row: (ORDER[row.state], row.name, -row.version)),
        "may_edit": may(request.user, "configure"),
        "switched_off": [switch_words(row) for row in switches().off],
    }
    return render(request, "staff/schedules.html", context)


def _schedule(schedule_id: int) -> Schedule:
    people = ("creditor", "published_by", "created_by", "proposed_by")
    rows = Schedule.objects.select_related(*people).prefetch_related("steps")
    schedule = rows.filter(pk=schedule_id).first()
    if schedule is None:
        raise NotFound(_("There is no such schedule."))
    return schedule


@require_GET
@allowed("see_schedules")
def schedule_detail(request: HttpRequest, schedule_id: int) -> HttpResponse:
    schedule = _schedule(schedule_id)
    steps = in_order(schedule.steps.all())
    context = {
        "schedule": schedule,
        "picture": picture(steps),
        "steps": list(zip(steps, sentences(steps), strict=True)),
        "dates": [
            {"day": row.day, "text": purpose_words(row.step.template_key), "accounts": row.accounts}
            for row in next_dates(schedule, steps)
        ],
        "others": Schedule.objects.filter(creditor=schedule.creditor).exclude(pk=schedule.pk).order_by("-pk")[:20],
        "may_edit": may(request.user, "configure"),
        "own": schedule.proposed_by_id == request.user.pk,
        "test_form": TryForm(schedule=schedule, initial={"language": request.LANGUAGE_CODE}),
        "form": DecisionForm() if schedule.state != "published" else None,
    }
    return render(request, "staff/schedule.html", context)


def _propose(request: HttpRequest, schedule: Schedule, data: dict[str, str]) -> str:
    propose_schedule(schedule, by=person(request), **data)
    return _("Somebody else can now put this version in force.")


def _turn_down(request: HttpRequest, schedule: Schedule, data: dict[str, str]) -> str:
    turn_down_schedule(schedule, by=person(request), **data)
    return _("This version is a draft again.")


def _bring_back(request: HttpRequest, schedule: Schedule, data: dict[str, str]) -> str:
    publish_schedule(schedule, by=person(request), **data)
    return _("This version is in force from now.")


DECISIONS = {"propose": _propose, "turn_down": _turn_down, "bring_back": _bring_back}


@require_POST
@allowed("configure")
def schedule_decide(request: HttpRequest, schedule_id: int) -> HttpResponse:
    schedule, form = _schedule(schedule_id), DecisionForm(request.POST)
    decision = DECISIONS.get(request.POST.get("answer", ""))
    if decision is None or not form.is_valid():
        messages.error(request, _("Say why, in a few words."))
    else:
        messages.success(request, decision(request, schedule, form.cleaned_data))
    return redirect("schedule_detail", schedule.pk)


@require_POST
@allowed("configure")
def schedule_publish(request: HttpRequest, schedule_id: int) -> HttpResponse:
    """The second person agrees."""
    schedule = _schedule(schedule_id)
    publish_schedule(schedule, by=person(request), token=request.POST.get("token", ""))
    messages.success(request, _("This version is in force from now."))
    return redirect("schedule_detail", schedule.pk)


@require_POST
@allowed("configure")
def schedule_test(request: HttpRequest, schedule_id: int) -> HttpResponse:
    """One step's words, to the e-mail of whoever asks."""
    form = TryForm(request.POST, schedule=_schedule(schedule_id))
    if not form.is_valid():
        messages.error(request, _("Choose a step, a way and a language."))
        return redirect("schedule_detail", schedule_id)
    data = form.cleaned_data
    try:
        try_out(data["step"], channel=data["channel"], language=data["language"], by=person(request))
    except PlatformError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Sent to %(email)s.") % {"email": person(request).email})
    return redirect("schedule_detail", schedule_id)


@require_http_methods(["GET", "POST"])
@allowed("configure")
def schedule_edit(request: HttpRequest, schedule_id: int | None = None) -> HttpResponse:
    """What is kept is a new draft version; the one in force stays until the draft is published."""
    source = _schedule(schedule_id) if schedule_id else None
    data = request.POST if request.method == "POST" else None
    initial = {"name": source.name, "creditor": source.creditor_id} if source else None
    form, steps = ScheduleForm(data, initial=initial), step_forms(source, data)
    if data is not None and form.is_valid() and steps.is_valid():
        draft = _save(request, form, steps)
        if draft:
            return redirect("schedule_detail", draft.pk)
        if not form.errors:
            return redirect("schedule_list")
    return render(request, "staff/schedule_edit.html", {"form": form, "steps": steps, "source": source})


def _save(request: HttpRequest, form: ScheduleForm, steps: Any) -> Schedule | None:
    drafts = [draft for row in steps if row.has_changed() or row.initial if (draft := row.draft())]
    try:
        draft = save_draft(steps=drafts, by=person(request), **form.cleaned_data)
    except InvalidInput as error:
        form.add_error(error.field if error.field in form.fields else None, error.message)
        return None
    if draft:
        messages.success(request, _("Kept as a draft. Nothing changes for anybody until it is published."))
    return draft


@require_GET
@allowed("see_schedules")
def schedule_compare(request: HttpRequest, schedule_id: int, other_id: int) -> HttpResponse:
    """The older version against the newer."""
    before, after = sorted((_schedule(schedule_id), _schedule(other_id)), key=lambda row: row.pk)
    return render(
        request, "staff/schedule_compare.html", {"before": before, "after": after, "lines": compare(before, after)}
    )


def _instead(request: HttpRequest) -> Schedule | None:
    """The version to try out, when one is asked for."""
    asked = request.GET.get("version", "")
    return _schedule(int(asked)) if asked.isdigit() else None


@require_GET
@allowed("see_schedules")
def schedule_preview(request: HttpRequest) -> HttpResponse:
    """Who would get what tomorrow, were nothing else to happen: the planner itself is asked, and writes nothing."""
    day, instead = today() + timedelta(days=1), _instead(request)
    audience = who_gets_what(day, instead=instead)
    rows: dict[int, dict[str, Any]] = {}
    for (step, channel), count in sorted(audience.by_step.items(), key=_by_schedule_and_day):
        row = rows.setdefault(step.pk, {"step": step, "counts": dict.fromkeys(CHANNEL_NAMES, 0)})
        row |= {"day": when_words(step), "text": purpose_words(step.template_key)}
        row["counts"][channel] = count
        row["cells"] = [(key, CHANNEL_NAMES[key], number) for key, number in row["counts"].items()]
    context = {
        "day": day,
        "rows": list(rows.values()),
        "channels": CHANNEL_NAMES,
        "left_out": [(key, LEFT_OUT.get(key, key), count) for key, count in sorted(audience.left_out.items())],
        "total": audience.total,
        "instead": instead,
    }
    return render(request, "staff/schedule_preview.html", context)


def _by_schedule_and_day(item: tuple[tuple[Step, str], int]) -> tuple[int, int, int, str]:
    (step, channel), _count = item
    return step.schedule_id, step.offset_days, step.position, channel


@require_GET
@allowed("see_schedules")
def schedule_preview_accounts(request: HttpRequest) -> HttpResponse:
    """The accounts behind one number of the preview: reached by a step and channel, or left out for a reason."""
    day, instead = today() + timedelta(days=1), _instead(request)
    step_id, channel = request.GET.get("step", ""), request.GET.get("channel", "")
    reason, after = request.GET.get("reason", ""), request.GET.get("after", "")
    start = int(after) if after.isdigit() else 0
    if step_id.isdigit() and channel in CHANNEL_NAMES:
        page = planned(day, step_id=int(step_id), channel=channel, after=start, instead=instead)
        step = Step.objects.filter(pk=int(step_id)).first()
        title = f"{purpose_words(step.template_key) if step else ''} · {CHANNEL_NAMES[channel]}"
    elif reason in LEFT_OUT:
        page, title = left_out(day, reason=reason, after=start, instead=instead), str(LEFT_OUT[reason])
    else:
        raise NotFound(_("Choose a number of the preview."))
    query = request.GET.copy()
    query["after"] = str(page.last)
    context = {"page": page, "title": title, "day": day, "next": query.urlencode() if page.more else ""}
    return render(request, "staff/schedule_preview_accounts.html", context)
