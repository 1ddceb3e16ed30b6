"""What WeChat Pay tells us, genuine and not: both generations arrive at one address."""

from dataclasses import replace

import pytest

from common.http import run
from tests.wallets.wechat_fixtures import wechat, wechat_sandbox
from wallets.providers import registry
from wallets.providers.base import EventKind, HttpIn, InvalidWebhook, MandateState, RefundState
from wallets.providers.wechat import xml

__all__ = ["wechat", "wechat_sandbox"]
ENTITIES = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "SUCCESS"><!ENTITY b "&a;&a;&a;&a;">]>
<xml><return_code>&b;</return_code></xml>"""
OUTSIDE = b"""<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]><xml><return_code>&a;</return_code></xml>"""
PARAMETER = b"""<!DOCTYPE x [<!ENTITY % a SYSTEM "http://127.0.0.1:9/"> %a;]><xml><a>1</a></xml>"""


def about_payment(event):
    return event.kind is EventKind.PAYMENT


def about_mandate(event):
    return event.kind is EventKind.MANDATE


def test_a_probe_of_wechat_is_refused_although_all_else_is_right(wechat):
    wechat.control.user("probe", url=wechat.receiver.url)
    call = wechat.receiver.wait()[0]
    assert call.headers["wechatpay-signature"].startswith("WECHATPAY/SIGNTEST/")
    with pytest.raises(InvalidWebhook):
        wechat.provider.parse_webhook(call)
    assert wechat.provider.webhook_reply(False).status >= 400


def test_a_probe_with_a_genuine_signature_behind_its_mark_is_refused_too(wechat):
    wechat.paid()
    ((call, _),) = wechat.said(about_payment)
    marked = "WECHATPAY/SIGNTEST/" + call.headers["wechatpay-signature"]
    with pytest.raises(InvalidWebhook):
        wechat.provider.parse_webhook(replace(call, headers={**call.headers, "wechatpay-signature": marked}))


def test_a_stale_notice_is_refused_and_its_repetition_taken(wechat):
    wechat.fault("stale")
    paid = wechat.paid()
    first = wechat.receiver.wait()[0]
    with pytest.raises(InvalidWebhook):
        wechat.provider.parse_webhook(first)
    wechat.control.post(f"wechat/notifies/{wechat.control.get('wechat/notifies')['notifies'][0]['id']}/resend")
    ((_, event), *_) = wechat.said(about_payment)
    assert event.payment.merchant_ref == paid.merchant_ref


def test_notices_signed_with_the_next_key_are_taken_during_the_change(wechat):
    wechat.control.post("wechat/settings", next_key=True)
    wechat.paid()
    ((call, _),) = wechat.said(about_payment)
    assert call.headers["wechatpay-serial"].endswith("2")
    behind = wechat.built(platform_keys=wechat.config.options["platform_keys"].partition(",")[0])
    with pytest.raises(InvalidWebhook):
        behind.parse_webhook(call)


def test_another_apiv3_key_opens_nothing(wechat):
    wechat.paid()
    ((call, _),) = wechat.said(about_payment)
    wrong = {**wechat.config.secrets, "api_v3_key": wechat.config.secrets["api_v2_key"]}
    other = registry.build("wechat", replace(wechat.config, secrets=wrong))
    with pytest.raises(InvalidWebhook):
        other.parse_webhook(call)


def test_a_refund_that_ends_well_or_badly_is_announced(wechat):
    for status, state in (("SUCCESS", RefundState.SUCCEEDED), ("CLOSED", RefundState.FAILED)):
        request = wechat.refund_request(wechat.paid(), 100)
        wechat.fault("accept_only")
        run(wechat.provider.refund(request))
        wechat.control.user("refund", out_refund_no=request.refund_ref, status=status)
        ((_, event),) = wechat.said(
            lambda event, ref=request.refund_ref: event.refund and event.refund.refund_ref == ref
        )
        assert (event.refund.state, event.refund.amount) == (state, request.amount)


def test_the_end_of_a_contract_counts_at_once_and_its_beginning_is_confirmed(wechat):
    mandate = wechat.mandate()
    wechat.user_unsigns(mandate.mandate_ref)
    (_, signed), (_, ended) = wechat.said(about_mandate, 2)
    assert (signed.mandate.state, signed.confirm_first) == (MandateState.ACTIVE, True)
    assert (ended.mandate.state, ended.confirm_first) == (MandateState.REVOKED, False)
    assert signed.dedupe_key != ended.dedupe_key
    assert ended.mandate.ended_at is not None


def test_no_field_of_a_contract_or_deduction_notice_can_be_changed(wechat):
    run(wechat.provider.charge(wechat.charge_request(wechat.mandate())))
    calls = [call for call, _ in wechat.said(lambda event: True, 2)]
    assert all(call.body.startswith(b"<xml>") for call in calls)
    for call in calls:
        changed = wechat.tampered(call)
        assert len(changed) > 8
        for one in changed:
            with pytest.raises(InvalidWebhook):
                wechat.provider.parse_webhook(one)


@pytest.mark.parametrize("kind", ["forge", "tamper"])
def test_a_contract_notice_that_is_not_genuine_is_refused(wechat, kind):
    wechat.fault(kind)
    wechat.mandate()
    with pytest.raises(InvalidWebhook):
        wechat.provider.parse_webhook(wechat.receiver.wait()[0])


def test_a_repeated_deduction_notice_has_the_same_dedupe_key(wechat):
    mandate = wechat.mandate()
    wechat.said(about_mandate)
    wechat.fault("duplicate")
    run(wechat.provider.charge(wechat.charge_request(mandate)))
    said = wechat.said(about_payment, 2)
    assert len({event.dedupe_key for _, event in said}) == 1


def test_another_merchant_or_plan_is_not_ours(wechat):
    mandate = wechat.mandate()
    run(wechat.provider.charge(wechat.charge_request(mandate)))
    calls = [call for call, _ in wechat.said(lambda event: True, 2)]
    for call in calls:
        with pytest.raises(InvalidWebhook):
            wechat.foreign().parse_webhook(call)
    with pytest.raises(InvalidWebhook, match="plan"):
        wechat.built(plan_id="10002").parse_webhook(calls[0])
    with pytest.raises(InvalidWebhook):
        wechat.built(app_id="wx2").parse_webhook(calls[1])
    with pytest.raises(InvalidWebhook):
        wechat.built(plan_id="").parse_webhook(calls[0])


def test_a_notice_without_what_it_must_say_is_refused_although_it_is_signed(wechat):
    wechat.mandate()
    ((call, _),) = wechat.said(about_mandate)
    fields = xml.read(call.body)
    key = wechat.provider._v2.key
    for name in ("contract_id", "operate_time", "plan_id", "mch_id"):
        rest = {other: text for other, text in fields.items() if other not in (name, "sign")}
        with pytest.raises(InvalidWebhook):
            wechat.provider.parse_webhook(replace(call, body=xml.write({**rest, "sign": key.sign(rest, "MD5")})))
    for name, text in (("change_type", "MOVE"), ("result_code", "FAIL"), ("operate_time", "soon")):
        rest = {**fields, name: text}
        with pytest.raises(InvalidWebhook):
            wechat.provider.parse_webhook(replace(call, body=xml.write({**rest, "sign": key.sign(rest, "MD5")})))


@pytest.mark.parametrize(
    "body",
    [
        ENTITIES,
        OUTSIDE,
        PARAMETER,
        b"<xml><a><b>1</b></a></xml>",
        b"<xml><a>1</a><a>1</a></xml>",
        b"<html><a>1</a></html>",
        b"<xml>" + b"".join(b"<f%d>1</f%d>" % (number, number) for number in range(200)) + b"</xml>",
        b"<xml>" + b"<a>" * 20_000,
        b'<?xml version="1.0" encoding="no-such-code"?><xml><a>1</a></xml>',
        "<xml><a>1</a></xml>".encode("utf-16"),
        b"<xml><sign></sign></xml>",
        b"<xml><sign>00000000000000000000000000000000</sign></xml>",
        b"<xml/>",
    ],
    ids=range(13),
)
def test_xml_that_is_not_flat_and_plain_is_refused(wechat, body):
    with pytest.raises(InvalidWebhook):
        wechat.provider.parse_webhook(HttpIn(method="POST", path="/", body=body))


@pytest.mark.parametrize("body", [ENTITIES, OUTSIDE, PARAMETER, b"<!DOCTYPE xml><xml><a>1</a></xml>"], ids=range(4))
def test_a_document_type_is_refused_before_anything_of_it_is_expanded(body):
    """A signature over the expanded text could be genuine, so it must never come to that."""
    with pytest.raises(ValueError):
        xml.read(body)


def test_text_is_escaped_and_read_back():
    fields = {"a": "<b> & ]]> \"'", "c": "中文", "d": ""}
    assert xml.read(xml.write(fields)) == fields


def test_the_reply_serves_both_generations(wechat):
    good, bad = wechat.provider.webhook_reply(True), wechat.provider.webhook_reply(False)
    assert (good.status, xml.read(good.body)["return_code"]) == (200, "SUCCESS")
    assert (bad.status, xml.read(bad.body)["return_code"]) == (500, "FAIL")
