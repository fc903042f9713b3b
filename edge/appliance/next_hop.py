"""Does the network answer at all? Asked of the next hop towards the broker, not of the broker.

A broker that is being serviced is no reason to restart anything here. Every router and every host
of the local network answers ARP (IPv4) or neighbour solicitation (IPv6), whatever it filters, so
one datagram is sent towards it and the kernel's neighbour table tells what came of it.
"""

from __future__ import annotations

import json
import socket
import subprocess
import time
from typing import Any

_DISCARD_PORT = 9  # RFC 863: whoever listens throws it away
_ANSWERED = {"REACHABLE", "PERMANENT", "NOARP"}
_PATIENCE_S = 12.0  # the kernel's own: 5 s until it asks, then 3 questions, 1 s apart
_LOOK_EVERY_S = 0.5
_LIMIT_S = 20.0


def next_hop_answers(host: str) -> bool:
    """Whether the next hop towards `host` (a name or an address) answers within 12 s.

    A machine that is too busy to look at its own tables has said nothing about its network.
    """
    try:
        return _answers(host)
    except subprocess.TimeoutExpired:
        return True


def _answers(host: str) -> bool:
    route = _route_to(host)
    if route is None:
        return False
    if route.get("dev") == "lo":
        return True
    hop = route.get("gateway") or route.get("dst", "")
    if hop in ("", "default"):
        return True  # a line without neighbours, such as a modem's: there is nobody to ask
    device = route["dev"]
    _nudge(hop, device)
    until_s = time.monotonic() + _PATIENCE_S
    while True:
        entries = _ip("neigh", "show", "to", hop, "dev", device)
        states = {state for entry in entries for state in entry.get("state", ())}
        if states & _ANSWERED:
            return True
        if time.monotonic() >= until_s:
            return not entries
        time.sleep(_LOOK_EVERY_S)


def _route_to(host: str) -> dict[str, Any] | None:
    """The route to a host; the default route where its name cannot be resolved now."""
    try:
        address = str(socket.getaddrinfo(host, None, type=socket.SOCK_DGRAM)[0][4][0])
    except (OSError, UnicodeError):
        routes = _ip("route", "show", "default")
    else:
        routes = _ip("route", "get", address)
    return routes[0] if routes else None


def _nudge(hop: str, device: str) -> None:
    family = socket.AF_INET6 if ":" in hop else socket.AF_INET
    scope = socket.if_nametoindex(device) if hop.startswith("fe80") else 0
    address = (hop, _DISCARD_PORT, 0, scope) if family is socket.AF_INET6 else (hop, _DISCARD_PORT)
    with socket.socket(family, socket.SOCK_DGRAM) as channel:
        try:
            channel.sendto(b"", address)
        except OSError:
            return  # no answer will come, and that is looked at


def _ip(*words: str) -> list[dict[str, Any]]:
    command = ["ip", "-json", *words]  # /usr/sbin/ip on one system, /sbin/ip on another
    done = subprocess.run(command, capture_output=True, check=False, timeout=_LIMIT_S)  # noqa: S603
    return json.loads(done.stdout) if done.returncode == 0 and done.stdout.strip() else []
