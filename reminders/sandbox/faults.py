"""What can be made to go wrong, and the reading of it from the control panel."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from django.utils.translation import gettext_lazy as _

from reminders.sandbox.store import Store

CHOICES: Mapping[str, Mapping[str, Any]] = {
    "api": {
        "none": _("Takes the message"),
        "rate_limited": _("Too many requests (429)"),
        "server_error": _("Server error (500)"),
        "hang_up_before": _("Hangs up, message not taken"),
        "hang_up_after": _("Hangs up, message taken"),
        "error_code": _("Refuses with this code"),
    },
    "receipts": {
        "none": _("Sent, then delivered"),
        "late": _("Late"),
        "duplicate": _("Each one twice"),
        "out_of_order": _("In the wrong order"),
        "silent": _("None at all"),
        "undelivered": _("Not delivered, with this code"),
    },
    "push": {
        "none": _("Takes the notification"),
        "rate_limited": _("Too many requests (429)"),
        "unavailable": _("Not now (503)"),
        "server_error": _("Server error (500)"),
        "gone": _("The person switched it off (410)"),
        "not_found": _("Unknown subscription (404)"),
        "too_large": _("Too large (413)"),
        "unauthorised": _("Does not know us (401)"),
        "hang_up_before": _("Hangs up, message not taken"),
        "hang_up_after": _("Hangs up, message taken"),
    },
    "smtp": {
        "none": _("Takes the mail"),
        "reject_550": _("No such mailbox (550)"),
        "reject_450": _("Try again later (450)"),
        "busy_421": _("Too busy (421)"),
        "drop_after_data": _("Breaks off after taking the mail"),
    },
}


@dataclass(frozen=True, slots=True)
class Faults:
    """`api_code` is answered while `api` is error_code; `receipt_code` goes with undelivered; `times` 0 means always.

    `advanced_opt_out`: the provider answers STOP itself and says so in the webhook, as Twilio does when it is enabled.
    """

    api: str = "none"
    api_code: str = "21211"
    receipts: str = "none"
    receipt_code: str = "30003"
    late_seconds: int = 20
    smtp: str = "none"
    push: str = "none"
    times: int = 0
    advanced_opt_out: bool = True


def current(store: Store) -> Faults:
    return Faults(**{name: value for name, value in store.control().items() if name in _KINDS})


def spend(store: Store, faults: Faults, *, name: str) -> None:
    """One of a limited number of faults was used; the last one switches it off."""
    if faults.times == 1:
        store.set_control({name: "none", "times": 0})
    elif faults.times > 1:
        store.set_control({"times": faults.times - 1})


def change(store: Store, wanted: Mapping[str, Any]) -> str:
    """Sets the controls; answers what is wrong with them, or nothing."""
    for name, value in wanted.items():
        if name not in _KINDS:
            return f"There is no control called {name}."
        if name in CHOICES and value not in CHOICES[name]:
            return f"{name} must be one of: {', '.join(CHOICES[name])}."
        if _KINDS[name] is int and not str(value).isdigit():
            return f"{name} must be a whole number."
    store.set_control({name: _KINDS[name](value) for name, value in wanted.items()})
    return ""


def as_dict(faults: Faults) -> dict[str, Any]:
    return asdict(faults)


def _boolean(value: Any) -> bool:
    return str(value).lower() in {"1", "true", "on", "yes"}


_KINDS: Mapping[str, Any] = {
    item.name: {"int": int, "bool": _boolean}.get(getattr(item.type, "__name__", str(item.type)), str)
    for item in fields(Faults)
}
