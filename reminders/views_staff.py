"""Staff pages about contact: send a payment link, the message list, and schedules."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import Creditor
from accounts.roles import allowed, may, person
from accounts.selectors import access_account
from common.clock import today
from common.errors import InvalidInput, NotFound
from common.keyset import page_of
from common.once import new_form_token
from compliance.gate import Kind
from compliance.selectors import may_contact
from reminders.forms import PublishForm, ScheduleForm, step_forms
from reminders.message_filters import MessageFilters
from reminders.models import Message, Schedule, Step
from reminders.reasons import reason_words
from reminders.schedule_picture import day_words, picture, sentences
from reminders.schedule_services import publish_schedule, save_draft
from reminders.selectors import who_gets_what
from reminders.services import queue_message
from reminders.words import CHANNEL_NAMES, LEFT_OUT, MESSAGE_WORDS, purpose_words


@require_POST
@allowed("work")
def account_send_link(request: HttpRequest, reference: str) -> HttpResponse:
    """A reminder with a link, asked for by staff. It answers to the strictest rules, now and again when it is sent:
    the lighter ones for links are for people who asked for one themselves."""
    account = access_account(person(request), reference)
    purpose = "due_soon" if account.due_date >= today() else "overdue_friendly"
    verdicts = {channel: may_contact(account, channel=channel, purpose=purpose) for channel in ("email", "sms")}
    open_ways = tuple(channel for channel, verdict in verdicts.items() if verdict.kind in (Kind.ALLOW, Kind.DEFER))
    if not open_ways:
        messages.error(request, _("Nothing is sent. %(why)s") % {"why": verdicts["email"].words})
        return redirect("account_page", account.reference)
    occasion = f"staff:{(request.POST.get('token') or new_form_token())[:32]}"
    queue_message(account, purpose=purpose, occasion=occasion, channels=open_ways)
    until = [verdict.until for verdict in verdicts.values() if verdict.kind is Kind.DEFER and verdict.until]
    if any(verdict.kind is Kind.ALLOW for verdict in verdicts.values()) or not until:
        messages.success(request, _("A reminder with a payment link goes out within a minute."))
    else:
        messages.info(request, _("A reminder with a payment link goes out at the next decent hour there."))
    return redirect("account_page", account.reference)


@require_GET
@allowed("see_messages")
def message_list(request: HttpRequest) -> HttpResponse:
    filters = MessageFilters(request.GET, creditors=Creditor.objects.order_by("name"))
    rows = filters.apply(Message.objects.all())
    page = page_of(
        rows.select_related("account__debtor", "account__creditor"),
        order=("-id",),
        cursor=request.GET.get("cursor", ""),
    )
    shown = [
        {
            "message": message,
            "words": MESSAGE_WORDS[message.state],
            "purpose": purpose_words(message.purpose),
            "channel": CHANNEL_NAMES[message.channel],
            "reason": reason_words(message.reason),
        }
        for message in page.rows
    ]
    return render(
        request, "staff/messages.html", {"filters": filters, "page": page, "rows": shown, "count": rows.count()}
    )


@require_GET
@allowed("see_schedules")
def schedule_list(request: HttpRequest) -> HttpResponse:
    rows = Schedule.objects.select_related("creditor", "published_by", "created_by").annotate(
        steps_count=Count("steps")
    )
    order = {"published": 0, "draft": 1, "retired": 2}
    schedules = sorted(rows, key=lambda row: (order[row.state], row.name, -row.version))
    return render(request, "staff/schedules.html", {"schedules": schedules, "may_edit": may(request.user, "configure")})


def _schedule(schedule_id: int) -> Schedule:
    rows = Schedule.objects.select_related("creditor", "published_by", "created_by").prefetch_related("steps")
    schedule = rows.filter(pk=schedule_id).first()
    if schedule is None:
        raise NotFound(_("There is no such schedule."))
    return schedule


@require_http_methods(["GET", "POST"])
@allowed("see_schedules")
def schedule_detail(request: HttpRequest, schedule_id: int) -> HttpResponse:
    schedule = _schedule(schedule_id)
    steps = sorted(schedule.steps.all(), key=lambda step: step.offset_days)
    context = {
        "schedule": schedule,
        "picture": picture(steps),
        "sentences": sentences(steps),
        "may_edit": may(request.user, "configure"),
        "form": PublishForm() if schedule.state != "published" else None,
    }
    return render(request, "staff/schedule.html", context)


@require_POST
@allowed("configure")
def schedule_publish(request: HttpRequest, schedule_id: int) -> HttpResponse:
    schedule = _schedule(schedule_id)
    form = PublishForm(request.POST)
    if form.is_valid():
        publish_schedule(schedule, by=person(request), **form.cleaned_data)
        messages.success(request, _("This version is in force from now."))
    else:
        messages.error(request, _("Say why, in a few words."))
    return redirect("schedule_detail", schedule.pk)


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
def schedule_preview(request: HttpRequest) -> HttpResponse:
    """Who would get what tomorrow, were nothing else to happen: the planner itself is asked, and writes nothing."""
    day = today() + timedelta(days=1)
    audience = who_gets_what(day)
    rows: dict[int, dict[str, Any]] = {}
    for (step, channel), count in sorted(audience.by_step.items(), key=_by_schedule_and_day):
        row = rows.setdefault(step.pk, {"step": step, "counts": dict.fromkeys(CHANNEL_NAMES, 0)})
        row |= {"day": day_words(step.offset_days), "text": purpose_words(step.template_key)}
        row["counts"][channel] = count
        row["cells"] = [(CHANNEL_NAMES[name], number) for name, number in row["counts"].items()]
    left_out = [(LEFT_OUT.get(reason, reason), count) for reason, count in sorted(audience.left_out.items())]
    context = {
        "day": day,
        "rows": list(rows.values()),
        "channels": CHANNEL_NAMES,
        "left_out": left_out,
        "total": audience.total,
    }
    return render(request, "staff/schedule_preview.html", context)


def _by_schedule_and_day(item: tuple[tuple[Step, str], int]) -> tuple[int, int, str]:
    (step, channel), _count = item
    return step.schedule_id, step.offset_days, channel
