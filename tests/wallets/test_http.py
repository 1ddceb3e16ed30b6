"""The driver tells `not sent` from `unknown`, and gives nothing away."""

import asyncio
import os
import socket
import threading
from contextlib import contextmanager, suppress
from itertools import pairwise

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from common.http import Call, HttpRequest, NotSent, OutcomeUnknown, arun, done, run
from common.http.reader import ResponseReader, Unreadable
from common.http.transport import address, async_client, close_async_client

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


# What only the pool of the event loop has to read by itself; the other driver's library is the judge of it.
FRAMINGS = {
    "chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nok\r\n3\r\nay!\r\n0\r\nT: x\r\n\r\n",
    "until the end": b"HTTP/1.0 200 OK\r\nX: 1\r\n\r\nokay!",
    "a length": b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nokay!",
    "a word in between": b"HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nokay!",
    "no body": b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n",
    "two headers of a name": b"HTTP/1.1 200 OK\r\nA: 1\r\na: 2\r\nContent-Length: 5\r\n\r\nokay!",
    "no reason": b"HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nokay!",
}
BROKEN = {
    "lengths that differ": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nokay!!",
    "a length below nothing": b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
    "a chunk without a size": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
    "half a chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nok",
    "a chunk that is too long": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nokay\r\n0\r\n\r\n",
    "an unknown coding": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nokay!",
    "a header without a colon": b"HTTP/1.1 200 OK\r\nnothing\r\nContent-Length: 2\r\n\r\nok",
    "a space before the colon": b"HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok",
}


@pytest.mark.parametrize("raw", FRAMINGS.values(), ids=list(FRAMINGS))
def test_every_way_to_frame_an_answer_is_read_alike(raw):
    answers = []
    for drive in (run, run_async):
        with answering(raw) as url:
            answers.append(drive(ask(url)))
    assert answers[0] == answers[1] and answers[0].body in (b"okay!", b"")


@pytest.mark.parametrize("raw", BROKEN.values(), ids=list(BROKEN))
def test_an_answer_that_contradicts_itself_is_unknown(drive, raw):
    with answering(raw) as url, pytest.raises(OutcomeUnknown):
        drive(ask(url))


@given(
    st.sampled_from([*FRAMINGS.values(), *BROKEN.values()]),
    st.lists(st.integers(0, 120), max_size=6),
)
def test_where_the_network_cuts_the_bytes_changes_nothing(raw, cuts):
    def read(pieces):
        reader = ResponseReader(max_bytes=1_000)
        try:
            for piece in pieces:
                if not reader.complete:
                    reader.feed(piece)
            reader.end()
        except Unreadable:
            return "unreadable"
        return (reader.complete, reader.status, reader.headers, reader.body) if reader.complete else "half"

    places = [0, *sorted(cuts), len(raw)]
    assert read([raw[start:end] for start, end in pairwise(places)]) == read([raw])


@contextmanager
def keeping(answer: bytes, *, after: int = 1_000):
    """A server that keeps its connections, up to so many answers on each; counts connections and requests."""
    listener = socket.create_server(("127.0.0.1", 0))
    seen = {"connections": 0, "requests": []}

    def serve(connection):
        with connection, suppress(OSError):
            for _ in range(after):
                received = connection.recv(65536)
                if not received:
                    return
                seen["requests"].append(received)
                connection.sendall(answer)

    def accept():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            seen["connections"] += 1
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/", seen
    finally:
        listener.close()


def several(url, number):
    for _ in range(number):
        yield HttpRequest(method="GET", url=url, purpose="test")
    return number


def test_a_connection_carries_one_request_after_the_other(drive):
    with keeping(OK) as (url, seen):
        assert drive(several(url, 5)) == 5
    assert seen["connections"] == 1 and len(seen["requests"]) == 5


def test_a_connection_whose_peer_says_close_is_left(drive):
    with keeping(OK.replace(b"X-Test: Yes", b"Connection: close")) as (url, seen):
        assert drive(several(url, 3)) == 3
    assert seen["connections"] == 3


def test_a_connection_on_which_more_came_than_was_asked_for_is_left():
    with keeping(OK + b"more") as (url, seen):
        assert run_async(several(url, 3)) == 3
    assert seen["connections"] == 3


def test_a_connection_the_peer_has_closed_is_not_used_again():
    async def main():
        with keeping(OK, after=1) as (url, seen):
            await arun(ask(url))
            await asyncio.sleep(0.05)
            answer = await arun(ask(url))
        await close_async_client()
        return answer, seen

    answer, seen = asyncio.run(main())
    assert answer.status == 200 and seen["connections"] == 2


def test_hundreds_at_a_time_each_get_their_own_answer():
    async def serve(reader, writer):
        while head := await reader.readuntil(b"\r\n\r\n"):
            number = head.split(b" ")[1].strip(b"/")
            await asyncio.sleep(0.01)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(number), number))

    async def main():
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        urls = [f"http://127.0.0.1:{port}/{number}" for number in range(300)]
        answers = await asyncio.gather(*(arun(ask(url, method="GET", body=b"")) for url in urls))
        await close_async_client()
        server.close()
        return answers

    assert [int(answer.body) for answer in asyncio.run(main())] == list(range(300))


def test_a_peer_that_says_nothing_is_unknown_when_the_time_is_over():
    async def main():
        server = await asyncio.start_server(lambda reader, writer: asyncio.sleep(3600), "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        try:
            await arun(ask(url, deadline_seconds=0.05))
        finally:
            await close_async_client()
            server.close()

    with pytest.raises(OutcomeUnknown):
        asyncio.run(main())


def test_a_call_that_is_given_up_leaves_its_connection():
    async def main():
        with keeping(b"") as (url, seen):
            call = asyncio.create_task(arun(ask(url)))
            while not seen["requests"]:
                await asyncio.sleep(0.005)
            call.cancel()
            await asyncio.gather(call, return_exceptions=True)
            return [len(pile) for pile in async_client()._idle.values()], await close_async_client()

    assert asyncio.run(main())[0] == [0]


@pytest.mark.parametrize("header", ["a\r\nb: c", "a\nb", "a\0b"])
def test_a_line_break_in_a_header_is_never_sent(header):
    with answering(OK) as url, pytest.raises(NotSent):
        run_async(ask(url, headers={"x-name": header}))
