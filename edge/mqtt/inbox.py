"""What paho's callbacks leave for the thread that owns the connection. They only append."""

from __future__ import annotations

from collections import deque
from typing import Any

from paho.mqtt.reasoncodes import ReasonCode

from edge.mqtt.client import Client
from edge.mqtt.events import Acknowledged, Arrived


class Inbox:
    """Messages and acknowledgements that came on one connection.

    events : not yet read, oldest first. connected, ended : the broker's word, None before it.
    unacknowledged : numbers of publications under way. granted : answers to subscriptions.
    receive_maximum, packet_limit_bytes : what the broker takes; MQTT's own limits if unsaid.
    """

    def __init__(self, client: Client) -> None:
        self.events: deque[Arrived | Acknowledged] = deque()
        self.connected: ReasonCode | None = None
        self.ended: ReasonCode | None = None
        self.unacknowledged: set[int] = set()
        self.granted: dict[int, list[ReasonCode]] = {}
        self.receive_maximum = 65_535
        self.packet_limit_bytes = 268_435_455
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_arrived = self.events.append
        client.on_publish = self._on_publish
        client.on_subscribe = self._on_subscribe

    def _on_connect(
        self, _client: Any, _data: Any, _flags: Any, reason: ReasonCode, properties: Any
    ) -> None:
        self.receive_maximum = getattr(properties, "ReceiveMaximum", self.receive_maximum)
        self.packet_limit_bytes = getattr(properties, "MaximumPacketSize", self.packet_limit_bytes)
        self.connected = reason

    def _on_disconnect(
        self, _client: Any, _data: Any, _flags: Any, reason: ReasonCode, _properties: Any
    ) -> None:
        if self.ended is None:  # the broker's own word comes before that of the socket
            self.ended = reason

    def _on_publish(
        self, _client: Any, _data: Any, mid: int, reason: ReasonCode, _properties: Any
    ) -> None:
        # 3.1.1 has no reason: a refused publication looks like a good one, and no receipt comes
        self.unacknowledged.discard(mid)
        self.events.append(Acknowledged(mid, reason.value if reason.is_failure else 0, str(reason)))

    def _on_subscribe(
        self, _client: Any, _data: Any, mid: int, granted: list[ReasonCode], _properties: Any
    ) -> None:
        self.granted[mid] = granted
