"""Our cryptography and reading against what other people made: both generations of WeChat Pay's API."""

import base64
import gzip
import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from common.money import Money
from tests.wallets.test_wechat_window import MANDATE
from wallets.providers.base import (
    ChargeRequest,
    EventKind,
    HttpIn,
    InvalidWebhook,
    MandateState,
    PaymentState,
    RefundState,
)
from wallets.providers.wechat import bill, notify, reading, requests, xml
from wallets.providers.wechat.adapter import ACCEPTED
from wallets.providers.wechat.requests import Merchant
from wallets.providers.wechat.signing import Keyring, Signer, Vault, certificate_serial, lines
from wallets.providers.wechat.signing_v2 import HMAC_SHA256, MD5, SharedKey, content
from wallets.providers.wechat.v3 import V3


@pytest.fixture
def v3_vector(shared: Path):
    return reader(shared / "vectors" / "wechatpay_v3")


@pytest.fixture
def v2_vector(shared: Path):
    return reader(shared / "vectors" / "wechatpay_v2")


def reader(folder: Path):
    if not folder.is_dir():
        pytest.skip("the public WeChat Pay vectors are not beside this checkout")
    return lambda name: json.loads((folder / f"{name}.json").read_text())


@pytest.fixture(scope="module")
def own_signer():
    key = rsa.generate_private_key(65537, 2048)
    no_password = serialization.NoEncryption()
    return Signer(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, no_password))


def client(signer: Signer, keys: dict[str, str], moment: int) -> V3:
    ring = Keyring({serial: pem.encode() for serial, pem in keys.items()})
    now = datetime.fromtimestamp(moment, UTC)
    return V3(url="https://x", mch_id="1", serial="S", signer=signer, keyring=ring, now=lambda: now)


# APIv3


def test_a_real_answer_of_wechat_pay_verifies(v3_vector, own_signer):
    vector = v3_vector("real_response_verify_2024")
    headers = {
        "wechatpay-timestamp": vector["timestamp"],
        "wechatpay-nonce": vector["nonce"],
        "wechatpay-signature": vector["signature"],
        "wechatpay-serial": "PUB_KEY_ID_1",
    }
    keys = {"PUB_KEY_ID_1": vector["public_key_pem"]}
    then = client(own_signer, keys, int(vector["timestamp"]))
    assert then.verified(headers, vector["body"].encode())
    assert not then.verified(headers, vector["body"].encode() + b" ")
    assert not then.verified({**headers, "wechatpay-serial": "PUB_KEY_ID_2"}, vector["body"].encode())


@pytest.mark.parametrize(("seconds", "fresh"), [(-300, False), (-299, True), (299, True), (300, False)])
def test_a_genuine_answer_counts_for_five_minutes_either_way(v3_vector, own_signer, seconds, fresh):
    vector = v3_vector("real_response_verify_2024")
    names = {"timestamp": "timestamp", "nonce": "nonce", "signature": "signature"}
    headers = {f"wechatpay-{name}": vector[field] for name, field in names.items()} | {"wechatpay-serial": "K"}
    later = client(own_signer, {"K": vector["public_key_pem"]}, int(vector["timestamp"]) + seconds)
    assert later.verified(headers, vector["body"].encode()) is fresh


def test_the_signature_scheme_is_the_published_one(v3_vector):
    for name in ("rsa_sha256_sign", "rsa_verify_java"):
        vector = v3_vector(name)
        pem = vector.get("public_key_pem") or vector["certificate_pem"]
        assert Keyring({"K": pem.encode()}).verify("K", vector["message"].encode(), vector["signature"])


def test_another_key_does_not_verify(v3_vector):
    vector = v3_vector("rsa_verify_java")
    wrong = Keyring({"K": vector["wrong_public_key_pem"].encode()})
    assert not wrong.verify("K", vector["message"].encode(), vector["signature"])


def test_requests_and_pay_signs_have_the_lines_of_the_official_example(v3_vector):
    vector = v3_vector("official_doc_signing_example")
    ring = Keyring({"K": vector["public_key_pem"].encode()})
    for case in vector["cases"]:
        message = lines(*case["message"].removesuffix("\n").split("\n"))
        assert message.decode() == case["message"]
        assert ring.verify("K", message, case["signature"]), case["name"]
        assert not ring.verify("K", message[:-1], case["signature"]), case["name"]


