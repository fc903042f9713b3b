"""How the client reads its socket, which a pair of sockets stands for."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import MQTTErrorCode

from edge.mqtt.client import Client
from edge.mqtt.connection import open_best
from edge.mqtt.events import Arrived
from edge.mqtt.settings import MqttSettings


def publication(topic: str, body: bytes) -> bytes:
    """At QoS 0, MQTT 3.1.1; less than 2 MiB."""
    rest = struct.pack("!H", len(topic)) + topic.encode() + body
    length, count = b"", len(rest)
    while True:
        length += bytes([count % 128 | (128 if count > 127 else 0)])
        count //= 128
        if not count:
            return b"\x30" + length + rest


class Reading:
    """A client and the broker's end of its socket. heard : what arrived."""

    def __init__(self, ours: socket.socket, broker: socket.socket) -> None:
        self.broker, self.heard = broker, list[Arrived]()
        self.client = Client(paho.CallbackAPIVersion.VERSION2)
        self.client.on_arrived = self.heard.append
        ours.setblocking(False)
        self.client._sock = ours


@pytest.fixture
def reading() -> Iterator[Reading]:
    ours, broker = socket.socketpair()
    with ours, broker:
        yield Reading(ours, broker)


def test_all_that_one_reading_brought_is_taken_in_at_once(reading: Reading) -> None:
    """What is left would wait for the next packet, and nobody knows when that comes."""
    whole, half = publication("a/1", b"{}"), publication("a/3", b"[1]")
    reading.broker.sendall(whole + publication("a/2", b"") + half[:4])
    assert reading.client.loop_read() == MQTTErrorCode.MQTT_ERR_SUCCESS
    assert [(each.topic, each.body) for each in reading.heard] == [("a/1", b"{}"), ("a/2", b"")]
    reading.broker.sendall(half[4:])
    reading.client.loop_read()
    assert reading.heard[2].body == b"[1]"


def test_a_flood_is_read_a_chunk_at_a_time(reading: Reading) -> None:
    """Else a fast sender would keep a worker from everything else that it has to do."""
    each = publication("a/b", b"x" * 20_000)
    reading.broker.setblocking(False)
    for _ in range(5):
        reading.broker.sendall(each)
    reading.client.loop_read()
    assert len(reading.heard) == 3  # of 64 KiB
    reading.client.loop_read()
    assert len(reading.heard) == 5


def test_a_broken_packet_ends_the_connection(reading: Reading) -> None:
    reading.broker.sendall(b"\x30\x02\x00\x09" + publication("a/1", b"{}"))
    assert reading.client.loop_read() != MQTTErrorCode.MQTT_ERR_SUCCESS
    assert reading.heard == []


@contextmanager
def broker_of_version_4() -> Iterator[MqttSettings]:
    """Tells whoever speaks MQTT 5 that it does not, in that version's own words."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(20)

        def serve() -> None:
            for answer in (b"\x20\x03\x00\x84\x00", b"\x20\x02\x00\x00"):
                connection, _ = server.accept()
                with connection:
                    connection.recv(4096)
                    connection.sendall(answer)
                    while connection.recv(4096):
                        pass

        thread = threading.Thread(target=serve)
        thread.start()
        yield MqttSettings(port=server.getsockname()[1])
        thread.join()


def test_a_broker_that_says_it_does_not_speak_mqtt_5_is_asked_in_3() -> None:
    with broker_of_version_4() as settings:
        connection = open_best(settings, "hall-1")
        assert connection.version == "3.1.1"
        connection.close()
