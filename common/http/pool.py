"""Hundreds of requests at a time on one event loop: kept-alive connections, each with at most one request under way.

A pool that looks through its connections for every request costs more than the request once there are hundreds of
them; here a free one is on top of its origin's pile.
"""

import asyncio
import select
import ssl
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from common.http.errors import NotSent, OutcomeUnknown
from common.http.reader import ResponseReader, Unreadable

CONNECT_SECONDS = 5
SILENCE_SECONDS = 15
# Idle connections are dropped early: a peer closing one under us would read as an unknown outcome.
IDLE_SECONDS = 4
MOST_CONNECTIONS = 1_000


@dataclass(frozen=True)
class Origin:
    scheme: str
    host: str
    port: int


class _Connection(asyncio.Protocol):
    """`answer` is there while a request is under way."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._transport: asyncio.Transport | None = None
        self._reader: ResponseReader | None = None
        self._answer: asyncio.Future[ResponseReader] | None = None
        self._ends = self._heard = 0.0
        self.closed = False
        self.idle_since = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if self._reader is None:
            self.close()
            return
        self._heard = self._loop.time()
        try:
            self._reader.feed(data)
        except Unreadable as error:
            self._fail(str(error))
            return
        if self._reader.complete:
            self._finish(self._reader)

    def connection_lost(self, error: Exception | None) -> None:
        self.closed = True
        if self._reader is None:
            return
        if error is None and self._reader.end():
            self._finish(self._reader)
        else:
            self._fail("the connection broke before a full answer")

    async def ask(self, content: bytes, reader: ResponseReader, deadline: float) -> ResponseReader:
        """Raises `OutcomeUnknown`. Cancelled, it leaves a connection that nobody uses again."""
        transport = self._transport
        if transport is None or self.closed:
            raise NotSent("The connection was closed before anything was sent.")
        self._reader, self._answer = reader, self._loop.create_future()
        self._heard = self._loop.time()
        self._ends = self._heard + deadline
        transport.write(content)
        self._timer = self._loop.call_at(min(self._heard + SILENCE_SECONDS, self._ends), self._look)
        try:
            return await self._answer
        except BaseException:
            self.close()
            raise
        finally:
            self._timer.cancel()
            self._reader = self._answer = None

    @property
    def usable(self) -> bool:
        """Free, and neither closed by the peer nor sent what nobody asked for, as far as the system knows by now."""
        if self.closed or self._transport is None or self._transport.is_closing():
            return False
        poll = select.poll()
        poll.register(self._transport.get_extra_info("socket").fileno(), select.POLLIN)
        return not poll.poll(0)

    def close(self) -> None:
        self.closed = True
        if self._transport is not None:
            self._transport.abort()

    def _look(self) -> None:
        """Either side of the wait may be over: the peer's silence, or the time for it all."""
        moment = self._loop.time()
        limit = min(self._heard + SILENCE_SECONDS, self._ends)
        if moment < limit:
            self._timer = self._loop.call_at(limit, self._look)
        else:
            self._fail("the answer did not finish in time")

    def _finish(self, reader: ResponseReader) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(reader)

    def _fail(self, why: str) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(OutcomeUnknown("The connection brought no usable answer.", why=why))
        self.close()


class Pool:
    """Of one event loop: connections cannot move between loops."""

    def __init__(self, trust: Callable[[], ssl.SSLContext]) -> None:
        self._loop = asyncio.get_running_loop()
        self._trust = trust
        self._idle: dict[Origin, list[_Connection]] = defaultdict(list)
        self._room = asyncio.Semaphore(MOST_CONNECTIONS)
        self._sweep: asyncio.TimerHandle | None = None

    async def ask(self, origin: Origin, content: bytes, reader: ResponseReader, deadline: float) -> ResponseReader:
        """Raises `NotSent` when no byte left, `OutcomeUnknown` when one may have."""
        if self._room.locked():
            await self._wait_for_room()
        else:
            await self._room.acquire()
        try:
            connection = self._free(origin) or await self._connect(origin)
            answer = await connection.ask(content, reader, deadline)
            self._keep(origin, connection, answer)
            return answer
        finally:
            self._room.release()

    async def _wait_for_room(self) -> None:
        try:
            await asyncio.wait_for(self._room.acquire(), CONNECT_SECONDS)
        except TimeoutError as error:
            raise NotSent("Too many calls are under way. Nothing was sent.") from error

    def _free(self, origin: Origin) -> _Connection | None:
        pile = self._idle[origin]
        oldest = self._loop.time() - IDLE_SECONDS
        while pile:
            connection = pile.pop()
            if connection.idle_since > oldest and connection.usable:
                return connection
            connection.close()
        return None

    async def _connect(self, origin: Origin) -> _Connection:
        secure = self._trust() if origin.scheme == "https" else None
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                _transport, connection = await self._loop.create_connection(
                    lambda: _Connection(self._loop), origin.host, origin.port, ssl=secure
                )
        except (OSError, UnicodeError) as error:  # a timeout and a refused certificate are such errors, too
            raise NotSent("The provider could not be reached. Nothing was sent.") from error
        return connection

    def _keep(self, origin: Origin, connection: _Connection, answer: ResponseReader) -> None:
        if not answer.reusable or connection.closed:
            connection.close()
            return
        connection.idle_since = self._loop.time()
        self._idle[origin].append(connection)
        if self._sweep is None:
            self._sweep = self._loop.call_later(IDLE_SECONDS, self._drop_idle)

    def _drop_idle(self) -> None:
        """Those at the bottom of each pile have been idle longest."""
        oldest, self._sweep = self._loop.time() - IDLE_SECONDS, None
        for origin, pile in list(self._idle.items()):
            old = [connection for connection in pile if connection.idle_since <= oldest]
            for connection in old:
                connection.close()
            self._idle[origin] = pile[len(old) :]
        if any(self._idle.values()):
            self._sweep = self._loop.call_later(IDLE_SECONDS, self._drop_idle)

    async def aclose(self) -> None:
        if self._sweep is not None:
            self._sweep.cancel()
        for pile in self._idle.values():
            for connection in pile:
                connection.close()
        self._idle.clear()
        # Closing is heard of in the next turn of the loop.
        await asyncio.sleep(0)
