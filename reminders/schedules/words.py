"""A step and its conditions as sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from babel.lists import format_list
from django.utils.formats import number_format
from django.utils.translation import get_language, ngettext, to_locale
from django.utils.translation import gettext as _

from accounts.products import product_words
from accounts.timeline_words import CHANNEL_WORDS
from common.templatetags.frame import OWN_NAMES
from reminders.models import Step
from reminders.words import CHANNEL_NAMES, purpose_words


def day_words(offset: int) -> str:
    if offset == 0:
        return _("on the due date")
    number = abs(offset)
    if offset < 0:
        return ngettext("%(n)s day before", "%(n)s days before", number) % {"n": number}
    return ngettext("%(n)s day after", "%(n)s days after", number) % {"n": number}


def when_words(step: Step) -> str:
    if step.after_previous is None:
        return day_words(step.offset_days)
    number = step.after_previous
    return ngettext("%(n)s day after the reminder before it", "%(n)s days after the reminder before it", number) % {
        "n": number
    }


def sentences(steps: Iterable[Step]) -> list[str]:
    return [sentence(step) for step in steps]


def sentence(step: Step) -> str:
    names = [str(CHANNEL_WORDS.get(channel, channel)) for channel in step.channels]
    said = _("%(day)s: %(text)s %(first)s") % {
        "day": when_words(step).capitalize(),
        "text": purpose_words(step.template_key).lower(),
        "first": names[0] if names else "",
    }
    if len(names) > 1:
        said += _("; if that fails, %(others)s") % {"others": _(", then ").join(names[1:])}
    if step.silence_hours:
        silence = ngettext(
            ", also after %(n)s hour without a reaction",
            ", also after %(n)s hours without a reaction",
            step.silence_hours,
        )
        said += silence % {"n": step.silence_hours}
    if conditions := list(condition_words(step)):
        said += _("; only %(conditions)s") % {"conditions": _(", and ").join(conditions)}
    return _("%(said)s.") % {"said": said}


def condition_words(step: Step) -> Iterator[str]:
    """Each condition as a part of a sentence that begins with "only"."""
    if step.minimum_minor and step.maximum_minor is not None:
        yield _("for balances from %(least)s to %(most)s") % {
            "least": _amount(step.minimum_minor),
            "most": _amount(step.maximum_minor),
        }
    elif step.minimum_minor:
        yield _("for balances from %(least)s") % {"least": _amount(step.minimum_minor)}
    elif step.maximum_minor is not None:
        yield _("for balances up to %(most)s") % {"most": _amount(step.maximum_minor)}
    if step.products:
        yield _("for %(products)s") % {"products": _or(product_words(name).lower() for name in step.products)}
    if step.segments:
        yield _("in the segment %(segments)s") % {"segments": _or(step.segments)}
    if step.languages:
        yield _("for people who read %(languages)s") % {
            "languages": _or(OWN_NAMES.get(tag, tag) for tag in step.languages)
        }
    if step.reachable_by:
        name = str(CHANNEL_NAMES.get(step.reachable_by, step.reachable_by)).lower()
        yield _("where %(channel)s can reach the person") % {"channel": name}


def _amount(hundredths: int) -> str:
    return number_format(Decimal(hundredths) / 100, decimal_pos=2, use_l10n=True, force_grouping=True)


def _or(names: Iterable[str]) -> str:
    return format_list(list(names), style="or", locale=to_locale(get_language() or "en"))
