"""A wire that changes bits: a TCP proxy that, while told so, flips one in each piece it carries."""

from __future__ import annotations

import random
import socket
import threading
from contextlib import suppress


class FlippingProxy:
    """Listens on `port`, carries to `target_port`. flips : how many bits were changed."""

    def __init__(self, target_port: int, seed: int) -> None:
        self._target = target_port
        self._random = random.Random(seed)
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self.flipping = threading.Event()
        self.flips = 0
        self._open: set[socket.socket] = set()
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            try:
                broker = socket.create_connection(("127.0.0.1", self._target), timeout=5)
            except OSError:
                client.close()
                continue
            broker.settimeout(None)
            self._open |= {client, broker}
            for ends in ((client, broker), (broker, client)):
                thread = threading.Thread(target=self._carry, args=ends)
                thread.start()
                self._threads.append(thread)

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while piece := source.recv(65536):
                if self.flipping.is_set() and len(piece) > 60:  # a publication, mostly
                    changed = bytearray(piece)
                    at = self._random.randrange(40, len(piece))
                    changed[at] ^= 1 << self._random.randrange(8)
                    self.flips += 1
                    piece = bytes(changed)
                target.sendall(piece)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
            self._open.discard(end)

    def close(self) -> None:
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for end in list(self._open):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
