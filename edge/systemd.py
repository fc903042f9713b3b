"""What the service manager hears: READY, WATCHDOG, STATUS, more time for a slow start, and logs.

The protocol is a datagram to the socket that systemd names (sd_notify(3)). Without systemd
nothing is sent.
"""

from __future__ import annotations

import logging
import os
import socket

# sd-daemon(3): what stands before a line on standard error is its level in the journal.
_LEVELS = {
    logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2,
}  # fmt: skip


class JournalFormatter(logging.Formatter):
    """Each line of a record with its level: a traceback is not cut into lines of another one."""

    def format(self, record: logging.LogRecord) -> str:
        level = _LEVELS.get(record.levelno, 6)
        return "\n".join(f"<{level}>{line}" for line in super().format(record).splitlines())


def log_to_journal(*ours: str) -> bool:
    """Where standard error is the journal, log there with levels, our own from info on; False at a
    terminal, where nothing is changed.

    Each change of state of engine, camera, screening, uplink and updates, and of a collector, is
    one line; what repeats itself is told once. ours : packages.
    """
    if not os.environ.get("JOURNAL_STREAM"):
        return False
    handler = logging.StreamHandler()
    handler.setFormatter(JournalFormatter("%(message)s"))
    logging.getLogger().addHandler(handler)
    for package in ours:
        logging.getLogger(package).setLevel(logging.INFO)
    return True


def notify(*fields: str) -> bool:
    """Send fields such as `READY=1`; False where no service manager listens."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return False
    if address.startswith("@"):
        address = "\0" + address[1:]  # abstract namespace
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
        channel.connect(address)
        channel.sendall("\n".join(fields).encode())
    return True


def ready(status: str) -> bool:
    return notify("READY=1", f"STATUS={status}")


def alive(status: str) -> bool:
    """Feed the watchdog. Call it only when work was done, never from a timer."""
    return notify("WATCHDOG=1", f"STATUS={status}")


def starting(status: str, extend_s: float) -> bool:
    """Say what takes long before READY, and ask for that much more time."""
    return notify(f"EXTEND_TIMEOUT_USEC={int(extend_s * 1e6)}", f"STATUS={status}")


def stopping() -> bool:
    return notify("STOPPING=1")
