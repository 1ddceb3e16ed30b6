"""Forms of the schedule editor."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms.tokens import OnceForm
from accounts.models import Creditor
from reminders.models import CHANNELS, Schedule, Step, Template
from reminders.schedule_services import StepDraft
from reminders.words import purpose_words

WHEN = [("after", _("after the due date")), ("before", _("before the due date"))]
FURTHEST_DAYS = 730
OTHER_CHANNELS = [("", _("nothing")), *CHANNELS]


class ScheduleForm(OnceForm):
    name = forms.CharField(label=_("Name"), max_length=80)
    creditor = forms.ModelChoiceField(
        Creditor.objects.order_by("name"),
        label=_("For"),
        required=False,
        empty_label=_("Every creditor without its own"),
    )


class PublishForm(OnceForm):
    reason = forms.CharField(label=_("Why this change"), max_length=200)


class StepForm(forms.Form):
    """One step. A row without a number of days is left out."""

    days = forms.IntegerField(label=_("Days"), min_value=0, max_value=FURTHEST_DAYS, required=False)
    when = forms.ChoiceField(label=_("When"), choices=WHEN, initial="after")
    template_key = forms.ChoiceField(label=_("Text"))
    first = forms.ChoiceField(label=_("First by"), choices=CHANNELS, initial="email")
    second = forms.ChoiceField(label=_("If that fails, by"), choices=OTHER_CHANNELS, required=False)
    third = forms.ChoiceField(label=_("Then by"), choices=OTHER_CHANNELS, required=False)
    minimum_minor = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)

    def __init__(self, *args: Any, keys: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["template_key"].choices = [(key, purpose_words(key)) for key in keys]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        chosen = [data[name] for name in ("first", "second", "third") if data.get(name)]
        if len(set(chosen)) != len(chosen):
            self.add_error("second", _("Choose each way once."))
        return data

    def draft(self) -> StepDraft | None:
        data = self.cleaned_data
        if data.get("days") is None:
            return None
        sign = -1 if data["when"] == "before" else 1
        channels = tuple(data[name] for name in ("first", "second", "third") if data.get(name))
        return StepDraft(sign * data["days"], channels, data["template_key"], data.get("minimum_minor") or 0)


StepForms = forms.formset_factory(StepForm, extra=2, max_num=20, absolute_max=20)


def template_keys() -> list[str]:
    rows = Template.objects.filter(approved_at__isnull=False).exclude(key__in=["receipt", "payment_link"])
    return sorted(set(rows.values_list("key", flat=True)))


def initial_of(step: Step) -> dict[str, Any]:
    channels = [*step.channels, "", "", ""]
    return {
        "days": abs(step.offset_days),
        "when": "before" if step.offset_days < 0 else "after",
        "template_key": step.template_key,
        "first": channels[0],
        "second": channels[1],
        "third": channels[2],
        "minimum_minor": step.minimum_minor,
    }


def step_forms(schedule: Schedule | None, data: Any = None) -> Any:
    initial = [initial_of(step) for step in schedule.steps.all()] if schedule else None
    return StepForms(data, initial=initial, prefix="steps", form_kwargs={"keys": template_keys()})
