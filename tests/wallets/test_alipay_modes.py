"""Certificate mode and content encryption: the same exchange with more around it."""

import base64
import json
from dataclasses import replace
from urllib.parse import parse_qs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.http import OutcomeUnknown, run
from wallets.providers import registry
from wallets.providers.alipay.content import ContentKey
from wallets.providers.base import ConfigError, PaymentState
from wallets.sandbox.alipay.certificates import ensure_certificates

FILES = {"app_certificate": "app", "alipay_certificate": "alipay", "root_certificate": "root"}
KEY = base64.b64encode(b"k" * 16)


@pytest.fixture
def certified(alipay):
    """The provider's settings in certificate mode, without Alipay's bare key."""
    secrets = {name: value for name, value in alipay.config.secrets.items() if name != "alipay_public_key"}
    ensure_certificates(alipay.sandbox.secrets_dir)
    return replace(
        alipay.config,
        secrets=secrets | {name: f"wallets/alipay/{file}_certificate.pem" for name, file in FILES.items()},
    )


@pytest.fixture
def encrypted(alipay):
    return replace(alipay.config, secrets={**alipay.config.secrets, "content_key": "wallets/alipay/content_key"})


def body_of(operation):
    return {name: values[0] for name, values in parse_qs(next(operation).body.decode()).items()}


@pytest.fixture(params=["certified", "encrypted"])
def mode(request):
    return request.getfixturevalue(request.param)


def test_a_charge_is_taken_and_found_in_every_mode(alipay, mode):
    alipay.provider = registry.build("alipay", mode)
    request = alipay.charge(alipay.mandate())
    assert run(alipay.provider.charge(request)).amount == request.amount
    assert run(alipay.provider.get_payment(request.merchant_ref)).state is PaymentState.SUCCEEDED
    assert alipay.debits(request.merchant_ref) == 1


@pytest.mark.parametrize("fault", ["bad_signature", "garbage"])
def test_an_untrusted_answer_is_unknown_in_every_mode(alipay, mode, fault):
    alipay.provider = registry.build("alipay", mode)
    alipay.fault(fault)
    with pytest.raises(OutcomeUnknown):
        run(alipay.provider.get_payment("A1"))


def test_a_request_names_our_certificate_and_alipays_roots(certified):
    fields = body_of(registry.build("alipay", certified).get_payment("A1"))
    assert len(fields["app_cert_sn"]) == len(fields["alipay_root_cert_sn"]) == 32


def test_an_answer_signed_with_another_certificate_is_unknown(alipay, certified):
    provider = registry.build("alipay", certified)
    stranger = replace(provider._gateway.certificates, alipay_sn="0" * 32)
    provider._gateway = replace(provider._gateway, certificates=stranger)
    with pytest.raises(OutcomeUnknown):
        run(provider.get_payment("A1"))


def test_a_certificate_of_another_authority_is_refused(certified, tmp_path):
    strangers = ensure_certificates(tmp_path)
    stranger = strangers["alipay"].relative_to(tmp_path)
    (certified.secrets_dir / "wallets/alipay/stranger.pem").write_bytes((tmp_path / stranger).read_bytes())
    settings = replace(certified, secrets={**certified.secrets, "alipay_certificate": "wallets/alipay/stranger.pem"})
    with pytest.raises(ConfigError, match="authority"):
        registry.build("alipay", settings)


@pytest.mark.parametrize("name", FILES)
def test_a_broken_certificate_file_is_a_configuration_error(certified, name):
    (certified.secrets_dir / "wallets/alipay/broken.pem").write_bytes(b"-----BEGIN CERTIFICATE-----\nx\n")
    settings = replace(certified, secrets={**certified.secrets, name: "wallets/alipay/broken.pem"})
    with pytest.raises(ConfigError):
        registry.build("alipay", settings)


def test_the_content_on_the_wire_cannot_be_read(encrypted):
    fields = body_of(registry.build("alipay", encrypted).get_payment("SECRET1"))
    assert fields["encrypt_type"] == "AES"
    assert "SECRET1" not in str(fields)


def test_the_published_ciphertext_is_reached_and_opened(shared):
    path = shared / "vectors/alipay/aes_cbc_zero_iv.json"
    if not path.exists():
        pytest.skip("the public Alipay vectors are not beside this checkout")
    vector = json.loads(path.read_text())
    key = ContentKey(vector["key_b64"].encode())
    assert key.encrypt(vector["plaintext"]) == vector["ciphertext_b64"]
    assert key.decrypt(vector["ciphertext_b64"]) == vector["plaintext"]


@given(st.text(max_size=200))
@settings(deadline=None)
def test_what_is_encrypted_comes_back(text):
    assert ContentKey(KEY).decrypt(ContentKey(KEY).encrypt(text)) == text


@pytest.mark.parametrize("text", ["", "x", "AAAA", "A" * 24, base64.b64encode(b"x" * 32).decode(), "成功"])
def test_what_was_not_encrypted_with_our_key_is_refused(text):
    with pytest.raises(ValueError):
        ContentKey(KEY).decrypt(text)


def test_what_is_not_all_base64_is_refused():
    with pytest.raises(ValueError):
        ContentKey(KEY).decrypt(f"*{ContentKey(KEY).encrypt('x')}")


@pytest.mark.parametrize("key", [b"", b"short", b"not base64!", base64.b64encode(b"x" * 15)])
def test_a_useless_content_key_is_a_configuration_error(key):
    with pytest.raises(ConfigError):
        ContentKey(key)
