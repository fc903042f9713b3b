"""One HTTPS request to a host outside, to a public address that was looked at before it was used.

The name is resolved once, every address that it has must be public, and the connection is made to
one of those addresses, not to the name: a name that answers otherwise a moment later changes
nothing. The certificate is still that of the name. Nothing is followed, and no answer is read.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass

from posture_tools.collector.webhooks.hooks import Target

TIMEOUT_S = 10.0
_WHOLE_S = 30.0  # for a receiver that sends a byte now and then
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

Resolve = Callable[[str, int], list[str]]
Permits = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Answer:
    """status : None where there was no answer at all. problem : '' where it was taken."""

    status: int | None
    problem: str = ""


def resolve(host: str, port: int) -> list[str]:
    """All addresses of a name. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def is_public(address: str) -> bool:
    """Whether an address is of the Internet: neither this machine's, nor of a private network, nor
    one of those hidden in an IPv6 address."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:  # with a zone: link-local
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        hidden = [ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())]
        if ip in _NAT64:
            hidden.append(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF))
        if not all(is_public(str(each)) for each in hidden if each is not None):
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


class HttpsSender:
    """Sends one request at a time.

    resolve_name, permits, context : the machine's resolver, public addresses only, and the
    authorities of this machine; a test gives its own. No setting changes them.
    """

    def __init__(
        self,
        resolve_name: Resolve = resolve,
        permits: Permits = is_public,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._resolve, self._permits = resolve_name, permits
        self._context = context or ssl.create_default_context()

    def post(self, target: Target, body: bytes, headers: Mapping[str, str]) -> Answer:
        """What became of it; raises nothing for what a network or a receiver can do."""
        try:
            addresses = self._resolve(target.host, target.port)
        except OSError as error:
            return Answer(None, f"{target.host} is not found: {error.strerror or error}")
        closed = [each for each in addresses if not self._permits(each)]
        if closed or not addresses:
            return Answer(None, f"{target.host} is {closed[0] if closed else 'nowhere'}: refused")
        try:
            return self._post(target, addresses[0], body, headers)
        except (OSError, http.client.HTTPException) as error:
            said = str(error) or type(error).__name__
            return Answer(None, f"{target.host} did not answer: {said}"[:300])

    def _post(
        self, target: Target, address: str, body: bytes, headers: Mapping[str, str]
    ) -> Answer:
        connection = _Pinned(target, address, self._context)
        with closing(connection):
            watch = threading.Timer(_WHOLE_S, connection.cut)
            watch.start()
            try:
                connection.request("POST", target.path, body, dict(headers))
                status = connection.getresponse().status
            finally:
                watch.cancel()
        taken = http.client.OK <= status < http.client.MULTIPLE_CHOICES
        return Answer(status, "" if taken else f"{target.host} answered {status}")


class _Pinned(http.client.HTTPSConnection):
    """A connection to one address, with the certificate of the host's name."""

    def __init__(self, target: Target, address: str, context: ssl.SSLContext) -> None:
        super().__init__(target.host, target.port, timeout=TIMEOUT_S)
        self._address, self._tls = address, context

    def connect(self) -> None:
        plain = socket.create_connection((self._address, self.port), TIMEOUT_S)
        try:
            self.sock = self._tls.wrap_socket(plain, server_hostname=self.host)
        except BaseException:
            plain.close()
            raise

    def cut(self) -> None:
        """End the request from another thread."""
        with suppress(OSError, AttributeError):
            self.sock.shutdown(socket.SHUT_RDWR)
