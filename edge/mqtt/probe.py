"""Whether the broker would take this station, for `posture-station doctor`."""

from __future__ import annotations

import secrets

from edge.mqtt.connection import open_best
from edge.mqtt.settings import MqttSettings


def probe_broker(mqtt: MqttSettings) -> str:
    """Connect once, say what was found. Raises as `Connection.open`.

    The name is a fresh one: a probe must not take the running station's session away.
    """
    connection = open_best(mqtt, f"probe-{secrets.token_hex(4)}")
    connection.close()
    lacks = "" if connection.version == "5" else " only: no commands, no reasons for refusals"
    return f"{mqtt.address} speaks MQTT {connection.version}{lacks}"
