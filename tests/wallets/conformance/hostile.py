"""Calls that are not what they seem: refused as invalid, and nothing worse."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.wallets.conformance.suite import Suite, lacking, needs
from wallets.providers.base import Capability, EventKind, HttpIn, InvalidWebhook, PaymentState

ONE_OFF, SIGNED = Capability.ONE_OFF, Capability.WEBHOOK_SIGNED
LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<xml><return_code>&b;</return_code></xml>"""
OUTSIDE = b"""<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml><a>&a;</a></xml>"""
RUBBISH = {
    "empty": b"",
    "a form": b"sign=x",
    "not text": b"\xff\xfe",
    "ten megabytes": b"a" * 10_000_000,
    "ten megabytes of form": b"a=1&" * 2_500_000,
    "no names": b"=&=&=",
    "an empty object": b"{}",
    "null": b"null",
    "a list": b"[]",
    "a number": b"1e999",
    "deep": b"[" * 100_000,
    "half": b'{"id": "evt_1", "data": {"object": ',
    "duplicate keys": b'{"id":"a","id":"b"}',
    "laughs": LAUGHS,
    "outside": OUTSIDE,
    "half a document": b"<xml><return_code>SUCCESS",
    "zero bytes": b"\x00" * 64,
}


class HostileWebhookTests(Suite):
    def genuine(self) -> HttpIn:
        paid = self.h.paid()
        said = self.h.said(
            lambda event: (
                event.kind is EventKind.PAYMENT
                and event.payment.merchant_ref == paid.merchant_ref
                and event.payment.state is PaymentState.SUCCEEDED
            )
        )
        return said[0][0]

    def assert_invalid(self, call: HttpIn) -> None:
        with pytest.raises(InvalidWebhook):
            self.h.parse(call)

    @needs(ONE_OFF, SIGNED)
    @pytest.mark.parametrize("kind", ["forge", "tamper"])
    def test_a_webhook_that_is_not_genuine_is_refused(self, kind):
        self.h.fault(kind)
        self.h.paid()
        self.assert_invalid(self.h.receiver.wait()[0])

    @needs(ONE_OFF, SIGNED)
    def test_no_field_of_a_webhook_can_be_changed(self):
        changed = self.h.tampered(self.genuine())
        assert changed
        for call in changed:
            self.assert_invalid(call)

    @needs(ONE_OFF, SIGNED)
    def test_no_byte_of_a_webhook_can_be_lost_or_added(self):
        call = self.genuine()
        for body in (call.body[:-1], call.body + b"x", call.body[1:], call.body * 2):
            self.assert_invalid(replace(call, body=body))

    @needs(ONE_OFF, SIGNED)
    def test_a_webhook_without_its_headers_or_its_body_is_refused(self):
        call = self.genuine()
        self.assert_invalid(replace(call, body=b""))
        if any(name for name in call.headers if "sign" in name):
            self.assert_invalid(replace(call, headers={}))

    @needs(ONE_OFF, SIGNED)
    def test_a_webhook_of_another_merchant_is_refused(self):
        call = self.genuine()
        with pytest.raises(InvalidWebhook):
            self.h.parse(call, self.h.foreign())

    @needs(ONE_OFF, SIGNED)
    @lacking("webhook_clock")
    @pytest.mark.parametrize("minutes", [6, -6, 60 * 24 * 365 * 5])
    def test_an_old_or_future_webhook_is_refused(self, minutes):
        call = self.genuine()
        self.h.move_clock(self.h.now() + timedelta(minutes=minutes))
        self.assert_invalid(call)

    @pytest.mark.parametrize("body", RUBBISH.values(), ids=RUBBISH)
    def test_rubbish_is_refused_and_nothing_worse(self, body):
        self.assert_invalid(HttpIn(method="POST", path="/", body=body))

    @needs(ONE_OFF)
    @lacking("webhooks")
    @pytest.mark.parametrize("body", RUBBISH.values(), ids=RUBBISH)
    def test_rubbish_under_genuine_headers_is_refused_and_nothing_worse(self, body):
        self.assert_invalid(replace(self.genuine(), body=body))
