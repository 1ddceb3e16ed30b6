"""One request at a time for whoever waits: kept-alive connections, shared by the threads of a process.

The counterpart of `pool` without an event loop. Both read answers with the same reader, so a page and the debit worker
understand a wallet alike.
"""

import select
import socket
import ssl
import threading
import time
from collections import defaultdict
from collections.abc import Callable

from common.http.errors import NotSent, OutcomeUnknown
from common.http.pool import CONNECT_SECONDS, IDLE_SECONDS, SILENCE_SECONDS, Origin
from common.http.reader import ResponseReader, Unreadable

WRITE_SECONDS = 10
MOST_CONNECTIONS = 400
PIECE = 65_536


class _Connection:
    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self.idle_since = 0.0

    def ask(self, content: bytes, reader: ResponseReader, ends: float) -> None:
        """Raises `OutcomeUnknown`: from the first byte on, nobody knows what the peer has read."""
        try:
            self._channel.settimeout(WRITE_SECONDS)
            self._channel.sendall(content)
            while not reader.complete:
                self._read(reader, ends)
        except (OSError, Unreadable) as error:  # a timeout is an OSError, too
            why = str(error) if isinstance(error, Unreadable) else "the connection broke before a full answer"
            raise OutcomeUnknown("The connection brought no usable answer.", why=why) from error

    def _read(self, reader: ResponseReader, ends: float) -> None:
        left = min(SILENCE_SECONDS, ends - time.monotonic())
        if left <= 0:
            raise TimeoutError
        self._channel.settimeout(left)
        data = self._channel.recv(PIECE)
        if data:
            reader.feed(data)
        elif not reader.end():
            raise ConnectionResetError

    @property
    def usable(self) -> bool:
        """Neither closed by the peer nor sent what nobody asked for, as far as the system knows by now."""
        poll = select.poll()
        poll.register(self._channel.fileno(), select.POLLIN)
        return not poll.poll(0)

    def close(self) -> None:
        self._channel.close()


class BlockingPool:
    def __init__(self, trust: Callable[[], ssl.SSLContext]) -> None:
        self._trust = trust
        self._idle: dict[Origin, list[_Connection]] = defaultdict(list)
        self._lock = threading.Lock()
        self._room = threading.BoundedSemaphore(MOST_CONNECTIONS)

    def ask(self, origin: Origin, content: bytes, reader: ResponseReader, deadline: float) -> ResponseReader:
        """Raises `NotSent` when no byte left, `OutcomeUnknown` when one may have."""
        if not self._room.acquire(timeout=CONNECT_SECONDS):
            raise NotSent("Too many calls are under way. Nothing was sent.")
        try:
            connection = self._free(origin) or self._connect(origin)
            try:
                connection.ask(content, reader, time.monotonic() + deadline)
            except BaseException:
                connection.close()
                raise
            self._keep(origin, connection, reader)
            return reader
        finally:
            self._room.release()

    def _free(self, origin: Origin) -> _Connection | None:
        oldest = time.monotonic() - IDLE_SECONDS
        while True:
            with self._lock:
                pile = self._idle[origin]
                if not pile:
                    return None
                connection = pile.pop()
            if connection.idle_since > oldest and connection.usable:
                return connection
            connection.close()

    def _connect(self, origin: Origin) -> _Connection:
        self._drop_idle()
        try:
            channel = socket.create_connection((origin.host, origin.port), CONNECT_SECONDS)
        except (OSError, UnicodeError) as error:
            raise NotSent("The provider could not be reached. Nothing was sent.") from error
        try:
            channel.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if origin.scheme == "https":
                channel = self._trust().wrap_socket(channel, server_hostname=origin.host)
        except BaseException as error:
            channel.close()
            if isinstance(error, OSError):  # a refused certificate is one, too
                raise NotSent("The provider could not be reached. Nothing was sent.") from error
            raise
        return _Connection(channel)

    def _keep(self, origin: Origin, connection: _Connection, answer: ResponseReader) -> None:
        if not answer.reusable:
            connection.close()
            return
        connection.idle_since = time.monotonic()
        with self._lock:
            self._idle[origin].append(connection)

    def _drop_idle(self) -> None:
        """Nobody watches the idle ones; whoever has to open another looks through them first."""
        oldest = time.monotonic() - IDLE_SECONDS
        with self._lock:
            old = [one for pile in self._idle.values() for one in pile if one.idle_since <= oldest]
            for origin, pile in self._idle.items():
                self._idle[origin] = [one for one in pile if one.idle_since > oldest]
        for connection in old:
            connection.close()
