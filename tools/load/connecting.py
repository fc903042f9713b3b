"""Thousands of connections at once, each as a station's: TLS, MQTT 5, its own subscriptions.

Written in bytes on asyncio, for a client library's object and thread for each would measure itself.
"""

from __future__ import annotations

import asyncio
import resource
import ssl
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from posture_tools.load import cpu

from edge.errors import SettingsInvalid
from edge.mqtt.credentials import tls_context
from edge.mqtt.settings import MqttSettings
from edge.wire.topics import Topics

_AT_ONCE = 64  # handshakes under way
_PATIENCE_S = 60.0
_KEEPALIVE_S = 600
_OTHER_FILES = 200
_CONNACK, _SUBACK = 0x20, 0x90


@dataclass(frozen=True, slots=True)
class Lines:
    """How many connections are held, and how: `count` of them, at the brokers in turn, for `hold_s`
    once all are there."""

    brokers: Sequence[MqttSettings]
    site: str
    count: int
    hold_s: float


@dataclass(slots=True)
class Told:
    """held : still there at the end. took_s : until the last was there."""

    connected: int = 0
    held: int = 0
    took_s: float = 0.0
    delays_s: list[float] = field(default_factory=list)
    problems: Counter[str] = field(default_factory=Counter)

    @property
    def median_s(self) -> float:
        return self._at(0.5)

    @property
    def worst_s(self) -> float:
        return self._at(0.99)

    def _at(self, part: float) -> float:
        every = sorted(self.delays_s)
        return every[int(part * (len(every) - 1))] if every else 0.0

    def cpu_s(self, pid: int) -> float:
        return cpu.cpu_s(pid)

    def resident_mb(self, pid: int) -> float:
        return cpu.resident_mb(pid)


def allow_connections(count: int) -> None:
    """Let this process, and what it starts, open so many files.

    Raises
    ------
    SettingsInvalid : the system allows fewer.
    """
    wanted = count + _OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and wanted > hard:
        raise SettingsInvalid(
            f"A process may open {hard} files here, and {wanted} are needed.",
            f"Begin it in a shell after `ulimit -Hn {wanted}`, as root.",
        )
    if soft != resource.RLIM_INFINITY and wanted > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def connect_all(lines: Lines) -> Told:
    """Open them, hold them, close them. Raises as `allow_connections`."""
    allow_connections(lines.count)
    return asyncio.run(_connect_all(lines))


async def _connect_all(lines: Lines) -> Told:
    told, door = Told(), asyncio.Semaphore(_AT_ONCE)
    contexts = [tls_context(broker) if broker.tls else None for broker in lines.brokers]
    for context in contexts:
        if context is not None:
            context.sslsocket_class = ssl.SSLSocket  # asyncio brings its own
    began_s = time.monotonic()

    async def one(number: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        place = number % len(lines.brokers)
        async with door:
            since_s = time.monotonic()
            try:
                async with asyncio.timeout(_PATIENCE_S):
                    line = await _open(lines.brokers[place], contexts[place], lines.site, number)
            except (OSError, TimeoutError, asyncio.IncompleteReadError) as problem:
                told.problems[f"{type(problem).__name__}: {problem}"] += 1
                return None
        told.delays_s.append(time.monotonic() - since_s)
        return line

    there = [line for line in await asyncio.gather(*map(one, range(lines.count))) if line]
    told.connected, told.took_s = len(there), time.monotonic() - began_s
    await asyncio.sleep(lines.hold_s)
    told.held = sum(not reader.at_eof() for reader, _ in there)
    for _, writer in there:
        writer.transport.abort()
    return told


async def _open(
    broker: MqttSettings, context: ssl.SSLContext | None, site: str, number: int
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    name = f"load-{number}"
    server = broker.host if context is not None else None
    reader, writer = await asyncio.open_connection(
        broker.host, broker.port, ssl=context, server_hostname=server, limit=2048
    )
    topics = Topics(site, name)
    try:
        flags = b"\x02" + _KEEPALIVE_S.to_bytes(2, "big") + b"\x00"
        writer.write(_packet(0x10, _text("MQTT") + b"\x05" + flags + _text(name)))
        await _answer(reader, _CONNACK)
        wanted = (topics.receipt, topics.desired, topics.command("+"), topics.collector_state)
        filters = b"".join(_text(topic) + b"\x01" for topic in wanted)
        writer.write(_packet(0x82, b"\x00\x01\x00" + filters))
        await _answer(reader, _SUBACK)
    except BaseException:
        writer.transport.abort()
        raise
    return reader, writer


async def _answer(reader: asyncio.StreamReader, kind: int) -> None:
    """Read up to the packet of that kind; what is retained may come before it."""
    while True:
        first, size = await reader.readexactly(2)
        shift, length = 7, size & 0x7F
        while size & 0x80:
            [size] = await reader.readexactly(1)
            length |= (size & 0x7F) << shift
            shift += 7
        body = await reader.readexactly(length)
        if first == kind:
            if kind == _CONNACK and body[1] >= 0x80:
                raise OSError(f"refused with reason {body[1]:#x}")
            return


def _packet(first: int, body: bytes) -> bytes:
    length, left = b"", len(body)
    while True:
        left, digit = left >> 7, left & 0x7F
        length += bytes([digit | (0x80 if left else 0)])
        if not left:
            return bytes([first]) + length + body


def _text(said: str) -> bytes:
    raw = said.encode()
    return len(raw).to_bytes(2, "big") + raw
