"""paho's client as a connection needs it: in the caller's thread, and quick.

paho 2.2 takes three times as long for a message as its decoding takes: it reads the socket byte by
byte, makes tables of all properties for each packet, and sends each packet for itself. A worker
that takes in thousands a second would do little else. tests/mqtt/test_paho.py names the private
parts that are used here.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import paho.mqtt.client as paho
from paho.mqtt.enums import MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge.mqtt.events import Arrived
from edge.mqtt.publication import read_publication

_CHUNK_BYTES = 64 * 1024  # of one reading of the socket
_SUCCESS = ReasonCode(PacketTypes.PUBACK, "Success")
_NO_PROPERTIES = Properties(PacketTypes.PUBACK)  # type: ignore[no-untyped-call]


def _wake_up_pair() -> tuple[socket.socket, socket.socket]:
    """What paho makes through a TCP port that it listens on."""
    ends = socket.socketpair()
    for end in ends:
        end.setblocking(False)
    return ends


paho._socketpair_compat = _wake_up_pair


def json_properties() -> Any:
    """Of a publication that is JSON, as all of ours are."""
    properties: Any = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    properties.PayloadFormatIndicator = 1
    properties.ContentType = "application/json"
    return properties


_PACKED: bytes = json_properties().pack()


class _OnlyJson(Properties):
    """paho packs properties anew for each packet."""

    def pack(self) -> bytes:
        return _PACKED


# Of a publication that has no other properties.
ONLY_JSON = _OnlyJson(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]


class Client(paho.Client):
    """Binds nothing and listens nowhere: the station's unit may not. on_arrived : told of each
    publication, in place of `on_message`."""

    on_arrived: Callable[[Arrived], None]
    _unread, _at = b"", 0  # of the chunk that was read last
    _has_read = False
    _held: list[bytes | bytearray] | None = None

    def _create_socket_connection(self) -> socket.socket:
        return socket.create_connection((self._host, self._port), self._connect_timeout)

    def reconnect(self) -> MQTTErrorCode:
        code = super().reconnect()
        self._reset_sockets(sockpair_only=True)
        return code

    def loop(self, timeout: float = 1.0) -> MQTTErrorCode:
        """Without the pair of sockets that wakes a thread which waits: none does."""
        return self._loop(timeout)

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        """Whatever one reading of the socket brings."""
        self._has_read = False
        while self._sock is not None:
            code = self._packet_read()
            if code > 0:
                return self._loop_rc_handle(code)
            if code == MQTTErrorCode.MQTT_ERR_AGAIN or not self._unread:
                return MQTTErrorCode.MQTT_ERR_SUCCESS
        return MQTTErrorCode.MQTT_ERR_NO_CONN

    def _sock_recv(self, bufsize: int) -> bytes:
        if not self._unread:
            if self._has_read:
                raise BlockingIOError
            self._unread, self._at = super()._sock_recv(_CHUNK_BYTES), 0
            self._has_read = True
        part = self._unread[self._at : self._at + bufsize]
        self._at += len(part)
        if self._at >= len(self._unread):
            self._unread = b""
        return part

    def _handle_publish(self) -> MQTTErrorCode:
        packet = self._in_packet
        is_5 = self._protocol == MQTTProtocolVersion.MQTTv5
        message = read_publication(packet["command"], bytes(packet["packet"]), is_5=is_5)
        self.on_arrived(message)
        if message.qos and not self._manual_ack:
            return self._send_puback(message.mid)
        return MQTTErrorCode.MQTT_ERR_SUCCESS

    def _handle_pubackcomp(self, cmd: Literal["PUBACK", "PUBCOMP"]) -> MQTTErrorCode:
        packet = self._in_packet["packet"]
        if cmd != "PUBACK" or len(packet) != 2:  # a number, and no reason
            return super()._handle_pubackcomp(cmd)
        mid = int.from_bytes(packet)
        with self._out_message_mutex:
            if mid in self._out_messages:
                return self._do_on_publish(mid, _SUCCESS, _NO_PROPERTIES)
        return MQTTErrorCode.MQTT_ERR_SUCCESS

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is sent inside leaves in one piece, at the end or with `release`. When that of QoS 0
        has left is not told."""
        self._held = []
        try:
            yield
        finally:
            self.release()
            self._held = None

    def release(self) -> None:
        """Send what is held."""
        if self._held:
            held, self._held = b"".join(self._held), []
            super()._packet_queue(paho.PUBACK, held, 0, 1)

    def _packet_queue(
        self,
        command: int,
        packet: bytes | bytearray,
        mid: int,
        qos: int,
        info: paho.MQTTMessageInfo | None = None,
    ) -> MQTTErrorCode:
        if self._held is None:
            return super()._packet_queue(command, packet, mid, qos, info)
        self._held.append(packet)
        return MQTTErrorCode.MQTT_ERR_SUCCESS
