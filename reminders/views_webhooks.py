"""Doors for Twilio and for the opt-out links. Nobody signs in here: a signature or a signed token is the authority."""

from __future__ import annotations

import logging

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import Debtor
from common.errors import PlatformError
from compliance.gate import EVERY_CHANNEL
from reminders.channels.errors import ChannelNotConfigured, InvalidCallback
from reminders.channels.registry import channel
from reminders.channels.transport import http_in
from reminders.channels.whatsapp_twilio import is_whatsapp
from reminders.inbound import receive_text
from reminders.opt_out import withdraw_consent
from reminders.receipts import record_receipt
from reminders.tokens import OptOut, OptOutLinkUnknown, read_opt_out

logger = logging.getLogger(__name__)

WORKER = settings.BASE_DIR / "static" / "js" / "push_worker.js"
NO_REPLY = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'


@csrf_exempt
@require_POST
def sms_status(request: HttpRequest) -> HttpResponse:
    """Twilio says what became of a message."""
    try:
        events = channel("sms").parse_callback(http_in(request, public_url=settings.PUBLIC_URL))
    except (InvalidCallback, ChannelNotConfigured) as error:
        return _refuse(error)
    for event in events:
        record_receipt(event)
    return HttpResponse(status=204)


@csrf_exempt
@require_POST
def sms_inbound(request: HttpRequest) -> HttpResponse:
    """A person answered by SMS or WhatsApp. The empty answer tells Twilio to say nothing in our name."""
    call = http_in(request, public_url=settings.PUBLIC_URL)
    key = "whatsapp" if is_whatsapp(dict(call.form()).get("From", "")) else "sms"
    try:
        texts = channel(key).parse_inbound(call)
    except (InvalidCallback, ChannelNotConfigured) as error:
        return _refuse(error)
    for text in texts:
        receive_text(text, channel=key)
    return HttpResponse(NO_REPLY, content_type="text/xml")


def _refuse(error: PlatformError) -> HttpResponse:
    logger.warning("message callback refused", extra={"code": error.code})
    return HttpResponse(status=error.status)


@require_GET
@cache_control(max_age=3600)
def push_worker(request: HttpRequest) -> HttpResponse:
    """A service worker answers only for what lies beside it, so it is served from the root."""
    return HttpResponse(WORKER.read_bytes(), content_type="text/javascript; charset=utf-8")


@csrf_exempt  # mail programs post here by themselves (RFC 8058); the signed token is what authorises
@require_http_methods(["GET", "HEAD", "POST"])
def opt_out(request: HttpRequest, token: str) -> HttpResponse:
    """Looking changes nothing (link scanners look); posting stops the channel, or everything when that was chosen."""
    try:
        wanted = read_opt_out(token)
    except OptOutLinkUnknown as error:
        return render(request, "reminders/opt_out.html", {"problem": error.message}, status=error.status)
    stopped = ""
    if request.method == "POST":
        stopped = EVERY_CHANNEL if request.POST.get("scope") == "everything" else wanted.channel
        _stop(wanted, stopped)
    debtor = Debtor.objects.select_related("creditor").get(pk=wanted.debtor_id)
    context = {"channel": wanted.channel, "stopped": stopped, "creditor_name": debtor.creditor.name}
    return render(request, "reminders/opt_out.html", context)


def _stop(wanted: OptOut, scope: str) -> None:
    debtor = Debtor.objects.select_related("creditor").get(pk=wanted.debtor_id)
    withdraw_consent(debtor, channel=scope, source="link", evidence={"message": wanted.message_id})
