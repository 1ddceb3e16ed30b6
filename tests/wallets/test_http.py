"""The driver tells `not sent` from `unknown`, and gives nothing away."""

import asyncio
import os
import socket
import threading
from contextlib import contextmanager

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from common.http import Call, HttpRequest, NotSent, OutcomeUnknown, arun, done, run
from common.http.transport import address, close_async_client

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Test: Yes\r\n\r\nok"


@contextmanager
def answering(raw: bytes, *, requests: list[bytes] | None = None):
    """A server that reads one request, writes these bytes and hangs up."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                received = connection.recv(65536)
                if requests is not None:
                    requests.append(received)
                connection.sendall(raw)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/path?secret=1"
    finally:
        listener.close()


def ask(url, **changes):
    response = yield HttpRequest(**{"method": "POST", "url": url, "purpose": "test", "body": b"x", **changes})
    return response


def run_async(operation):
    async def main():
        try:
            return await arun(operation)
        finally:
            await close_async_client()

    return asyncio.run(main())


@pytest.fixture(params=[run, run_async], ids=["blocking", "asyncio"])
def drive(request):
    return request.param


def test_an_answer_comes_back(drive):
    with answering(OK) as url:
        response = drive(ask(url))
    assert (response.status, response.body, response.headers["x-test"]) == (200, b"ok", "Yes")


def test_a_refused_connection_is_not_sent(drive):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(NotSent):
        drive(ask(f"http://127.0.0.1:{port}/"))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
        b"not http at all\r\n\r\n",
    ],
    ids=["hang up", "half a header", "half a body", "no http"],
)
def test_a_broken_answer_is_unknown(drive, raw):
    with answering(raw) as url, pytest.raises(OutcomeUnknown):
        drive(ask(url))


def test_an_answer_beyond_the_cap_is_unknown(drive):
    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n" + b"x" * 50) as url, pytest.raises(OutcomeUnknown):
        drive(ask(url, max_bytes=49))


def test_a_redirect_is_an_answer_and_is_not_followed(drive):
    requests = []
    raw = b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"
    with answering(raw, requests=requests) as url:
        assert drive(ask(url)).status == 302
    assert len(requests) == 1


def test_an_operation_may_handle_the_failure_of_its_own_step(drive):
    def forgiving(url):
        try:
            yield HttpRequest(method="GET", url=url, purpose="test")
        except NotSent:
            return "handled"

    assert drive(forgiving("http://127.0.0.1:9/")) == "handled"


def test_an_operation_may_need_no_network(drive):
    assert drive(done(7)) == 7


def test_an_sdk_call_runs_in_the_form_the_driver_needs():
    async def awaited():
        return "awaited"

    def operation():
        answer = yield Call(purpose="test", blocking=lambda: "blocked", awaitable=awaited)
        return answer

    assert (run(operation()), run_async(operation())) == ("blocked", "awaited")


def test_a_forked_process_does_not_share_its_parents_connections():
    from common.http import transport

    ours = transport.blocking_client()
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, b"own" if transport.blocking_client() is not ours else b"shared")
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(read, 10) == b"own"


def test_the_sandbox_sends_nothing_outside_this_machine(settings, drive):
    settings.SANDBOX = True
    with pytest.raises(NotSent, match="Sandbox"):
        drive(ask("http://example.com/"))


def test_neither_the_query_nor_the_body_shows_in_a_repr_or_an_error(drive):
    request = HttpRequest(method="POST", url="http://127.0.0.1:9/?secret=1", purpose="test", body=b"secret")
    assert "secret" not in repr(request)
    with pytest.raises(NotSent) as failed:
        drive(ask("http://127.0.0.1:9/?secret=1", body=b"secret"))
    assert "secret" not in str(failed.value) + str(failed.value.details)


ORIGINS = [
    "http://a",
    "https://pay.example:443",
    "http://127.0.0.1:8101",
    "HTTP://A",
    "https://user:word@a",
    "http://[::1]:5",
]
MARKS = "abZ09.-_~/:@!$&()*+,;=?%2f#[]{} '\"\\^`|<>é\n"


@given(st.sampled_from(ORIGINS), st.text(MARKS, max_size=20))
@example("http://a", "/../b")
@example("http://a", "/b?c=%2F&d=[]")
def test_an_address_is_read_as_httpx_reads_it(origin, rest):
    url = f"{origin}/{rest}" if rest[:1] not in ("", "/", "?") else origin + rest
    try:
        read = httpx.URL(url)
    except httpx.InvalidURL:
        with pytest.raises(httpx.InvalidURL):
            address(url)
        return
    ours = address(url)
    assert (ours.scheme, ours.host, ours.port, ours.target) == (
        read.raw_scheme,
        read.raw_host,
        read.port,
        read.raw_path or b"/",
    )


def test_an_address_nobody_can_read_is_not_sent(drive):
    with pytest.raises(NotSent):
        drive(ask("http://127.0.0.1:port/"))


def test_what_did_not_answer_is_a_warning_and_what_did_is_a_detail(drive):
    with answering(OK) as url, capture_logs() as answered:
        drive(ask(url))
    with capture_logs() as failed, pytest.raises(NotSent):
        drive(ask("http://127.0.0.1:9/?secret=1"))
    assert [line["log_level"] for line in answered + failed] == ["debug", "warning"]
    assert "secret" not in str(answered + failed)
