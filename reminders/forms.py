"""Forms of the schedule editor."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms.tokens import OnceForm
from accounts.models import Creditor
from accounts.products import PRODUCTS
from accounts.segments import segment_code
from common.templatetags.frame import OWN_NAMES
from reminders.models import CHANNELS, ContactSwitch, Schedule, Step, Template
from reminders.planning.steps import in_order
from reminders.rendering.languages import LANGUAGES
from reminders.schedules.drafts import FURTHEST_DAYS, LONGEST_SILENCE_HOURS, StepDraft
from reminders.schedules.words import when_words
from reminders.words import purpose_words

WHEN = [
    ("after", _("after the due date")),
    ("before", _("before the due date")),
    ("follows", _("after the reminder before")),
]
OTHER_CHANNELS = [("", _("nothing")), *CHANNELS]


class ScheduleForm(OnceForm):
    name = forms.CharField(label=_("Name"), max_length=80)
    creditor = forms.ModelChoiceField(
        Creditor.objects.order_by("name"),
        label=_("For"),
        required=False,
        empty_label=_("Every creditor without its own"),
    )


class DecisionForm(OnceForm):
    reason = forms.CharField(label=_("Why this change"), max_length=200)


class StepForm(forms.Form):
    """One step. A row without a number of days is left out."""

    days = forms.IntegerField(label=_("Days"), min_value=0, max_value=FURTHEST_DAYS, required=False)
    when = forms.ChoiceField(label=_("When"), choices=WHEN, initial="after")
    template_key = forms.ChoiceField(label=_("Text"))
    first = forms.ChoiceField(label=_("First by"), choices=CHANNELS, initial="email")
    second = forms.ChoiceField(label=_("If that fails, by"), choices=OTHER_CHANNELS, required=False)
    third = forms.ChoiceField(label=_("Then by"), choices=OTHER_CHANNELS, required=False)
    silence_hours = forms.IntegerField(
        label=_("Hours without a reaction"),
        required=False,
        min_value=1,
        max_value=LONGEST_SILENCE_HOURS,
        help_text=_("The next way follows. Empty: only when a way fails."),
    )
    least = forms.DecimalField(label=_("Balance from"), required=False, min_value=0, max_digits=14, decimal_places=2)
    most = forms.DecimalField(label=_("Balance up to"), required=False, min_value=0, max_digits=14, decimal_places=2)
    products = forms.MultipleChoiceField(
        label=_("Only for these debts"),
        required=False,
        choices=list(PRODUCTS.items()),
        widget=forms.CheckboxSelectMultiple,
    )
    segments = forms.CharField(
        label=_("Only in these segments"),
        required=False,
        max_length=200,
        help_text=_("As the creditors' files name them, with commas between."),
    )
    languages = forms.MultipleChoiceField(
        label=_("Only for who reads"), required=False, widget=forms.CheckboxSelectMultiple
    )
    reachable_by = forms.ChoiceField(
        label=_("Only where this way works"), choices=[("", _("does not matter")), *CHANNELS], required=False
    )

    def __init__(self, *args: Any, keys: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["template_key"].choices = [(key, purpose_words(key)) for key in keys]  # type: ignore[attr-defined]
        self.fields["languages"].choices = [(tag, OWN_NAMES[tag]) for tag in LANGUAGES]  # type: ignore[attr-defined]

    @property
    def conditioned(self) -> bool:
        """Whether the conditions are worth showing open."""
        return any(
            self[name].value() for name in ("least", "most", "products", "segments", "languages", "reachable_by")
        )

    def clean_segments(self) -> list[str]:
        names = map(segment_code, re.split(r"[,，;；]", self.cleaned_data["segments"]))
        return list(dict.fromkeys(name for name in names if name))

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
        follows = data["when"] == "follows"
        sign = -1 if data["when"] == "before" else 1
        most = data.get("most")
        return StepDraft(
            offset_days=0 if follows else sign * data["days"],
            after_previous=data["days"] if follows else None,
            channels=tuple(data[name] for name in ("first", "second", "third") if data.get(name)),
            template_key=data["template_key"],
            silence_hours=data.get("silence_hours"),
            minimum_minor=int((data.get("least") or 0) * 100),
            maximum_minor=None if most is None else int(most * 100),
            products=tuple(data.get("products") or ()),
            segments=tuple(data.get("segments") or ()),
            languages=tuple(data.get("languages") or ()),
            reachable_by=data.get("reachable_by") or "",
        )


StepForms = forms.formset_factory(StepForm, extra=2, max_num=20, absolute_max=20)


def template_keys() -> list[str]:
    rows = Template.objects.filter(approved_at__isnull=False).exclude(key__in=["receipt", "payment_link"])
    return sorted(set(rows.exclude(key__startswith="answer_").values_list("key", flat=True)))


def initial_of(step: Step) -> dict[str, Any]:
    channels = [*step.channels, "", "", ""]
    follows = step.after_previous is not None
    return {
        "days": step.after_previous if follows else abs(step.offset_days),
        "when": "follows" if follows else "before" if step.offset_days < 0 else "after",
        "template_key": step.template_key,
        "first": channels[0],
        "second": channels[1],
        "third": channels[2],
        "silence_hours": step.silence_hours,
        "least": Decimal(step.minimum_minor) / 100 if step.minimum_minor else None,
        "most": None if step.maximum_minor is None else Decimal(step.maximum_minor) / 100,
        "products": step.products,
        "segments": ", ".join(step.segments),
        "languages": step.languages,
        "reachable_by": step.reachable_by,
    }


def step_forms(schedule: Schedule | None, data: Any = None) -> Any:
    initial = [initial_of(step) for step in in_order(schedule.steps.all())] if schedule else None
    return StepForms(data, initial=initial, prefix="steps", form_kwargs={"keys": template_keys()})


class TryForm(OnceForm):
    """Which step to send to oneself, as which channel says it, in which language."""

    step = forms.ModelChoiceField(Step.objects.none(), label=_("Step"), empty_label=None)
    channel = forms.ChoiceField(label=_("As"), choices=[way for way in CHANNELS if way[0] != "voice"])
    language = forms.ChoiceField(label=_("Language"))

    def __init__(self, *args: Any, schedule: Schedule, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        steps = self.fields["step"]
        steps.queryset = schedule.steps.select_related("schedule__creditor")  # type: ignore[attr-defined]
        steps.label_from_instance = step_name  # type: ignore[attr-defined]
        self.fields["language"].choices = [(tag, OWN_NAMES[tag]) for tag in LANGUAGES]  # type: ignore[attr-defined]


def step_name(step: Step) -> str:
    return f"{purpose_words(step.template_key)} · {when_words(step)}"


class SwitchForm(OnceForm):
    """What to switch off, and why."""

    scope = forms.ChoiceField(label=_("What"), choices=ContactSwitch.Scope.choices)
    channel = forms.ChoiceField(label=_("Channel"), choices=[("", "—"), *CHANNELS], required=False)
    creditor = forms.ModelChoiceField(Creditor.objects.order_by("name"), label=_("Creditor"), required=False)
    schedule_name = forms.ChoiceField(label=_("Schedule"), required=False)
    reason = forms.CharField(label=_("Why"), max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = Schedule.objects.order_by("name").values_list("name", flat=True).distinct()
        self.fields["schedule_name"].choices = [("", "—"), *((name, name) for name in names)]  # type: ignore[attr-defined]
