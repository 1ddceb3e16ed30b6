"""The driver tells `not sent` from `unknown`, and gives nothing away."""

import asyncio
import os
import socket
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from common.http import Call, HttpRequest, NotSent, OutcomeUnknown, arun, blocking, done, run
from common.http.reader import ResponseReader, Unreadable
from common.http.transport import address, async_client, close_async_client
from tests.wallets.http_servers import answering, echoing, keeping

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Test: Yes\r\n\r\nok"


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


# What our pools have to read by themselves; a library is the judge of it.
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
def test_every_way_to_frame_an_answer_is_read_as_httpx_reads_it(drive, raw):
    with answering(raw) as url:
        ours = drive(ask(url))
    with answering(raw) as url:
        judge = httpx.post(url, content=b"x", trust_env=False)
    assert (ours.status, ours.headers, ours.body) == (judge.status_code, dict(judge.headers), judge.content)
    assert ours.body in (b"okay!", b"")


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


def test_a_connection_on_which_more_came_than_was_asked_for_is_left(drive):
    with keeping(OK + b"more") as (url, seen):
        assert drive(several(url, 3)) == 3
    assert seen["connections"] == 3


def test_a_connection_the_peer_has_closed_is_not_used_again(drive):
    def one_and_one_more(url, closed):
        yield from ask(url)
        assert closed.wait(10)
        return (yield from ask(url))

    with keeping(OK, after=1) as (url, seen):
        assert drive(one_and_one_more(url, seen["closed"])).status == 200
    assert seen["connections"] == 2


def test_a_connection_that_was_idle_for_long_is_left(monkeypatch):
    monkeypatch.setattr(blocking, "IDLE_SECONDS", 0)
    with keeping(OK) as (url, seen):
        run(several(url, 3))
    assert seen["connections"] == 3


def test_threads_share_connections_and_each_gets_its_own_answer():
    def ask_for(number):
        url = f"http://127.0.0.1:{port}/{number}"
        return [run(ask(url, method="GET", body=b"")).body for _ in range(5)]

    with echoing() as port, ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(ask_for, range(64)))
    assert answers == [[b"%d" % number] * 5 for number in range(64)]


def test_hundreds_at_a_time_each_get_their_own_answer():
    async def main(port):
        urls = [f"http://127.0.0.1:{port}/{number}" for number in range(300)]
        answers = await asyncio.gather(*(arun(ask(url, method="GET", body=b"")) for url in urls))
        await close_async_client()
        return answers

    with echoing() as port:
        assert [int(answer.body) for answer in asyncio.run(main(port))] == list(range(300))


@pytest.mark.parametrize("said", [b"", OK[:-1]], ids=["nothing", "not all"])
def test_a_peer_that_falls_silent_is_unknown_when_the_time_is_over(drive, said):
    with keeping(said) as (url, _), pytest.raises(OutcomeUnknown):
        drive(ask(url, deadline_seconds=0.05))


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
def test_a_line_break_in_a_header_is_never_sent(drive, header):
    with answering(OK) as url, pytest.raises(NotSent):
        drive(ask(url, headers={"x-name": header}))
