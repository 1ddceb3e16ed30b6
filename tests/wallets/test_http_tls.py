"""Over TLS: whose certificate nobody vouches for is sent nothing; whose is good keeps its connection."""

import asyncio
import ipaddress
import socket
import ssl
import threading
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from common.http import HttpRequest, NotSent, arun, run
from common.http import transport as wire
from common.http.transport import close_async_client

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "wallet")])
    moment = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(moment - timedelta(days=1))
        .not_valid_after(moment + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    file = tmp_path_factory.mktemp("tls") / "wallet.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return file


@contextmanager
def serving(certificate):
    """A server with this certificate; yields its address and what it was asked, connection by connection."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    listener = socket.create_server(("127.0.0.1", 0))
    heard: list[list[bytes]] = []

    def serve(plain):
        with suppress(OSError), context.wrap_socket(plain, server_side=True) as connection:
            requests: list[bytes] = []
            heard.append(requests)
            while received := connection.recv(65536):
                requests.append(received)
                connection.sendall(ANSWER)

    def accept():
        with suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"https://127.0.0.1:{listener.getsockname()[1]}/", heard
    finally:
        listener.close()


def three_times(url):
    answers = []
    for _ in range(3):
        answers.append((yield HttpRequest(method="POST", url=url, purpose="test", body=b"secret")))
    return [answer.body for answer in answers]


def run_async(operation):
    async def main():
        try:
            return await arun(operation)
        finally:
            await close_async_client()

    return asyncio.run(main())


@pytest.fixture(params=[run, run_async], ids=["blocking", "asyncio"])
def drive(request):
    wire.blocking_client.cache_clear()
    yield request.param
    wire.blocking_client.cache_clear()


def test_whose_certificate_nobody_vouches_for_is_sent_nothing(drive, certificate):
    with serving(certificate) as (url, heard), pytest.raises(NotSent):
        drive(three_times(url))
    assert not any(heard)


def test_a_certificate_of_another_host_is_sent_nothing(drive, certificate, monkeypatch):
    monkeypatch.setattr(wire, "_trust", lambda: ssl.create_default_context(cafile=certificate))
    with serving(certificate) as (url, heard), pytest.raises(NotSent):
        drive(three_times(url.replace("127.0.0.1", "localhost")))
    assert not any(heard)


def test_a_trusted_peer_is_asked_again_on_the_same_connection(drive, certificate, monkeypatch):
    monkeypatch.setattr(wire, "_trust", lambda: ssl.create_default_context(cafile=certificate))
    with serving(certificate) as (url, heard):
        assert drive(three_times(url)) == [b"ok"] * 3
    assert [len(requests) for requests in heard] == [3]
