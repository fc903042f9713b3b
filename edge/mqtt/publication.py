"""A publication taken apart, as MQTT 5 (section 3.3) and 3.1.1 lay it out."""

from __future__ import annotations

import struct
from functools import lru_cache

from paho.mqtt.exception import MalformedPacket, MQTTException
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties, VariableByteIntegers

from edge.mqtt.events import Arrived

_SHORT_BYTES = 64  # properties that are worth remembering
_Told = tuple[str, bytes, tuple[tuple[str, str], ...]]  # response topic, correlation, user's own


def read_publication(first: int, packet: bytes, *, is_5: bool) -> Arrived:
    """What arrived.

    first : the packet's first byte. packet : what follows its length. A topic that is no UTF-8 is
    empty: a broker that lets one pass must not end us.

    Raises
    ------
    MalformedPacket : it ends too early, or its properties are none.
    """
    qos = first >> 1 & 3
    after = 2 + int.from_bytes(packet[:2])
    topic = packet[2:after]
    mid = 0
    if qos:
        mid = int.from_bytes(packet[after : after + 2])
        after += 2
    if after > len(packet) or qos > 1 or not (topic or is_5):  # nothing is subscribed with QoS 2
        raise MalformedPacket("A publication that is none.")
    told: _Told = ("", b"", ())
    if is_5:
        size, width = VariableByteIntegers.decode(packet[after : after + 4])  # type: ignore[no-untyped-call]
        before, after = after, after + width + size
        if after > len(packet):
            raise MalformedPacket("A publication's properties end too early.")
        properties = packet[before:after]
        told = _remembered(properties) if len(properties) <= _SHORT_BYTES else _told(properties)
    try:
        name = topic.decode()
    except UnicodeDecodeError:
        name = ""
    return Arrived(
        name, packet[after:], bool(first & 1), mid, qos, told[0], told[1], dict(told[2])
    )  # fmt: skip


def _told(properties: bytes) -> _Told:
    try:
        found, _ = Properties(PacketTypes.PUBLISH).unpack(properties)  # type: ignore[no-untyped-call]
    except (struct.error, IndexError, KeyError, ValueError, MQTTException) as problem:
        raise MalformedPacket(str(problem)) from problem
    return (
        getattr(found, "ResponseTopic", ""),
        getattr(found, "CorrelationData", b""),
        tuple(getattr(found, "UserProperty", ())),
    )


_remembered = lru_cache(maxsize=256)(_told)  # nearly all publications have the same
