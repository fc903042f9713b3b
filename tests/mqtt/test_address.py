"""Addresses as people write them."""

from __future__ import annotations

import pytest

from edge.errors import SettingsInvalid
from edge.mqtt.address import address, plain_host, split_address
from edge.mqtt.settings import MqttSettings, broker_at


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [("broker.example:8883", "broker.example", 8883), ("192.0.2.7:1883", "192.0.2.7", 1883),
     ("[::1]:8883", "::1", 8883), ("[2001:DB8::0:7]:1", "2001:db8::7", 1)],
)  # fmt: skip
def test_host_and_port(text: str, host: str, port: int) -> None:
    assert split_address(text) == (host, port)
    assert split_address(address(host, port)) == (host, port)
    assert broker_at(text, MqttSettings()).address == address(host, port)


@pytest.mark.parametrize(
    "text", ["", "broker", "broker:", ":1883", "broker:0", "broker:65536", "broker:1e3",
             "broker:\u0661", "::1:8883", "fe80::1", "[::1]", "broker:" + "9" * 5000]
)  # fmt: skip
def test_no_address(text: str) -> None:
    """`fe80::1` is an address without a port, not the host `fe80:`."""
    with pytest.raises(SettingsInvalid, match="names no host and port"):
        split_address(text)


def test_brackets_belong_to_no_host() -> None:
    assert plain_host("[::01]") == "::1"
    assert MqttSettings(host="[::1]").host == "::1"
    assert MqttSettings(host="[::1]", port=7).address == "[::1]:7"
