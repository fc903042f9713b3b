"""Whether the broker would take this station, for `posture-station doctor`."""

from __future__ import annotations

import secrets
from socket import create_connection

from edge.errors import BrokerUnreachable
from edge.mqtt.certificates import of_broker
from edge.mqtt.connection import open_best
from edge.mqtt.settings import MqttSettings

_TIMEOUT_S = 5.0


def probe_broker(mqtt: MqttSettings) -> str:
    """Connect once, say what was found. Raises as `Connection.open`.

    The name is a fresh one: a probe must not take the running station's session away.
    """
    connection = open_best(mqtt, f"probe-{secrets.token_hex(4)}")
    connection.close()
    lacks = "" if connection.version == "5" else " only: no commands, no reasons for refusals"
    return f"{mqtt.address} speaks MQTT {connection.version}{lacks}"


def has_name(mqtt: MqttSettings) -> bool:
    """Whether a broker may know this station by more than its client's id."""
    return bool(mqtt.username or mqtt.cert_file)


def reach_broker(mqtt: MqttSettings) -> str:
    """Whether somebody answers there, without logging in.

    Brokers of one cluster that take the user's name for the client's id would throw the running
    station off, at whichever of them somebody logs in with its name.

    Raises
    ------
    BrokerUnreachable : nobody answers, or it is not believed.
    """
    if mqtt.tls:
        of_broker(mqtt)
    else:
        try:
            create_connection((mqtt.host, mqtt.port), _TIMEOUT_S).close()
        except OSError as error:
            raise BrokerUnreachable(f"No broker at {mqtt.address}: {error}.") from error
    return f"{mqtt.address} answers; nobody logs in there while the uplink is connected elsewhere"
