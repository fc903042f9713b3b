"""By what a broker may know a station."""

from __future__ import annotations

import pytest

from edge.mqtt.probe import has_name
from edge.mqtt.settings import MqttSettings


@pytest.mark.parametrize(
    ("given", "named"),
    [({}, False), ({"username": "hall-1"}, True),
     ({"tls": True, "cert_file": "a.pem", "key_file": "a.key"}, True)],
)  # fmt: skip
def test_a_name_is_one_of_a_user_or_of_a_certificate(given: dict[str, str], named: bool) -> None:
    assert has_name(MqttSettings(**given)) is named
