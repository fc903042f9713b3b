"""A real HTTP server of a folder, with the faults of real links and of attackers."""

from __future__ import annotations

import hashlib
import re
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass
class FileServer:
    """What the server does wrong; all of it can be changed while it runs.

    replaced : path -> other bytes (an attacker between). statuses : path part -> HTTP status.
    cut_after : path part -> bytes after which each connection ends.
    trickle : path part -> (bytes, pause_s) sent at a time. endless : path part without an end.
    etag : strong, weak or none. ranges : whether Range is obeyed.
    """

    folder: Path
    url: str = ""
    replaced: dict[str, bytes] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    cut_after: dict[str, int] = field(default_factory=dict)
    trickle: dict[str, tuple[int, float]] = field(default_factory=dict)
    endless: set[str] = field(default_factory=set)
    etag: str = "strong"
    ranges: bool = True
    requests: deque[tuple[str, str]] = field(default_factory=lambda: deque(maxlen=1000))
    stopped: threading.Event = field(default_factory=threading.Event)

    def heal(self) -> None:
        for faults in (
            self.replaced, self.statuses, self.cut_after, self.trickle, self.endless
        ):  # fmt: skip
            faults.clear()

    def asked(self, part: str) -> list[str]:
        """The Range headers of the requests for a path."""
        return [wanted for path, wanted in self.requests if part in path]


def _matching(faults: dict, path: str):
    return next((fault for part, fault in faults.items() if part in path), None)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_arguments: object) -> None:
        """Tests read `requests` instead."""

    def do_GET(self) -> None:
        world: FileServer = self.server.world  # type: ignore[attr-defined]
        self.close_connection = True
        wanted = self.headers.get("Range", "")
        world.requests.append((self.path, wanted))
        if status := _matching(world.statuses, self.path):
            return self._empty(status)
        body = _matching(world.replaced, self.path)
        if body is None:
            path = world.folder / self.path.lstrip("/")
            if not path.is_file():
                return self._empty(404)
            body = path.read_bytes()
        tag = f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
        start = 0
        found = re.fullmatch(r"bytes=(\d+)-", wanted)
        if found and world.ranges and self.headers.get("If-Range", tag) == tag:
            start = int(found[1])
            if start >= len(body):
                return self._empty(416)
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        if world.etag != "none":
            self.send_header("ETag", tag if world.etag == "strong" else f"W/{tag}")
        self.send_header("Connection", "close")
        endless = any(part in self.path for part in world.endless)
        if not endless:
            self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        with suppress(OSError):  # the client went away
            self._send(world, body[start:], endless)
        return None

    def _send(self, world: FileServer, body: bytes, endless: bool) -> None:
        cut = _matching(world.cut_after, self.path)
        step, pause_s = _matching(world.trickle, self.path) or (64 * 1024, 0.0)
        body = body[:cut]
        for at in range(0, len(body), step):
            self.wfile.write(body[at : at + step])
            if pause_s:
                self.wfile.flush()
                if world.stopped.wait(pause_s):
                    return
        while endless and not world.stopped.is_set():
            self.wfile.write(b"\0" * 65536)
            time.sleep(0)

    def _empty(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.send_header("Connection", "close")
        self.end_headers()


@contextmanager
def file_server(folder: Path) -> Iterator[FileServer]:
    world = FileServer(folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.world = world  # type: ignore[attr-defined]
    world.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield world
    finally:
        world.stopped.set()
        server.shutdown()
        server.server_close()
        thread.join()
