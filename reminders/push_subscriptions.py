"""Notifications on a person's phone: switched on by them in their browser, kept as one more way to reach them."""

from __future__ import annotations

import json

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import ContactPoint
from common.errors import InvalidInput
from common.http import HttpRequest, Operation, run
from compliance.services import lock_debtor
from payments.models import PaymentLink
from reminders.channels.config import public_key, push_config
from reminders.channels.push_crypto import UnusableSubscription, read_subscription
from reminders.opt_out import grant_consent, withdraw_consent

CHANNEL = "push"
LONGEST = 2000
MOST_DEVICES = 5


@transaction.atomic
def switch_on(link: PaymentLink, *, subscription: str) -> ContactPoint:
    """Keep a browser's subscription and the person's yes to it. The same one twice is one."""
    debtor = link.account.debtor
    try:
        usable = len(subscription) <= LONGEST and push_config().knows(read_subscription(subscription).endpoint)
    except UnusableSubscription:
        usable = False
    if not usable:
        raise InvalidInput(_("Your browser did not let us switch notifications on."), field="subscription")
    lock_debtor(debtor.pk)
    known = list(ContactPoint.objects.filter(debtor=debtor, kind=ContactPoint.Kind.APP).order_by("id"))
    point = next((each for each in known if each.value == subscription), None)
    if point is None:
        for oldest in [each for each in known if each.condition != "invalid"][: -(MOST_DEVICES - 1)]:
            _set_aside(oldest)
        point = ContactPoint.objects.create(debtor=debtor, kind=ContactPoint.Kind.APP, value=subscription)
    elif point.condition != "unknown":
        point.condition = "unknown"
        point.save(update_fields=["condition"])
    grant_consent(debtor, channel=CHANNEL, source="debtor_page", evidence={"link": link.pk})
    return point


@transaction.atomic
def switch_off(link: PaymentLink) -> None:
    debtor = link.account.debtor
    withdraw_consent(debtor, channel=CHANNEL, source="debtor_page", evidence={"link": link.pk})
    for point in ContactPoint.objects.filter(debtor=debtor, kind=ContactPoint.Kind.APP).exclude(condition="invalid"):
        _set_aside(point)


def _set_aside(point: ContactPoint) -> None:
    point.condition = "invalid"
    point.save(update_fields=["condition"])


def simulated_subscription() -> str:
    """In the sandbox there is no push service of a browser: its own stands in. Not inside a transaction."""
    if not settings.SANDBOX:
        raise InvalidInput(_("Your browser did not let us switch notifications on."), field="subscription")
    return run(_asking(f"{settings.MESSAGE_SANDBOX_URL.rstrip('/')}/push/subscriptions"))


def _asking(url: str) -> Operation[str]:
    body = json.dumps({"applicationServerKey": public_key()}).encode()
    headers = {"Content-Type": "application/json"}
    answer = yield HttpRequest(method="POST", url=url, purpose="push.simulate", headers=headers, body=body)
    return str(answer.body.decode())
