"""A publication is read as paho reads it, and what is sent together arrives whole."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt._packet import decode_publish
from paho.mqtt.enums import MQTTProtocolVersion
from paho.mqtt.exception import MalformedPacket
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from simulators.mosquitto import Mosquitto
from simulators.waiting import eventually

from edge.mqtt.client import ONLY_JSON, json_properties
from edge.mqtt.connection import Connection, open_best
from edge.mqtt.events import Arrived, Will
from edge.mqtt.publication import read_publication


@st.composite
def publications(draw: st.DrawFn) -> tuple[int, bytes, bool]:
    """First byte and packet, of MQTT 5 or not."""
    qos, retain, is_5 = draw(st.integers(0, 1)), draw(st.booleans()), draw(st.booleans())
    topic = draw(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)).encode()
    packet = struct.pack("!H", len(topic)) + topic
    if qos:
        packet += struct.pack("!H", draw(st.integers(1, 65535)))
    if is_5:
        said = json_properties() if draw(st.booleans()) else Properties(PacketTypes.PUBLISH)
        if draw(st.booleans()):
            said.ResponseTopic = draw(st.sampled_from(["a", "b/c"]))
            said.CorrelationData = draw(st.binary(min_size=1, max_size=90))
        if draw(st.booleans()):
            said.UserProperty = [("a", "2"), ("a", "3"), ("b", draw(st.sampled_from(["x", "y"])))]
        packet += said.pack()
    return 0x30 | qos << 1 | retain, packet + draw(st.binary(max_size=40)), is_5


def by_paho(first: int, packet: bytes, is_5: bool) -> Arrived:
    """The slow twin."""
    version = MQTTProtocolVersion.MQTTv5 if is_5 else MQTTProtocolVersion.MQTTv311
    found = decode_publish(first, packet, version)
    said = found.properties
    return Arrived(
        found.topic.decode(), bytes(found.payload), found.retain, found.mid, found.qos,
        getattr(said, "ResponseTopic", ""), getattr(said, "CorrelationData", b""),
        dict(getattr(said, "UserProperty", ())),
    )  # fmt: skip


@given(publications())
def test_it_is_what_paho_reads(publication: tuple[int, bytes, bool]) -> None:
    first, packet, is_5 = publication
    assert read_publication(first, packet, is_5=is_5) == by_paho(first, packet, is_5)


@given(publications(), st.integers(0, 200), st.binary(max_size=6))
def test_a_broken_one_is_malformed_or_what_paho_reads(
    publication: tuple[int, bytes, bool], cut: int, noise: bytes
) -> None:
    first, packet, is_5 = publication
    packet = packet[:cut] + noise
    try:
        found = read_publication(first, packet, is_5=is_5)
    except MalformedPacket:
        return
    with contextlib.suppress(UnicodeDecodeError):
        assert found == by_paho(first, packet, is_5)


def test_a_topic_that_is_no_text_is_empty() -> None:
    assert read_publication(0x30, b"\x00\x02\xff\xff{}", is_5=False).topic == ""


@pytest.fixture
def pair(mosquitto: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Connection]]:
    """A sender, and a reader that acknowledges itself and wants three at most before."""
    with Mosquitto(mosquitto, tmp_path_factory.mktemp("broker")) as broker:
        reader = open_best(broker.settings, "reader", acks=3)
        reader.subscribe("a/#")
        sender = open_best(broker.settings, "sender")
        yield [sender, reader]
        for each in (sender, reader):
            each.close()


@pytest.mark.broker
def test_what_is_sent_together_arrives_in_order_whatever_its_size(pair: list[Connection]) -> None:
    """More than a window, more than a chunk of a reading, and one that is larger than both."""
    sender, reader = pair
    sizes = [1, 70_000, 0, 300_000, *range(1, 400)]
    heard: list[Arrived] = []

    def hear() -> bool:
        sender.poll(0)
        came = [event for event in reader.poll(0.05) if isinstance(event, Arrived)]
        with reader.together():
            for each in came:
                reader.acknowledge(each.mid)
        heard.extend(came)
        return len(heard) == len(sizes)

    with sender.together():
        for number, size in enumerate(sizes):
            sender.publish(f"a/{number}", b"x" * size)
    eventually(hear)
    assert [(each.topic, len(each.body)) for each in heard] == [
        (f"a/{number}", size) for number, size in enumerate(sizes)
    ]


@pytest.mark.broker
def test_a_broker_sends_no_more_than_asked_before_it_is_acknowledged(
    pair: list[Connection],
) -> None:
    sender, reader = pair
    for number in range(10):
        sender.publish(f"a/{number}", b"{}")
    heard: list[Arrived] = []

    def three() -> bool:
        sender.poll(0)
        heard.extend(event for event in reader.poll(0.1) if isinstance(event, Arrived))
        return len(heard) >= 3

    eventually(three)
    for _ in range(5):
        heard.extend(event for event in reader.poll(0.1) if isinstance(event, Arrived))
    assert len(heard) == 3
    reader.acknowledge(heard[0].mid)
    eventually(lambda: any(isinstance(each, Arrived) for each in reader.poll(0.1)))


def test_a_publication_that_only_is_json_says_what_paho_would_pack() -> None:
    assert ONLY_JSON.pack() == json_properties().pack()


@pytest.mark.broker
def test_a_will_that_may_wait_is_not_said_at_once(tmp_path: Path, mosquitto: str) -> None:
    """A station that comes back within the time was never away."""
    heard: list[bytes] = []
    with Mosquitto(mosquitto, tmp_path / "broker") as broker:
        reader = open_best(broker.settings, "reader")
        reader.subscribe("will/#")
        patient = open_best(broker.settings, "patient", will=Will("will/a", b"patient", 30))
        hasty = open_best(broker.settings, "hasty", will=Will("will/a", b"hasty"))
        patient.drop()
        hasty.drop()

        def hear() -> bool:
            heard.extend(each.body for each in reader.poll(0.1) if isinstance(each, Arrived))
            return b"hasty" in heard

        eventually(hear)
        reader.close()
    assert heard == [b"hasty"]


@pytest.mark.broker
def test_no_more_than_a_hundred_wait_for_a_broker_that_would_take_more(
    tmp_path: Path, mosquitto: str
) -> None:
    with Mosquitto(mosquitto, tmp_path / "broker", "max_inflight_messages 1000") as broker:
        sender = open_best(broker.settings, "sender")
        assert sender.receive_maximum == 1000
        waiting = []
        with sender.together():
            for number in range(250):
                sender.publish(f"a/{number}", b"{}")
                waiting.append(len(sender._inbox.unacknowledged))
        sender.close()
    assert max(waiting) == 100
