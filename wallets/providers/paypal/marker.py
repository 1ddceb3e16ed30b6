"""What we write into an order's `custom_id`: until when we may capture it, or that we never will.

PayPal has no call that ends an order, but nobody except us can capture one. The promise not to do it is kept in the
order itself, so that every process sees it: a page returned to, a webhook and a poller read it before they capture.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

# A capture is begun only so early that its answer is there before the page's time is over.
RESERVE = timedelta(seconds=60)
CHARGE, CLOSED, OPEN = "charge", "closed", "open"
_UNTIL, _DECLINED = "until.", "declined."


def until(moment: datetime | None) -> str:
    return f"{_UNTIL}{int(moment.timestamp())}" if moment else OPEN


def declined(code: str) -> str:
    return f"{_DECLINED}{code}"


@dataclass(frozen=True)
class Marker:
    text: str

    @property
    def declined_code(self) -> str:
        return self.text.removeprefix(_DECLINED) if self.text.startswith(_DECLINED) else ""

    def may_capture(self, now: datetime) -> bool:
        ends = self._ends()
        return self.text == OPEN or (ends is not None and now < ends - RESERVE)

    def is_over(self, now: datetime) -> bool:
        """No process will ever capture this order any more. Unknown words are nobody's permission."""
        ends = self._ends()
        return now >= ends if ends else self.text != OPEN

    def _ends(self) -> datetime | None:
        text = self.text.removeprefix(_UNTIL)
        plain = self.text.startswith(_UNTIL) and text.isascii() and text.isdigit() and len(text) <= 11
        return datetime.fromtimestamp(int(text), UTC) if plain else None
