"""HOST:PORT as people write it. An IPv6 address stands in brackets, or its end is no port."""

from __future__ import annotations

import ipaddress

from edge.errors import SettingsInvalid
from edge.shown import quoted


def plain_host(text: str) -> str:
    """A name or an address as sockets and certificates want it: `[::01]` is `::1`."""
    host = text.removeprefix("[").removesuffix("]") if text.startswith("[") else text
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return host


def split_address(text: str) -> tuple[str, int]:
    """Host and port.

    Raises
    ------
    SettingsInvalid : that is no address.
    """
    host, _, port = text.rpartition(":")
    bare = ":" in host and not (host.startswith("[") and host.endswith("]"))
    known = port.isascii() and port.isdecimal() and 1 <= int(port[:6]) <= 65_535
    if not host or bare or not known:
        raise SettingsInvalid(
            f"{quoted(text)} names no host and port.",
            "Write HOST:PORT, or [::1]:PORT for IPv6; a port is 1 to 65535.",
        )
    return plain_host(host), int(port)


def address(host: str, port: int) -> str:
    """HOST:PORT of a host and a port; an IPv6 address gets brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
