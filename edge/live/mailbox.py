"""A Unix datagram socket in the station's state folder: whole messages, or none.

The engine has no network, and needs none for this: a socket with a name is a file. Rights of the
folder say who may write to it.
"""

from __future__ import annotations

import os
import socket
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MOST_BYTES = 64 * 1024
_MOST_AT_ONCE = 32


@contextmanager
def _short(folder: Path, name: str) -> Iterator[str]:
    """A name of the socket that the kernel takes (108 bytes), however deep it lies."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{handle}/{name}"
    finally:
        os.close(handle)


class Mailbox:
    """One end, for as long as its owner has it.

    Who binds a name takes it from whoever had it: the newest process counts.
    """

    def __init__(self, folder: Path, name: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        (folder / name).unlink(missing_ok=True)
        with _short(folder, name) as path:
            self._socket.bind(path)
        weakref.finalize(self, self._socket.close)

    def take(self, wait_s: float = 0.0) -> list[bytes]:
        """What came, oldest first; waits for the first of it."""
        self._socket.settimeout(wait_s)
        came: list[bytes] = []
        while len(came) < _MOST_AT_ONCE:
            try:
                came.append(self._socket.recv(MOST_BYTES))
            except (BlockingIOError, TimeoutError):
                break
            self._socket.settimeout(0.0)
        return came

    def send(self, name: str, message: bytes) -> bool:
        """Send a message without waiting; False where the other end is slow or away."""
        self._socket.settimeout(0.0)
        try:
            with _short(self._folder, name) as path:
                self._socket.sendto(message, path)
        except OSError:
            return False
        return True