def test_a_whole_notice_opens_and_says_what_it_should(v3_vector, own_signer):
    vector = v3_vector("notify_signed_encrypted")
    plain = json.loads(vector["expected_plaintext"])
    then = client(
        own_signer, {vector["headers"]["Wechatpay-Serial"]: vector["platform_certificate_pem"]}, vector["now"]
    )
    call = HttpIn(
        method="POST",
        path="/",
        body=vector["body"].encode(),
        headers={name.lower(): value for name, value in vector["headers"].items()},
    )
    known = {"v3": then, "vault": Vault(vector["apiv3_key"].encode())}
    event = notify.json_event(call, merchant=Merchant(mch_id=plain["mchid"], app_id=plain["appid"]), **known)
    assert (event.kind, event.type) == (EventKind.OTHER, vector["expected_event_type"])
    assert event.dedupe_key == json.loads(vector["body"])["id"]
    with pytest.raises(InvalidWebhook):
        notify.json_event(call, merchant=Merchant(mch_id="1900000001", app_id=plain["appid"]), **known)


def test_resources_open_with_the_right_key_and_context_only(v3_vector):
    for case in v3_vector("aes_gcm")["cases"]:
        vault = Vault(case["key"].encode())
        sealed = {name: case[name] for name in ("ciphertext", "nonce", "associated_data")}
        if case["plaintext"] is None:
            with pytest.raises(ValueError, match="decrypted"):
                vault.open(**sealed)
        else:
            assert vault.open(**sealed).decode() == case["plaintext"]


@pytest.mark.parametrize("name", ["certificates_download_go", "certificates_download_java_32bytekey"])
def test_downloaded_certificates_open_and_know_their_serial(v3_vector, name):
    vector = v3_vector(name)
    (one,) = json.loads(vector["response_body"])["data"]
    sealed = {key: one["encrypt_certificate"][key] for key in ("ciphertext", "nonce", "associated_data")}
    pem = Vault(vector["apiv3_key"].encode()).open(**sealed)
    assert certificate_serial(pem) == one["serial_no"] == vector.get("expected_serial", one["serial_no"])
    assert Keyring({certificate_serial(pem): pem})
    if "expected_certificate_pem" in vector:
        wanted = x509.load_pem_x509_certificate(vector["expected_certificate_pem"].encode())
        assert x509.load_pem_x509_certificate(pem) == wanted


def test_the_sample_refund_reads_as_a_refund(v3_vector):
    sample = v3_vector("sample_bodies_unsigned")["refund_plaintext"]
    refund = reading.refund(sample)
    assert (refund.state, refund.amount) == (RefundState.SUCCEEDED, Money(999, "CNY"))
    assert (refund.refund_ref, refund.merchant_ref) == (sample["out_refund_no"], sample["out_trade_no"])
    assert refund.refunded_at == datetime.fromisoformat(sample["success_time"])


def test_an_envelope_without_content_is_refused(v3_vector, own_signer):
    envelope = v3_vector("sample_bodies_unsigned")["transaction_success_envelope"]
    with pytest.raises(ValueError):
        notify._opened(envelope["resource"], Vault(b"k" * 32))


# APIv2


def test_both_signatures_of_apiv2_are_the_published_ones(v2_vector):
    vector = v2_vector("sign_md5_hmac")
    key = SharedKey(vector["key"].encode())
    assert content(vector["params"]) == vector["string_a"]
    assert key.sign(vector["params"], MD5) == vector["md5"]
    assert key.sign(vector["params"], HMAC_SHA256) == vector["hmac_sha256"]


def test_a_signature_is_known_by_its_length_and_empty_fields_do_not_count(v2_vector):
    vector = v2_vector("sign_md5_hmac")
    key = SharedKey(vector["key"].encode())
    for sign in (vector["md5"], vector["md5"].lower(), vector["hmac_sha256"]):
        assert key.verify({**vector["params"], "sign": sign, "attach": ""})
        assert not key.verify({**vector["params"], "sign": sign, "attach": "new"})
        assert not key.verify({**vector["params"], "sign": sign[:-1] + "G"})
    assert not key.verify({**vector["params"], "sign": vector["md5"], "sign_type": "HMAC-SHA256"})
    assert not key.verify({**vector["params"], "sign": "ä" * 32})


KEY = SharedKey(b"k" * 32)


def resigned(fields: dict[str, str]) -> HttpIn:
    return HttpIn(method="POST", path="/", body=xml.write({**fields, "sign": KEY.sign(fields, MD5)}))


def heard(call: HttpIn, **changes: str):
    fields = {"appid": "wx1", "plan_id": "", **xml.read(call.body), **changes}
    merchant = Merchant(mch_id=fields["mch_id"], app_id=fields["appid"])
    return notify.xml_event(call, key=KEY, merchant=merchant, plan_id=fields["plan_id"])


