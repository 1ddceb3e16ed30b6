"""Servers for the tests of our HTTP: they write exactly the bytes they are given, and remember what they were asked."""

import re
import socket
import threading
import time
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def _whole_request(connection: socket.socket) -> bytes:
    """Whoever hangs up on bytes it has not read sends a reset instead of its answer."""
    received = b""
    while piece := connection.recv(65536):
        received += piece
        head, ended, body = received.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        if ended and len(body) >= int(length[1] if length else 0):
            break
    return received


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
                received = _whole_request(connection)
                if requests is not None:
                    requests.append(received)
                connection.sendall(raw)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/path?secret=1"
    finally:
        listener.close()


@contextmanager
def keeping(answer: bytes, *, after: int = 1_000):
    """A server that keeps its connections, up to so many answers on each; counts connections and requests."""
    listener = socket.create_server(("127.0.0.1", 0))
    seen = {"connections": 0, "requests": [], "closed": threading.Event()}

    def serve(connection):
        with connection, suppress(OSError):
            for _ in range(after):
                received = connection.recv(65536)
                if not received:
                    return
                seen["requests"].append(received)
                connection.sendall(answer)
        seen["closed"].set()

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


@contextmanager
def echoing():
    """A server that answers each request with its path, after a moment."""

    class Echo(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            time.sleep(0.01)
            self.send_response(200)
            self.send_header("content-length", str(len(self.path) - 1))
            self.end_headers()
            self.wfile.write(self.path[1:].encode())

        def log_message(self, *_):
            """Not in the output of the tests."""

    class Server(ThreadingHTTPServer):
        request_queue_size = 1_000

    with Server(("127.0.0.1", 0), Echo) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()
