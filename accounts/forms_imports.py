"""Forms of the import pages: the file, then its columns."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.imports.dates import DMY, EXCEL, MDY, ROC, YMD
from accounts.imports.fields import BY_NAME, FIELDS, is_field, label_of
from accounts.imports.layout import ENCODINGS
from accounts.imports.mapping import own_headers
from accounts.imports.selectors import creditors_for
from accounts.models import Creditor, ImportJob, User

FOUND = ("", _("As found in the file"))
DATE_FORMATS = [
    FOUND,
    (YMD, _("Year first (2026-03-31)")),
    (DMY, _("Day first (31/03/2026)")),
    (MDY, _("Month first (03/31/2026)")),
    (ROC, _("Years of the Republic (民國 115/03/31)")),
    (EXCEL, _("Spreadsheet numbers (46112)")),
]
DECIMALS = [FOUND, (".", _("1,234.50")), (",", _("1.234,50"))]
INCLUDED = [
    ("", _("Ask me when it matters")),
    ("yes", _("Yes: take the file's balance as it is")),
    ("no", _("No: keep our payments and apply only the change")),
]


class UploadForm(forms.Form):
    creditor = forms.ModelChoiceField(Creditor.objects.none(), label=_("Creditor"))
    file = forms.FileField(label=_("File"), help_text=_("CSV or XLSX with a header row, up to 1 GB."))
    portfolio = forms.CharField(
        label=_("Name of the placement"), required=False, max_length=120, help_text=_("The file's name if left empty.")
    )
    encoding = forms.ChoiceField(
        label=_("Encoding"), required=False, choices=[FOUND, *((name, name.upper()) for name in ENCODINGS)]
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["creditor"]
        field.queryset = creditors_for(user)
        if field.queryset.count() == 1:
            field.initial = field.queryset.first()


class MappingForm(forms.Form):
    """One choice per column of the file (`column-0`...), then what holds for all rows."""

    date_format = forms.ChoiceField(label=_("Dates are written"), required=False, choices=DATE_FORMATS)
    decimal = forms.ChoiceField(label=_("Amounts are written"), required=False, choices=DECIMALS)
    currency = forms.CharField(
        label=_("Currency of rows without one"), required=False, max_length=4, help_text=_("For example CNY.")
    )
    country = forms.CharField(
        label=_("Country of rows without one"), required=False, max_length=2, help_text=_("For example TW.")
    )
    as_of = forms.DateField(
        label=_("Days past due count from"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    payments_included = forms.ChoiceField(
        label=_("Do changed balances include payments taken here?"), required=False, choices=INCLUDED
    )

    def __init__(self, data: Any = None, *, job: ImportJob, samples: dict[str, list[str]]) -> None:
        super().__init__(data, initial=job.options.get("chosen", {}))
        self.headers = list(dict.fromkeys(own_headers(job.options["headers"])))
        self.samples = samples
        chosen = {header: name for name, header in job.columns.items()}
        for position, header in enumerate(self.headers):
            self.fields[f"column-{position}"] = forms.ChoiceField(
                label=header, required=False, choices=_choices(chosen.get(header, "")), initial=chosen.get(header, "")
            )

    def column_rows(self) -> list[tuple[str, list[str], forms.BoundField]]:
        """(header, samples, choice) per column."""
        return [
            (header, self.samples.get(header, []), self[f"column-{position}"])
            for position, header in enumerate(self.headers)
        ]

    def option_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if not name.startswith("column-")]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        names = [name for name in self._picked(cleaned).values() if name]
        for name in sorted({name for name in names if names.count(name) > 1}):
            self.add_error(None, _("Two columns are chosen for “%s”. Keep one of them.") % label_of(name))
        return cleaned

    def _picked(self, cleaned: dict[str, Any]) -> dict[str, str]:
        return {header: cleaned.get(f"column-{position}", "") for position, header in enumerate(self.headers)}

    def columns(self) -> dict[str, str]:
        """Field -> header, as the services want it."""
        return {name: header for header, name in self._picked(self.cleaned_data).items() if name}

    def options(self) -> dict[str, str]:
        names = ("date_format", "decimal", "currency", "country", "as_of", "payments_included")
        return {name: str(self.cleaned_data.get(name) or "") for name in names}


def _choices(current: str) -> list[tuple[str, Any]]:
    """Every field; a month of history is offered where the header names one."""
    month = [(current, label_of(current))] if current not in BY_NAME and current and is_field(current) else []
    return [("", _("Not used")), *month, *((field.name, field.label) for field in FIELDS)]
