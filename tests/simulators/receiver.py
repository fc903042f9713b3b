"""A program that is told by webhooks: a real HTTPS server with a certificate, and what it does."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from simulators.certificates import Authority


@dataclass
class Receiver:
    """status : of its answers. location : where it sends on. mute_s : how long it says nothing."""

    port: int = 0
    context: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    status: int = 204
    location: str = ""
    mute_s: float = 0.0
    heard: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)


class _Handler(BaseHTTPRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        """Tests read `heard` instead."""

    def do_POST(self) -> None:
        receiver: Receiver = self.server.receiver  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        receiver.heard.append((self.path, headers, body))
        time.sleep(receiver.mute_s)
        self.send_response(receiver.status)
        if receiver.location:
            self.send_header("Location", receiver.location)
        self.end_headers()

    def do_GET(self) -> None:
        self.server.receiver.seen.append(self.path)  # type: ignore[attr-defined]
        self.send_error(404)


@contextmanager
def receiving(folder: Path, host: str, *, certified: str = "") -> Iterator[Receiver]:
    """On 127.0.0.1. certified : another host in its certificate."""
    authority = Authority(folder)
    receiver = Receiver(context=ssl.create_default_context(cafile=str(authority.ca_file)))
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own.load_cert_chain(*authority.certify(certified or host, server=True))
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.receiver = receiver  # type: ignore[attr-defined]
    server.socket = own.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    receiver.port = server.server_port
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
