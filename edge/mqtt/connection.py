"""One connection to the broker, from CONNECT to its end.

Verified traps of paho-mqtt 2.2 shape this file. A client object lives as long as its connection,
so nothing it queued can be sent twice or stall a reconnect. Its callbacks only append to a queue,
and its loop runs in the caller's thread: no lock can be taken in the wrong order, no network
thread can die unseen, and what goes wrong is raised where somebody reads it. Never QoS 2.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Any, Literal, Self, cast

from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from edge.errors import BrokerRefused, BrokerUnreachable
from edge.mqtt.client import ONLY_JSON, Client, json_properties
from edge.mqtt.credentials import identify
from edge.mqtt.events import Acknowledged, Arrived, Will
from edge.mqtt.inbox import Inbox
from edge.mqtt.settings import MqttSettings


def packet_bytes(topic: str, payload: bytes) -> int:
    """The largest packet that carries this publication without correlation data: MQTT 5, 3.3."""
    properties = 3 + 2 + 3 + len("application/json")
    return 5 + 2 + len(topic.encode()) + 2 + properties + len(payload)


Version = Literal["5", "3.1.1"]

CONNECT_TIMEOUT_S = 10.0
MQTT5_TIMEOUT_S = 2.0  # then 3.1.1 is tried
MQTT5_AGAIN_S = 600.0  # and after this time 5 again
WILL_DELAY_S = 30
SESSION_EXPIRY_S = 60  # longer than the will's delay: a session's end publishes its will at once
_IN_FLIGHT_AT_MOST = 100
_AT_ONCE = 64  # events that one poll returns at most
_SESSION_TAKEN_OVER = 0x8E
_UNSUPPORTED_VERSION = 0x84


class Mqtt5Unsupported(BrokerUnreachable):
    """The broker speaks 3.1.1 only: connect again with that."""


class Connection:
    """See the module. Create with `Connection.open`; poll it often."""

    def __init__(
        self, mqtt: MqttSettings, client_id: str, version: Version, *, will: Will | None, acks: int
    ) -> None:
        self.version = version
        self._client_id = client_id
        self._client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=MQTTProtocolVersion.MQTTv5 if self._is_5 else MQTTProtocolVersion.MQTTv311,
            clean_session=None if self._is_5 else True,
            reconnect_on_failure=False,
            manual_ack=acks > 0,
        )
        self._client.max_inflight_messages_set(_IN_FLIGHT_AT_MOST)
        self._client.connect_timeout = CONNECT_TIMEOUT_S
        self._made_s = time.monotonic()
        self._inbox = Inbox(self._client)
        identify(self._client, mqtt)
        if will is not None:
            properties = self._properties(PacketTypes.WILLMESSAGE)
            if properties is not None:
                properties.WillDelayInterval = will.delay_s
            self._client.will_set(will.topic, will.body, 1, retain=True, properties=properties)

    @property
    def receive_maximum(self) -> int:
        """How many publications the broker takes before it has acknowledged one."""
        return self._inbox.receive_maximum

    @property
    def packet_limit_bytes(self) -> int:
        """The largest packet that the broker takes."""
        return self._inbox.packet_limit_bytes

    @property
    def age_s(self) -> float:
        """Seconds since the connection was made."""
        return time.monotonic() - self._made_s

    @property
    def _is_5(self) -> bool:
        return self.version == "5"

    def _properties(self, packet: int) -> Any:
        return Properties(packet) if self._is_5 else None  # type: ignore[no-untyped-call]

    @classmethod
    def open(
        cls,
        mqtt: MqttSettings,
        client_id: str,
        version: Version,
        *,
        will: Will | None = None,
        keep_session: bool = False,
        acks: int = 0,
    ) -> Self:
        """Connect and wait for the broker's answer.

        will : what the broker says for this client once it is gone. keep_session : the broker
        remembers the session for a minute, so that a short break publishes no will. acks : the
        caller acknowledges messages itself, with `acknowledge`; the broker sends so many at most
        before (with 3.1.1, as many as it likes).

        Raises
        ------
        BrokerUnreachable : nobody listens, or no answer in 10 s.
        Mqtt5Unsupported : no answer to MQTT 5, or one that only an older broker gives.
        BrokerRefused : password, certificate or permission.
        """
        connection = cls(mqtt, client_id, version, will=will, acks=acks)
        try:
            connection._connect(mqtt, keep_session, acks)
        except BaseException:
            connection.close()
            raise
        return connection

    def _connect(self, mqtt: MqttSettings, keep_session: bool, acks: int) -> None:
        where = mqtt.address
        properties = self._properties(PacketTypes.CONNECT)
        if properties is not None and keep_session:
            properties.SessionExpiryInterval = SESSION_EXPIRY_S
        if properties is not None and acks:
            properties.ReceiveMaximum = acks
        extra = {"clean_start": not keep_session, "properties": properties} if self._is_5 else {}
        try:
            self._client.connect(mqtt.host, mqtt.port, mqtt.keepalive_s, **extra)
        except ssl.SSLCertVerificationError as error:
            raise BrokerRefused(
                f"The certificate of the broker at {where} is not trusted: {error}.",
                "Set mqtt.ca_file to the authority that signed it.",
            ) from error
        except ssl.SSLError as error:
            raise BrokerRefused(
                f"TLS with the broker at {where} fails: {error}.",
                "Check that mqtt.port is its port for TLS, mostly 8883.",
            ) from error
        except (OSError, UnicodeError) as error:  # the latter: a name that no host can have
            raise BrokerUnreachable(
                f"No broker at {where}: {error}.", "Check its address, and whether it runs."
            ) from error
        if (sock := cast("socket.socket | None", self._client.socket())) is not None:
            # receipts and acknowledgements are small and wanted at once
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        patience_s = MQTT5_TIMEOUT_S if self._is_5 else CONNECT_TIMEOUT_S
        deadline_s = time.monotonic() + patience_s
        while self._inbox.connected is None and time.monotonic() < deadline_s:
            try:
                code = self._client.loop(0.1)
            except Exception as error:
                if self._is_5:  # paho cannot read the short CONNACK of an older broker
                    raise Mqtt5Unsupported(f"{where} gave no MQTT 5 answer: {error}.") from error
                raise
            if code != MQTTErrorCode.MQTT_ERR_SUCCESS and self._inbox.connected is None:
                if self._is_5:
                    raise Mqtt5Unsupported(f"{where} hung up on MQTT 5.")
                if mqtt.tls:  # TLS 1.3 tells a client only afterwards that it was refused
                    raise BrokerRefused(
                        f"The broker at {where} ended TLS before it answered.",
                        "Check mqtt.cert_file and mqtt.key_file; its log says what it refused.",
                    )
                raise BrokerUnreachable(f"The broker at {where} hung up: {code.name}.")
        if self._inbox.connected is None:
            if self._is_5:  # amqtt neither answers nor hangs up when such a client brings a will
                raise Mqtt5Unsupported(f"{where} does not answer MQTT 5.")
            raise BrokerUnreachable(f"The broker at {where} gives no answer.")
        if self._inbox.connected.is_failure:
            if self._is_5 and self._inbox.connected.value == _UNSUPPORTED_VERSION:
                raise Mqtt5Unsupported(f"{where} does not speak MQTT 5.")
            raise BrokerRefused(
                f"The broker at {where} refused {self._client_id!r}: {self._inbox.connected}.",
                "Check mqtt.username, mqtt.password_file and the broker's password and ACL files.",
            )

    def poll(self, timeout_s: float, at_most: int = _AT_ONCE) -> list[Arrived | Acknowledged]:
        """Wait for the network for up to timeout_s; return what came, oldest first, and no more
        than about at_most.

        Raises
        ------
        BrokerUnreachable : the connection is gone.
        BrokerRefused : the broker ended it for a reason only a person can mend.
        """
        if not self._inbox.events:
            self._step(timeout_s)
        came = 0
        while came < len(self._inbox.events) < at_most:
            came = len(self._inbox.events)
            self._step(0)
        events = list(self._inbox.events)
        self._inbox.events.clear()
        return events

    def _end(self, code: MQTTErrorCode) -> BrokerUnreachable | BrokerRefused:
        ended = self._inbox.ended
        if ended is not None and self._is_5 and ended.value == _SESSION_TAKEN_OVER:
            return BrokerRefused(
                f"Another device connected to the broker as {self._client_id!r}.",
                "Give each station its own name: was a memory card copied?",
            )
        return BrokerUnreachable(f"The connection to the broker broke: {ended or code.name}.")

    def publish(
        self,
        topic: str,
        body: bytes,
        *,
        qos: Literal[0, 1] = 1,
        retain: bool = False,
        correlation: bytes = b"",
        response_topic: str = "",
        expiry_s: int = 0,
        user_properties: Iterable[tuple[str, str]] = (),
    ) -> int:
        """Hand a message to the broker; returns the number its Acknowledged will carry.

        correlation, response_topic, expiry_s, user_properties : with MQTT 5 only; 0 never expires.
        """
        more = correlation or response_topic or expiry_s or user_properties
        properties: Any = None
        if self._is_5:
            properties = json_properties() if more else ONLY_JSON
        if properties is not None and more:
            if correlation:
                properties.CorrelationData = correlation
            if response_topic:
                properties.ResponseTopic = response_topic
            if expiry_s:
                properties.MessageExpiryInterval = expiry_s
            if pairs := list(user_properties):
                properties.UserProperty = pairs
        # paho does not read the broker's Receive Maximum; a broker hangs up on who exceeds it
        most = min(_IN_FLIGHT_AT_MOST, self.receive_maximum)
        if len(self._inbox.unacknowledged) >= most:
            self._client.release()
            while len(self._inbox.unacknowledged) > most // 2:
                self._step(0.1)
        mid = self._client.publish(topic, body, qos, retain, properties).mid
        if qos:
            self._inbox.unacknowledged.add(mid)
        return mid

    def together(self) -> AbstractContextManager[None]:
        """What is published and acknowledged inside leaves in one piece at the end, or earlier."""
        return self._client.together()

    def _step(self, timeout_s: float) -> None:
        """Let paho work once; what comes is queued. Raises as `poll`."""
        code = self._client.loop(timeout_s)
        if code != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise self._end(code)

    def subscribe(self, *topics: str) -> None:
        """Subscribe with QoS 1 and wait for the broker's word.

        Raises
        ------
        BrokerRefused : the broker does not let this client read one of the topics.
        BrokerUnreachable : no answer.
        """
        wanted: Any = (
            [(topic, SubscribeOptions(qos=1)) for topic in topics]
            if self._is_5
            else [(topic, 1) for topic in topics]
        )
        mid = self._client.subscribe(wanted)[1] or 0
        deadline_s = time.monotonic() + CONNECT_TIMEOUT_S
        while mid not in self._inbox.granted:
            self._step(0.1)
            if time.monotonic() > deadline_s:
                raise BrokerUnreachable("The broker does not answer a subscription.")
        for topic, granted in zip(topics, self._inbox.granted[mid], strict=True):
            if granted.is_failure:
                raise BrokerRefused(
                    f"The broker does not let {self._client_id!r} read {topic}: {granted}.",
                    "Give it the right in the broker's ACL file.",
                )

    def acknowledge(self, mid: int) -> None:
        """Tell the broker that a message is safe; only for connections opened with `acks`.

        mid : its number, as `Arrived` has it; of those with a quality of service alone.
        """
        self._client.ack(mid, 1)

    def close(self) -> None:
        """Say goodbye if there is still somebody to say it to; the will is then not published."""
        self._client.disconnect()

    def drop(self) -> None:
        """End the connection without a word, as a crash would: the will is published."""
        if (sock := self._client.socket()) is not None:
            sock.close()


def open_best(
    mqtt: MqttSettings,
    client_id: str,
    *,
    will: Will | None = None,
    keep_session: bool = False,
    acks: int = 0,
) -> Connection:
    """MQTT 5 where the broker has it, 3.1.1 where not. Raises as `Connection.open`."""
    try:
        return Connection.open(
            mqtt, client_id, "5", will=will, keep_session=keep_session, acks=acks
        )
    except Mqtt5Unsupported:
        return Connection.open(mqtt, client_id, "3.1.1", will=will, acks=acks)
