"""The forms about a dispute: telling it, for the person and for whoever heard it; looking into it; deciding it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from accounts.forms.tokens import OnceForm
from accounts.models import Account
from accounts.models.debts import COMPONENTS
from common.clock import today
from common.errors import InvalidInput
from payments.disputes.deciding import Decision, Waived
from payments.disputes.evidence import Checked, check_files
from payments.disputes.opening import LONGEST, Telling
from payments.forms_debtor import read_amount
from payments.models import DebtDispute, ValidationNotice
from payments.models.accrual import DEBT_COMPONENTS

FILES_HELP = _("Photos or PDFs, at most 5 at once and 6 MB each: a receipt, a bank statement, a letter.")
DAY = {"type": "date"}


class ManyFilesInput(forms.FileInput):
    allow_multiple_selected = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return files.getlist(name)


class FilesField(forms.FileField):
    """Several files; cleaned they are looked into: name, kind and content of each."""

    def __init__(self, **kwargs: Any) -> None:
        widget = ManyFilesInput(attrs={"accept": ".pdf,.png,.jpg,.jpeg", "multiple": True})
        super().__init__(widget=widget, help_text=FILES_HELP, **kwargs)

    def clean(self, data: Any, initial: Any = None) -> list[Checked]:
        files: Sequence[UploadedFile] = [one for one in (data if isinstance(data, list | tuple) else [data]) if one]
        if not files:
            if self.required:
                raise forms.ValidationError(_("Choose a file first."))
            return []
        try:
            return check_files(files)
        except InvalidInput as error:
            raise forms.ValidationError(error.message) from error


class AmountText(forms.CharField):
    """An amount as people type it; cleaned it is minor units, 0 where nothing was written."""

    def __init__(self, *, currency: str, **kwargs: Any) -> None:
        attrs = {"inputmode": "decimal", "autocomplete": "off"}
        super().__init__(max_length=24, required=False, widget=forms.TextInput(attrs=attrs), **kwargs)
        self.currency = currency

    def clean(self, value: Any) -> int:
        text = super().clean(value)
        if not text:
            return 0
        minor = read_amount(text, self.currency).minor
        if minor < 0:
            raise forms.ValidationError(_("The amount must be more than nothing."))
        return minor


class DisputeForm(OnceForm):
    """Only what is wrong has to be said. `told` once the form is valid."""

    reason = forms.ChoiceField(label=_("What is wrong?"), choices=DebtDispute.Reason.choices, widget=forms.RadioSelect)
    text = forms.CharField(
        label=_("In your own words"),
        help_text=_("For example when and how you paid, or what the amount should be."),
        max_length=LONGEST,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    on = forms.DateField(
        label=_("If you paid: on which day?"), required=False, widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d")
    )
    papers = FilesField(label=_("Papers that show it"), required=False)

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["token"].required = False
        self.fields["on"].widget.attrs["max"] = today().isoformat()
        self.fields["amount"] = AmountText(
            currency=account.currency, label=_("The amount you paid, or that would be right")
        )
        parts = [name for name in COMPONENTS if getattr(account, f"{name}_minor")]
        if len(parts) > 1:
            self.fields["component"] = forms.ChoiceField(
                label=_("Which part is it about?"),
                required=False,
                choices=[("", _("All of it")), *(row for row in DEBT_COMPONENTS if row[0] in parts)],
            )
        self.order_fields(["via", "reason", "component", "text", "amount", "on", "papers", "token"])

    def clean_on(self) -> Any:
        day = self.cleaned_data["on"]
        if day and day > today():
            raise forms.ValidationError(_("This day has not come yet."))
        return day

    def told(self) -> Telling:
        data = self.cleaned_data
        return Telling(data["reason"], data["text"], data.get("component", ""), data["amount"], data["on"])


class RecordForm(DisputeForm):
    """A dispute that an agent heard or read."""

    via = forms.ChoiceField(
        label=_("How did they say it?"),
        choices=[row for row in DebtDispute.Via.choices if row[0] in ("phone", "letter", "message")],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].label = _("What they said, in their words")
        self.fields["on"].label = _("The day on which they say they paid")
        self.fields["amount"].label = _("The amount they named")


class WordsForm(OnceForm):
    """More from the person, on their page: words, papers, or both."""

    text = forms.CharField(
        label=_("What else we should know"),
        max_length=LONGEST,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    papers = FilesField(label=_("Papers that show it"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields(["text", "papers", "token"])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors and not data.get("text", "").strip() and not data.get("papers"):
            self.add_error("text", _("Write something, or choose a file."))
        return data


class AskForm(OnceForm):
    text = forms.CharField(
        label=_("What we need from them"),
        help_text=_("It stands on their page, and is sent as far as the law lets us while the account is held."),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class DisputeFilters(forms.Form):
    """Read from the address, as the lists of the staff are."""

    reason = forms.ChoiceField(
        label=_("What is wrong?"), required=False, choices=[("", _("All")), *DebtDispute.Reason.choices]
    )
    country = forms.CharField(label=_("Country"), required=False, max_length=2)

    def chosen(self) -> dict[str, str]:
        data = self.cleaned_data if self.is_valid() else {}
        return {"reason": data.get("reason", ""), "country": data.get("country", "").upper()}


class ValidationForm(OnceForm):
    basis = forms.ChoiceField(
        label=_("What does the itemisation date stand for?"),
        help_text=_("One of the dates the law allows. The sums since then come from our ledger."),
        choices=ValidationNotice.Basis.choices,
    )
    on = forms.DateField(label=_("Itemisation date"), widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"))
    language = forms.ChoiceField(
        label=_("Language of the letter"), choices=[("en", "English"), ("es", "Español"), ("zh", "中文")]
    )


class WithdrawForm(OnceForm):
    why = forms.CharField(label=_("Why they took it back"), max_length=200)


class DecideForm(OnceForm):
    outcome = forms.ChoiceField(
        label=_("Your decision"),
        choices=[row for row in DebtDispute.Outcome.choices if row[0] != "withdrawn"],
        widget=forms.RadioSelect,
    )
    answer = forms.CharField(
        label=_("Your answer to them"),
        help_text=_("It is sent by e-mail or letter, and stands on their page. Say what you found and what you do."),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    why = forms.CharField(label=_("Why"), max_length=200, help_text=_("In a few words. It stands in the record."))
    component = forms.ChoiceField(label=_("Take something off: of which part?"), required=False)
    on = forms.DateField(
        label=_("From which day was it wrong?"),
        help_text=_("Interest since then is worked out again. Empty: from today."),
        required=False,
        widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"),
    )
    closes = forms.BooleanField(label=_("Close the account: nothing of it is collected any more"), required=False)

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        parts = [row for row in DEBT_COMPONENTS if getattr(account, f"{row[0]}_minor")]
        self.fields["component"].choices = [("", "—"), *parts]  # type: ignore[attr-defined]
        self.fields["on"].widget.attrs["max"] = today().isoformat()
        self.fields["amount"] = AmountText(currency=account.currency, label=_("How much"))
        self.order_fields(["outcome", "answer", "why", "component", "amount", "on", "closes", "token"])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        part, minor = data.get("component"), data.get("amount")
        if part and not minor and "amount" not in self.errors:
            self.add_error("amount", _("Write how much."))
        if minor and not part:
            self.add_error("component", _("Say of which part."))
        return data

    def decision(self) -> Decision:
        data = self.cleaned_data
        part = data["component"]
        waived = Waived(part, data["amount"], data["on"] or today()) if part else None
        return Decision(data["outcome"], data["answer"], data["why"], waived, data["closes"])
