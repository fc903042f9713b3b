"""What a publication takes on the wire, and where a broker is looked for."""

from __future__ import annotations

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from edge.mqtt.connection import packet_bytes
from edge.mqtt.settings import MqttSettings


@pytest.mark.parametrize(("topic", "length"), [("a", 1), ("ps/v2/north/hall-1/result/ü", 300_000)])
def test_a_packet_is_never_larger_than_said_and_hardly_smaller(topic: str, length: int) -> None:
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    properties.PayloadFormatIndicator = 1
    properties.ContentType = "application/json"
    packed = properties.pack()  # type: ignore[no-untyped-call]
    rest = 2 + len(topic.encode()) + 2 + len(packed) + length
    digits = next(n for n in range(1, 5) if rest < 128**n)  # of the length, MQTT 5, 1.5.5
    true_bytes = 1 + digits + rest
    said_bytes = packet_bytes(topic, b"x" * length)
    # Both lengths may take more bytes in another packet: of four digits, and of three.
    assert said_bytes == true_bytes + (4 - digits) + 2


def test_without_settings_the_broker_is_on_this_machine_at_the_port_of_mqtt() -> None:
    assert MqttSettings().address == "127.0.0.1:1883"


def test_another_address_that_is_none_is_refused_when_it_is_read() -> None:
    assert MqttSettings(also=("broker.local:1884",)).also == ("broker.local:1884",)
    for wrong in ("broker.local", "broker.local:0", ":1883"):
        with pytest.raises(ValueError, match=r"HOST:PORT|port|address"):
            MqttSettings(also=(wrong,))