@pytest.fixture
def sample(v2_vector):
    return lambda name: xml.read(v2_vector("sample_xml_bodies")[name].encode())


def test_the_sample_contract_notice_reads_as_a_signed_mandate(sample):
    fields = sample("contract_notify_add")
    event = heard(resigned(fields))
    assert (event.mandate.state, event.mandate.mandate_ref) == (MandateState.ACTIVE, fields["contract_id"])
    assert event.mandate.merchant_ref == fields["contract_code"]
    assert event.mandate.signed_at == datetime.fromisoformat(fields["operate_time"] + "+08:00")
    assert "openid" not in event.facts
    for other in ("plan_id", "mch_id"):
        with pytest.raises(InvalidWebhook):
            heard(resigned(fields), **{other: "1"})


def test_the_sample_deduction_notice_reads_as_money(sample):
    fields = sample("deduct_notify_success")
    event = heard(resigned(fields))
    assert event.payment.state is PaymentState.SUCCEEDED
    assert event.payment.amount == Money(int(fields["total_fee"]), fields["fee_type"])
    assert event.confirm_first
    with pytest.raises(InvalidWebhook, match="another merchant"):
        heard(resigned(fields), appid="wx2")


@pytest.mark.parametrize("lost", ["transaction_id", "time_end", "total_fee"])
def test_a_deduction_notice_that_lacks_the_facts_of_a_payment_is_no_success(sample, lost):
    """The published sample of a failure says SUCCESS too, and only lacks these."""
    fields = sample("deduct_notify_success")
    del fields[lost]
    assert heard(resigned(fields)).payment.state is PaymentState.UNKNOWN


@pytest.mark.parametrize("name", ["contract_notify_add", "deduct_notify_success"])
def test_the_published_samples_carry_no_real_signature(v2_vector, name):
    body = v2_vector("sample_xml_bodies")[name].encode()
    with pytest.raises(InvalidWebhook, match="signed"):
        heard(HttpIn(method="POST", path="/", body=body))


def test_the_sample_contract_look_up_reads_as_ended_by_us(sample):
    fields = sample("querycontract_response")
    mandate = reading.mandate(fields, datetime.now(UTC))
    assert mandate.state is MandateState.REVOKED
    assert (mandate.mandate_ref, mandate.merchant_ref) == (fields["contract_id"], fields["contract_code"])


def test_an_accepted_deduction_says_nothing_about_money(sample):
    fields = sample("pappayapply_response_accepted_only")
    assert reading.deducted(fields).state is PaymentState.UNKNOWN


def test_our_request_has_the_fields_of_the_sample(sample):
    wanted = set(sample("pappayapply_request"))
    request = ChargeRequest(
        merchant_ref="R12345", mandate=MANDATE, amount=Money(777, "CNY"), subject="还款", notify_url="https://x/n"
    )
    ours = requests.deduction(request, Merchant(mch_id="1", app_id="2"))
    assert wanted - {"mch_id", "appid", "nonce_str", "sign"} <= {name for name, text in ours.items() if text}
    assert (ours["total_fee"], ours["trade_type"]) == ("777", "PAP")


def test_our_reply_is_the_published_one(v2_vector):
    assert v2_vector("sample_xml_bodies")["notify_ack"].encode() == ACCEPTED


def test_a_bill_of_the_published_form_reads(v2_vector):
    headers = v2_vector("sample_xml_bodies")["bill_headers"]
    names = headers["ALL"].split(",")
    names_of_money = {"总金额": "0.01", "手续费": "0.00000", "退款金额": "0.00", "货币种类": "CNY"}
    known = {"交易时间": "2026-11-10 16:33:45", "商户订单号": "R12345", "交易状态": "SUCCESS", **names_of_money}
    row = ",".join(f"`{known.get(name, '')}" for name in names)
    text = "\r\n".join([headers["ALL"], row, row, headers["totals"], headers["totals_row_example"], ""]).encode()
    digest = hashlib.sha1(text).hexdigest()
    found = bill.trades(gzip.compress(text), digest).lines
    assert [(line.kind, line.amount, line.fee) for line in found] == [
        (EventKind.PAYMENT, Money(1, "CNY"), Money(0, "CNY"))
    ] * 2


def test_base64_is_read_strictly(own_signer):
    signature = own_signer.sign(b"x")
    public = own_signer._key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    ring = Keyring({"K": public})
    assert ring.verify("K", b"x", signature)
    for bad in ("", "é", signature[:-4], signature + "\n", base64.b64encode(b"x").decode()):
        assert not ring.verify("K", b"x", bad)
