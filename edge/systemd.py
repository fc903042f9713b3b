"""What the service manager hears: READY, WATCHDOG, STATUS and more time for a slow start.

The protocol is a datagram to the socket that systemd names (sd_notify(3)). Without systemd
nothing is sent.
"""

from __future__ import annotations

import os
import socket


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
