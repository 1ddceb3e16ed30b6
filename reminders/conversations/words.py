"""What conversations are about and how they stand, as people say it."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

NO_SUCH_CONVERSATION = _("There is no such conversation.")
TOPICS: dict[str, Promise] = {
    "unclear": _("Not understood: please read"),
    "often": _("Writes a lot: please read"),
    "opt_out": _("Asks us to stop"),
    "stop": _("Asks us to stop"),
    "stop_everything": _("Asks us to stop"),
    "start": _("Wants to hear from us again"),
    "help": _("Asks for help"),
    "deceased": _("The person may have died"),
    "wrong_person": _("Not the person we look for"),
    "represented": _("Somebody represents them"),
    "bankruptcy": _("Bankruptcy"),
    "dispute": _("Says something is wrong"),
    "hardship": _("In hardship"),
    "abuse": _("Angry or threatening"),
    "complaint": _("Complains about us"),
    "paid": _("Says it is paid"),
    "promise": _("Promises to pay"),
    "human": _("Wants a person"),
    "options": _("Asks what is possible"),
    "how_to_pay": _("Asks how to pay"),
    "balance": _("Asks how much"),
}
DRAFT_NAMES: dict[str, Promise] = {
    "answer_balance": _("What is open"),
    "answer_options": _("What is possible"),
    "answer_hardship": _("Hard times"),
    "answer_dispute": _("We look into it"),
    "answer_paid": _("Thank you, we check"),
    "answer_which_day": _("Which day?"),
    "answer_handover": _("A person answers"),
}
GRAVE = frozenset(
    {"deceased", "wrong_person", "represented", "bankruptcy", "dispute", "hardship", "abuse", "complaint"}
)


def topic_words(topic: str) -> str:
    return str(TOPICS.get(topic, topic.replace("_", " ")))
