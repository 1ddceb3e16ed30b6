"""Our signing against signatures other people made, and against itself for what nobody published."""

import base64
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from wallets.providers.alipay.certificates import certificate_sn, root_certificate_sn
from wallets.providers.alipay.signing import Signer, Verifier, notify_contents, request_content, top_level_values
from wallets.providers.base import ConfigError

NAMES = st.text(min_size=1, max_size=10)


@pytest.fixture
def vectors(shared: Path) -> Path:
    folder = shared / "vectors" / "alipay"
    if not folder.is_dir():
        pytest.skip("the public Alipay vectors are not beside this checkout")
    return folder


@pytest.fixture(scope="module")
def key():
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture(scope="module")
def private_pem(key):
    no_password = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, no_password)


@pytest.fixture(scope="module")
def public_der(key):
    return key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def test_a_real_answer_of_alipay_verifies_over_its_exact_substring(vectors):
    vector = json.loads((vectors / "sync_response_rsa2.json").read_text())
    body = f'{{"alipay_trade_pay_response":{vector["signed_substring"]},"sign":"{vector["sign"]}"}}'
    part = top_level_values(body)["alipay_trade_pay_response"]
    verifier = Verifier(vector["alipay_public_key_der_b64"].encode())
    assert part == vector["signed_substring"]
    assert verifier.verify(part.encode(), vector["sign"])
    assert not verifier.verify(part.replace("0.01", "0.10").encode(), vector["sign"])


def test_the_same_answer_written_again_no_longer_verifies(vectors):
    vector = json.loads((vectors / "sync_response_rsa2.json").read_text())
    rewritten = json.dumps(json.loads(vector["signed_substring"]))
    assert not Verifier(vector["alipay_public_key_der_b64"].encode()).verify(rewritten.encode(), vector["sign"])


def test_certificate_serial_numbers_match_the_published_ones(vectors):
    expected = json.loads((vectors / "cert_sn.json").read_text())
    for name in ("alipayPublicCert.crt", "appPublicCert.crt"):
        assert certificate_sn((vectors / name).read_bytes()) == expected[name]
    assert root_certificate_sn((vectors / "alipayRootCert.crt").read_bytes()) == expected["alipayRootCert.crt"]


def test_a_published_notify_with_a_made_up_signature_does_not_verify(vectors, public_der):
    form = json.loads((vectors / "notify_form_samples_unverifiable.json").read_text())["trade_success"]
    without, _ = notify_contents(form)
    assert b"sign_type" not in without
    assert not Verifier(base64.b64encode(public_der)).verify(without, base64.b64encode(b"x" * 256).decode())


def test_a_request_signs_its_sign_type_and_leaves_out_what_is_empty():
    assert request_content({"b": "2", "a": "1", "sign_type": "RSA2", "c": "", "sign": "x"}) == b"a=1&b=2&sign_type=RSA2"


@given(st.dictionaries(NAMES, st.text(max_size=20), max_size=8))
@settings(max_examples=30, deadline=None)
def test_what_we_sign_verifies_and_any_change_does_not(private_pem, public_der, fields):
    content = request_content(fields)
    signature = Signer(private_pem).sign(content)
    verifier = Verifier(base64.b64encode(public_der))
    assert verifier.verify(content, signature)
    assert not verifier.verify(content + b"x", signature)


@given(
    st.dictionaries(
        NAMES, st.recursive(st.none() | st.integers() | NAMES, st.lists, max_leaves=8), min_size=1, max_size=5
    )
)
def test_each_value_keeps_the_exact_text_it_came_in(document):
    spaced = {name: json.dumps(value, ensure_ascii=False, indent=1) for name, value in document.items()}
    text = "{" + ",".join(f"{json.dumps(name)} : {value} " for name, value in spaced.items()) + "}"
    assert top_level_values(text) == spaced


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a":1', '{"a":1,"a":2}', "{1:2}", '{"a" 1}', '{"a":1,}', "null"])
def test_text_that_is_not_one_clean_object_is_refused(text):
    with pytest.raises(ValueError):
        top_level_values(text)


@pytest.mark.parametrize("signature", ["", "not base64!", "QUJD", "ä"])
def test_a_malformed_signature_is_false_and_not_an_error(public_der, signature):
    assert not Verifier(base64.b64encode(public_der)).verify(b"content", signature)


@pytest.mark.parametrize("text", [b"", b"-----BEGIN NOTHING-----", b"AAAA", b"\xff"])
def test_a_useless_key_file_is_a_configuration_error(text):
    with pytest.raises(ConfigError):
        Signer(text)
    with pytest.raises(ConfigError):
        Verifier(text)
