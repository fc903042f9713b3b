"""The uplink against a real mosquitto, and against a collector played by the test."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from posture_tools.collector.worker_key import GrantedKey, plain_payload
from simulators.assessments import MODEL, assessment
from simulators.collector_words import payload_of, receipt_for
from simulators.mosquitto import Mosquitto
from simulators.waiting import eventually

from edge.errors import BrokerRefused, BrokerUnreachable, PostureError
from edge.mqtt.connection import Connection
from edge.mqtt.probe import probe_broker
from edge.mqtt.settings import MqttSettings
from edge.records import Abilities
from edge.results.outbox import Outbox
from edge.settings import Settings
from edge.uplink import uplink as uplink_module
from edge.uplink.presence import Presence
from edge.uplink.session import Session
from edge.uplink.uplink import Uplink
from edge.wire.codec import decode, encode
from edge.wire.commands import Command, Response
from edge.wire.presence import CollectorState, State
from edge.wire.receipt import Receipt
from edge.wire.topics import Topics

pytestmark = pytest.mark.broker

TOPICS = Topics("north", "hall-1")
ABLE = Abilities((MODEL,), {"head_tilt": "deg"})


class Clinic:
    """The other end: sees everything, plays the collector, sends commands."""

    def __init__(self, mqtt: MqttSettings) -> None:
        self.seen: list[tuple[str, bytes, bool]] = []
        self.answers: dict[bytes, list[Response]] = {}
        self.number = 0
        subscribed = threading.Event()
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2, "clinic", protocol=MQTTProtocolVersion.MQTTv5
        )
        if mqtt.username:
            password = Path(mqtt.password_file).read_text()
            self._client.username_pw_set(mqtt.username, password)
        self._client.on_message = self._on_message
        self._client.on_subscribe = lambda *_: subscribed.set()
        self._client.on_connect = lambda client, *_: client.subscribe("ps/#", qos=1)
        self._client.connect(mqtt.host, mqtt.port)
        self._client.loop_start()
        assert subscribed.wait(10)

    def _on_message(self, _client: Any, _data: Any, message: paho.MQTTMessage) -> None:
        self.seen.append((message.topic, message.payload, message.retain))
        correlation = getattr(message.properties, "CorrelationData", None)
        if correlation is not None and "/rsp/" in message.topic:
            self.answers.setdefault(correlation, []).append(decode(message.payload, Response))

    def publish(self, topic: str, body: bytes, retain: bool = False, **named: Any) -> None:
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        for name, value in named.items():
            setattr(properties, name, value)
        self._client.publish(topic, body, 1, retain, properties)

    def command(
        self, name: str, data: Any, correlation: bytes, *, number: int = 0, expires: str = "",
        key: GrantedKey | None = None, **named: Any,
    ) -> None:  # fmt: skip
        """number : the next one, if none is given."""
        self.number = number or self.number + 1
        named = {"ResponseTopic": TOPICS.response("clinic"), "MessageExpiryInterval": 60} | named
        topic = TOPICS.command(name)
        body = encode(Command(number=self.number, data=data, expires=expires))
        sign = plain_payload if key is None else key.payload
        self.publish(topic, sign("command", topic, body), CorrelationData=correlation, **named)

    def collector_is(self, online: bool) -> None:
        self.publish(TOPICS.collector_state, encode(CollectorState(online)), retain=True)

    def bodies(self, level: str) -> list[bytes]:
        return [body for topic, body, _ in list(self.seen) if f"/hall-1/{level}" in topic]

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


class Running:
    """An uplink in a thread."""

    def __init__(self, mqtt: MqttSettings, outbox: Outbox, **given: Any) -> None:
        self.problems: list[PostureError] = []
        settings = Settings(site="north", station="hall-1", mqtt=mqtt)
        self.uplink = Uplink(settings, outbox, on_problem=self.problems.append, **given)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self.uplink.run, args=(self._stop,))
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()


Start = Callable[..., Running]


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    with Outbox.open(
        tmp_path / "outbox.db",
        site="north", station="hall-1", limit_bytes=10_000_000, at_limit="refuse",
    ) as box:  # fmt: skip
        yield box


@pytest.fixture
def broker(tmp_path: Path, mosquitto: str) -> Iterator[Mosquitto]:
    with Mosquitto(mosquitto, tmp_path / "broker") as running:
        yield running


@pytest.fixture
def clinic(broker: Mosquitto) -> Iterator[Clinic]:
    other = Clinic(broker.settings)
    yield other
    other.close()


@pytest.fixture
def start(outbox: Outbox) -> Iterator[Start]:
    started: list[Running] = []

    def begin(mqtt: MqttSettings, **given: Any) -> Running:
        started.append(Running(mqtt, outbox, **given))
        return started[-1]

    yield begin
    for running in started:
        running.stop()


def receipt(outbox: Outbox, *seqs: int) -> bytes:
    return payload_of(receipt_for(outbox, seqs))


def sent_body(payload: bytes) -> Any:
    """What a result or event says: the first line of its payload."""
    return json.loads(payload.split(b"\n")[0])


def test_station_says_who_it_is_and_that_it_leaves(
    broker: Mosquitto, clinic: Clinic, outbox: Outbox, start: Start
) -> None:
    outbox.accept(assessment())
    running = start(broker.settings, vitals=lambda: {"fps": 12.5}, abilities=lambda: ABLE)
    eventually(
        lambda: clinic.bodies("state") and clinic.bodies("birth") and clinic.bodies("health")
    )
    state, birth, health = (json.loads(clinic.bodies(x)[0]) for x in ("state", "birth", "health"))
    assert (state["online"], state["first_seq"], state["last_seq"]) == (True, 1, 1)
    assert birth["measures"] == {"head_tilt": "deg"}
    assert birth["models"] == [{"name": "finder", "version": "1.2.0", "sha256": "ab" * 32}]
    assert (health["accepted"], health["waiting"], health["vitals"]) == (1, 1, {"fps": 12.5})
    running.stop()
    eventually(lambda: json.loads(clinic.bodies("state")[-1])["online"] is False)


def test_what_it_measures_with_is_told_again_when_an_update_changed_it(
    broker: Mosquitto, clinic: Clinic, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uplink_module, "ABILITIES_EVERY_S", 0.01)
    told, asked = [ABLE], 0

    def abilities() -> Abilities:
        nonlocal asked
        asked += 1
        return told[0]

    start(broker.settings, abilities=abilities)
    eventually(lambda: clinic.bodies("birth"))
    told[0], before = Abilities(), asked  # the engine starts anew, and has not spoken yet
    eventually(lambda: asked > before + 2)
    told[0] = replace(ABLE, models=(replace(MODEL, version="1.3.0", sha256="cd" * 32),))
    eventually(lambda: len(clinic.bodies("birth")) > 1)
    births = [json.loads(body)["models"] for body in clinic.bodies("birth")]
    assert [[m["sha256"] for m in models] for models in births] == [["ab" * 32], ["cd" * 32]]


def test_the_uplink_binds_no_socket_and_listens_on_none(
    broker: Mosquitto,
    clinic: Clinic,
    start: Start,
    outbox: Outbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError("as SocketBindDeny=any and the unit's system call filter refuse it")

    monkeypatch.setattr(socket.socket, "bind", refused)
    monkeypatch.setattr(socket.socket, "listen", refused)
    outbox.accept(assessment())
    clinic.collector_is(online=True)
    start(broker.settings)
    eventually(lambda: clinic.bodies("result"))


def test_vitals_that_fail_do_not_stop_the_health(
    broker: Mosquitto, clinic: Clinic, start: Start
) -> None:
    start(broker.settings, vitals=lambda: 1 / 0)
    eventually(lambda: clinic.bodies("health"))


def test_results_are_held_until_a_collector_is_there(
    broker: Mosquitto, clinic: Clinic, outbox: Outbox, start: Start
) -> None:
    running = start(broker.settings)
    outbox.accept(assessment())
    eventually(lambda: "no collector" in running.uplink.status().problem)
    clinic.collector_is(online=True)
    eventually(lambda: clinic.bodies("result"))
    assert clinic.bodies("result")[0] == outbox.pending(1)[0].payload
    assert running.uplink.status().problem == ""


def test_acknowledged_is_not_delivered(
    broker: Mosquitto, clinic: Clinic, outbox: Outbox, start: Start
) -> None:
    """The broker took it; without a receipt it is sent again and stays."""
    clinic.collector_is(online=True)
    start(broker.settings)
    outbox.accept(assessment())
    eventually(lambda: len(clinic.bodies("result")) >= 2)
    assert len(set(clinic.bodies("result"))) == 1
    assert outbox.depth() == 1
    clinic.publish(TOPICS.receipt, receipt(outbox, 1))
    eventually(lambda: outbox.depth() == 0)


def test_malformed_retained_and_foreign_receipts_delete_nothing(
    broker: Mosquitto, clinic: Clinic, outbox: Outbox, start: Start
) -> None:
    outbox.accept(assessment())
    good = receipt_for(outbox, [1])
    clinic.publish(TOPICS.receipt, payload_of(good), retain=True)
    clinic.collector_is(online=True)
    running = start(broker.settings)
    eventually(lambda: clinic.bodies("result"))
    other = Receipt("north", "hall-1", outbox.epoch, 1, ((1, "0" * 64),))
    for payload in (b"", b"{", b"\xff", b"{}\n{}", encode(good), payload_of(other),
                    b'{"a":' * 3000 + b"1" + b"}" * 3000,
                    payload_of(good).replace(b'"newest":0', b'"newest":1')):  # fmt: skip
        clinic.publish(TOPICS.receipt, payload)
    count = len(clinic.bodies("result"))
    eventually(lambda: len(clinic.bodies("result")) > count)
    assert outbox.depth() == 1
    assert running.uplink.status().phase == "connected", "none of them ended the connection"
    clinic.publish(TOPICS.receipt, payload_of(good))
    eventually(lambda: outbox.depth() == 0)


POISON = [
    b"", b"\xff\xfe", b"null", b"[]", b"{}", b'"x"', b"{}\n{}",
    b'{"a":' * 3000 + b"1" + b"}" * 3000, b"[" * 9000 + b"]" * 9000, b"9" * 9000,
    b'{"online":"\\u0000"}', b"x" * 200_000,
    b'{"schema":"ps.state/1","online":true,"boot_id":"","instance":"x","epoch":"'
    + b"0" * 24 + b'"}',
    b'{"schema":"ps.desired/1","version":1' + b"0" * 18 + b"}",
    b'{"schema":"ps.collector/1","online":false}',
]  # fmt: skip


@pytest.mark.parametrize("topic", ["desired", "state", "collector_state", "receipt"])
def test_retained_poison_stops_nothing(
    broker: Mosquitto, clinic: Clinic, outbox: Outbox, start: Start, topic: str
) -> None:
    """Whatever it reads, the next result arrives."""
    outbox.accept(assessment())
    running = start(broker.settings)
    for number, poison in enumerate(POISON, start=1):
        clinic.publish(getattr(TOPICS, topic), poison, retain=True)
        clinic.collector_is(online=True)
        eventually(lambda n=number: len(clinic.bodies("result")) >= n)
        outbox.accept(assessment(number))
        clinic.publish(TOPICS.receipt, receipt(outbox, *(m.seq for m in outbox.pending(99))))
        eventually(lambda: outbox.depth() == 0)
        outbox.accept(assessment(number))
    assert [p for p in running.problems if not isinstance(p, BrokerUnreachable)] == []


@pytest.mark.parametrize("topic", ["desired", "state", "collector_state", "receipt"])
def test_retained_poison_is_survived_at_every_start(
    broker: Mosquitto, clinic: Clinic, outbox: Outbox, start: Start, topic: str, monkeypatch: Any
) -> None:
    monkeypatch.setattr("edge.uplink.presence.HINT_S", 0.1)
    for number, poison in enumerate(POISON):
        outbox.accept(assessment(number))
        clinic.publish(getattr(TOPICS, topic), poison, retain=True)
        seen = len(clinic.bodies("result"))
        running = start(broker.settings)
        eventually(lambda n=seen: len(clinic.bodies("result")) > n)
        clinic.publish(TOPICS.receipt, receipt(outbox, outbox.pending(1)[0].seq))
        eventually(lambda: outbox.depth() == 0)
        running.stop()


def test_without_a_word_of_the_collector_one_message_is_tried(
    broker: Mosquitto, clinic: Clinic, outbox: Outbox, start: Start, monkeypatch: Any
) -> None:
    """Its retained word may be lost, cleared, or a lie: a hint slows a station, never stops it."""
    monkeypatch.setattr("edge.uplink.presence.HINT_S", 0.1)
    for number in range(3):
        outbox.accept(assessment(number))
    clinic.collector_is(online=False)
    start(broker.settings)
    for left in (2, 1, 0):
        eventually(
            lambda n=3 - left: len({sent_body(b)["seq"] for b in clinic.bodies("result")}) >= n
        )
        clinic.publish(TOPICS.receipt, receipt(outbox, outbox.pending(1)[0].seq))
        eventually(lambda n=left: outbox.depth() == n)


def test_a_receipt_makes_a_standing_lie_void(
    broker: Mosquitto, clinic: Clinic, outbox: Outbox, start: Start, monkeypatch: Any
) -> None:
    """No collector, says whoever may write there: after one receipt the window is full again."""
    tries = iter([True])
    monkeypatch.setattr(Presence, "may_try", lambda *_: next(tries, False))
    for number in range(40):
        outbox.accept(assessment(number))
    clinic.collector_is(online=False)
    start(broker.settings)
    eventually(lambda: clinic.bodies("result"))
    clinic.publish(TOPICS.receipt, receipt(outbox, 1))
    eventually(lambda: len({sent_body(b)["seq"] for b in clinic.bodies("result")}) >= 16)
    clinic.collector_is(online=False)
    clinic.publish(TOPICS.receipt, receipt(outbox, *(m.seq for m in outbox.pending(16))))
    eventually(lambda: len({sent_body(b)["seq"] for b in clinic.bodies("result")}) >= 32)


def test_one_that_nobody_answers_keeps_no_other_from_being_tried(
    broker: Mosquitto, clinic: Clinic, outbox: Outbox, start: Start, monkeypatch: Any
) -> None:
    monkeypatch.setattr("edge.uplink.presence.HINT_S", 0.1)
    for number in range(3):
        outbox.accept(assessment(number))
    clinic.collector_is(online=False)
    start(broker.settings)
    eventually(lambda: {sent_body(b)["seq"] for b in clinic.bodies("result")} == {1, 2, 3})
    eventually(lambda: len(clinic.bodies("result")) > 3)


def test_a_restored_card_goes_on_in_a_new_epoch(
    broker: Mosquitto, clinic: Clinic, outbox: Outbox, start: Start
) -> None:
    clinic.collector_is(online=True)
    outbox.accept(assessment())
    epoch = outbox.epoch
    start(broker.settings)
    eventually(lambda: clinic.bodies("result"))
    clinic.publish(TOPICS.receipt, payload_of(receipt_for(outbox, rejected={1: "conflict"})))
    eventually(lambda: clinic.bodies("event/epoch"))
    eventually(lambda: sent_body(clinic.bodies("result")[-1])["seq"] == 2)
    assert sent_body(clinic.bodies("result")[-1])["was"][0]["epoch"] == epoch
    eventually(lambda: decode(clinic.bodies("state")[-1], State).epoch == outbox.epoch)


def test_a_damaged_body_is_set_aside_and_the_rest_goes_on(
    broker: Mosquitto, clinic: Clinic, outbox: Outbox, start: Start
) -> None:
    for number in range(3):
        outbox.accept(assessment(number))
    with outbox._database.transaction() as db:
        db.execute("UPDATE message SET body = CAST(body || ' ' AS BLOB) WHERE seq = 2")
        db.execute("UPDATE message SET seal = x'7b7d' WHERE seq = 3")  # its seal only: sealed anew
    clinic.collector_is(online=True)
    start(broker.settings)
    eventually(lambda: {sent_body(b)["seq"] for b in clinic.bodies("result")} == {1, 3})
    eventually(lambda: clinic.bodies("event/gap"))
    assert sent_body(clinic.bodies("event/gap")[0])["data"]["ranges"] == [[2, 2]]


def test_a_message_the_collector_never_receipts_does_not_block_the_rest(
    broker: Mosquitto, clinic: Clinic, outbox: Outbox, start: Start
) -> None:
    mqtt = MqttSettings(host=broker.settings.host, port=broker.port, window=2, resend_s=1.0)
    outbox.accept(assessment(session="poison"))
    clinic.collector_is(online=True)
    start(mqtt)
    for number in range(30):
        outbox.accept(assessment(number))
    told = set()

    def all_but_the_first_gone() -> bool:
        for body in clinic.bodies("result"):
            seq = sent_body(body)["seq"]
            if seq != 1 and seq not in told:
                told.add(seq)
                clinic.publish(TOPICS.receipt, receipt(outbox, seq))
        return outbox.depth() == 1

    eventually(all_but_the_first_gone)
    assert outbox.pending(1)[0].seq == 1


def test_collector_that_is_there_but_silent(
    broker: Mosquitto, clinic: Clinic, outbox: Outbox, start: Start
) -> None:
    """No receipt for long: the connection is not believed and made anew; nothing is lost."""
    mqtt = MqttSettings(host=broker.settings.host, port=broker.port, resend_s=0.1)
    clinic.collector_is(online=True)
    outbox.accept(assessment())
    running = start(mqtt)
    eventually(lambda: any("No receipt" in str(problem) for problem in running.problems))
    eventually(lambda: len(clinic.bodies("birth")) >= 2)
    assert outbox.depth() == 1


def test_callback_raises(
    broker: Mosquitto, clinic: Clinic, outbox: Outbox, start: Start, monkeypatch: Any
) -> None:
    real, failures = Session._receipt, iter((True,))

    def fail_once(session: Session, message: Any) -> None:
        if next(failures, False):
            raise RuntimeError("injected")
        real(session, message)

    monkeypatch.setattr(Session, "_receipt", fail_once)
    clinic.collector_is(online=True)
    running = start(broker.settings)
    outbox.accept(assessment())
    eventually(lambda: clinic.bodies("result"))
    clinic.publish(TOPICS.receipt, receipt(outbox, 1))
    eventually(lambda: len(clinic.bodies("birth")) >= 2)
    count = len(clinic.bodies("result"))
    eventually(lambda: len(clinic.bodies("result")) > count)
    clinic.publish(TOPICS.receipt, receipt(outbox, 1))
    eventually(lambda: outbox.depth() == 0)
    assert running.uplink.status().loop_age_s < 5.0


def test_no_broker(outbox: Outbox, start: Start, tmp_path: Path, mosquitto: str) -> None:
    absent = Mosquitto(mosquitto, tmp_path / "absent")
    with pytest.raises(BrokerUnreachable, match=f"No broker at 127.0.0.1:{absent.port}"):
        probe_broker(absent.settings)
    running = start(absent.settings)
    eventually(lambda: running.problems)
    assert isinstance(running.problems[0], BrokerUnreachable)
    with absent:
        eventually(lambda: running.uplink.status().phase == "connected")
        assert probe_broker(absent.settings).endswith("speaks MQTT 5")


def test_duplicate_client_id(broker: Mosquitto, clinic: Clinic, start: Start) -> None:
    """A copied card: both stations say so, instead of silently throwing each other out."""
    first = start(broker.settings)
    eventually(lambda: first.uplink.status().phase == "connected")
    start(broker.settings)
    eventually(lambda: "memory card" in first.uplink.status().problem)


def password_file(folder: Path, names: str) -> Path:
    """mosquitto's own format: salted PBKDF2-SHA512. Everybody's password is `right`."""
    path = folder / "passwords"
    lines = []
    for name in names.split():
        salt = b"saltsaltsalt"
        digest = hashlib.pbkdf2_hmac("sha512", b"right", salt, 101)
        coded = [base64.b64encode(x).decode() for x in (salt, digest)]
        lines.append(f"{name}:$7$101${coded[0]}${coded[1]}\n")
    path.write_text("".join(lines))
    return path


def test_bad_password(outbox: Outbox, start: Start, tmp_path: Path, mosquitto: str) -> None:
    passwords = password_file(tmp_path, "hall-1")
    secret = tmp_path / "secret"
    secret.write_text("wrong\n")
    lines = ("allow_anonymous false", f"password_file {passwords}")
    with Mosquitto(mosquitto, tmp_path / "broker", *lines) as strict:
        mqtt = MqttSettings(
            port=strict.port, username="hall-1", password_file=str(secret), resend_s=0.4,
            allow_plain=True,
        )  # fmt: skip
        with pytest.raises(BrokerRefused, match="refused") as refusal:
            probe_broker(mqtt)
        assert "password_file" in refusal.value.remedy
        running = start(mqtt)
        eventually(lambda: running.problems)
        assert isinstance(running.problems[0], BrokerRefused)
        secret.write_text("right\n")  # a person mends it; nothing is restarted
        eventually(lambda: running.uplink.status().phase == "connected")


def test_access_refused_for_results(
    outbox: Outbox, start: Start, tmp_path: Path, mosquitto: str
) -> None:
    """PUBACK says 'not authorized': the result stays and the problem is told."""
    passwords = password_file(tmp_path, "hall-1 clinic")
    secret, rights = tmp_path / "secret", tmp_path / "rights"
    secret.write_text("right")
    rights.write_text(
        "user clinic\ntopic readwrite ps/#\nuser hall-1\ntopic read ps/#\n"
        "topic write ps/v2/north/hall-1/state\ntopic write ps/v2/north/hall-1/birth\n"
    )
    lines = ("allow_anonymous false", f"password_file {passwords}", f"acl_file {rights}")
    with Mosquitto(mosquitto, tmp_path / "broker", *lines) as strict:
        given = {"port": strict.port, "password_file": str(secret), "resend_s": 0.4,
                 "allow_plain": True}  # fmt: skip
        clinic = Clinic(MqttSettings(username="clinic", **given))
        clinic.collector_is(online=True)
        running = start(MqttSettings(username="hall-1", **given))
        outbox.accept(assessment())
        eventually(lambda: "Not authorized" in running.uplink.status().problem)
        assert outbox.depth() == 1
        assert clinic.bodies("result") == []
        clinic.close()


def test_broker_with_a_small_packet_limit(
    outbox: Outbox, start: Start, tmp_path: Path, mosquitto: str
) -> None:
    """What the broker would not take is kept back, and what it takes passes by."""
    with Mosquitto(mosquitto, tmp_path / "broker", "max_packet_size 4000") as narrow:
        clinic = Clinic(narrow.settings)
        clinic.collector_is(online=True)
        outbox.accept(assessment(1, padding=5000))
        outbox.accept(assessment(2))
        running = start(narrow.settings)
        eventually(lambda: clinic.bodies("result"))
        assert sent_body(clinic.bodies("result")[0])["seq"] == 2
        clinic.publish(TOPICS.receipt, receipt(outbox, 2))
        eventually(lambda: outbox.depth() == 1)
        assert "max_packet_size" in running.uplink.status().problem
        clinic.close()


def test_a_broker_that_hangs_up_on_a_large_packet(
    outbox: Outbox, start: Start, tmp_path: Path, mosquitto: str, monkeypatch: Any
) -> None:
    """With MQTT 3.1.1 it has no words for that: what it hangs up on is found, and the rest goes."""

    def without_5(mqtt: MqttSettings, client_id: str, **given: Any) -> Connection:
        given.pop("keep_session")
        return Connection.open(mqtt, client_id, "3.1.1", **given)

    monkeypatch.setattr(uplink_module, "open_best", without_5)
    with Mosquitto(mosquitto, tmp_path / "broker", "max_packet_size 4000") as narrow:
        clinic = Clinic(narrow.settings)
        clinic.collector_is(online=True)
        outbox.accept(assessment(1, padding=5000))
        for number in (2, 3, 4):
            outbox.accept(assessment(number))
        running = start(narrow.settings)
        eventually(lambda: {sent_body(b)["seq"] for b in clinic.bodies("result")} >= {2, 3, 4}, 60)
        clinic.publish(TOPICS.receipt, receipt(outbox, 2, 3, 4))
        eventually(lambda: outbox.depth() == 1)
        assert "hangs up on message 1" in running.uplink.status().problem
        clinic.close()


def test_a_command_acts_once_and_is_answered_each_time_it_comes(
    broker: Mosquitto, clinic: Clinic, start: Start
) -> None:
    runs: list[bytes] = []

    def selftest(body: bytes) -> dict[str, Any]:
        runs.append(body)
        return {"camera": "ok"}

    running = start(broker.settings, commands={"selftest": selftest})
    eventually(lambda: running.uplink.status().phase == "connected")
    clinic.command("selftest", {}, b"one", number=7)
    clinic.command("selftest", {}, b"one", number=7)
    eventually(lambda: len(clinic.answers.get(b"one", [])) == 2)
    assert [answer.data for answer in clinic.answers[b"one"]] == [{"camera": "ok"}] * 2
    assert len(runs) == 1
    running.stop()
    start(broker.settings, commands={"selftest": selftest})
    clinic.command("selftest", {}, b"after a restart", number=7)
    eventually(lambda: b"after a restart" in clinic.answers)
    assert len(runs) == 1


def test_commands_that_are_ignored(broker: Mosquitto, clinic: Clinic, start: Start) -> None:
    runs: list[bytes] = []

    def restart(body: bytes) -> dict[str, Any]:
        runs.append(body)
        return {}

    topic = TOPICS.command("restart")
    body = encode(Command(number=1))
    clinic.publish(
        topic, plain_payload("command", topic, body), retain=True,
        CorrelationData=b"old", ResponseTopic=TOPICS.response("clinic"),
    )  # fmt: skip
    eventually(lambda: clinic.bodies("cmd"))
    running = start(broker.settings, commands={"restart": restart})
    eventually(lambda: running.uplink.status().phase == "connected")
    for elsewhere in ("ps/v2/north/hall-2/receipt", TOPICS.response(""), TOPICS.receipt,
                      TOPICS.response("a/b")):  # fmt: skip
        clinic.command("restart", {}, b"elsewhere", ResponseTopic=elsewhere)
    clinic.publish(topic, body, ResponseTopic=TOPICS.response("clinic"))
    answerable = {"CorrelationData": b"x", "ResponseTopic": TOPICS.response("clinic")}
    clinic.publish(topic, body, **answerable)
    clinic.publish(topic, plain_payload("receipt", topic, body), **answerable)
    clinic.command("restart", {"a": 1}, b"first", number=50)
    clinic.command("restart", {"a": 2}, b"another body", number=50)
    clinic.command("resend", {"from": 1, "to": 2}, b"last")
    eventually(lambda: b"last" in clinic.answers)
    assert len(runs) == 1
    assert set(clinic.answers) == {b"first", b"last"}


def test_a_late_command_is_judged_by_a_clock_that_is_right(
    broker: Mosquitto, clinic: Clinic, start: Start, monkeypatch: Any
) -> None:
    running = start(broker.settings, commands={"now": lambda _: {}})
    eventually(lambda: running.uplink.status().phase == "connected")
    monkeypatch.setattr("edge.wire.clock.is_disciplined", lambda: False)
    clinic.command("now", {}, b"unsynced", expires="2026-01-02T00:00:00Z")
    eventually(lambda: clinic.answers.get(b"unsynced"))
    monkeypatch.setattr("edge.wire.clock.is_disciplined", lambda: True)
    clinic.command("now", {}, b"late", expires="2026-01-02T00:00:00Z")
    clinic.command("now", {}, b"in time", expires="2199-01-01T00:00:00Z")
    eventually(lambda: len(clinic.answers) == 3)
    assert [clinic.answers[name][0].ok for name in (b"unsynced", b"late", b"in time")] == [
        True, False, True,
    ]  # fmt: skip


def test_erase_and_resend_by_command(
    broker: Mosquitto, clinic: Clinic, outbox: Outbox, start: Start
) -> None:
    for number in range(3):
        outbox.accept(assessment(number))
    start(broker.settings)
    eventually(lambda: clinic.bodies("state"))
    clinic.command("erase", {"session": "session-1"}, b"a")
    clinic.command("resend", {"from": 1, "to": 9}, b"b")
    clinic.command("erase", {}, b"c")
    clinic.command("format", {}, b"d")
    eventually(lambda: len(clinic.answers) == 4)
    assert clinic.answers[b"a"][0].data == {"ranges": [[2, 2]], "left": []}
    assert clinic.answers[b"b"][0].data == {"ranges": [[1, 1], [3, 5]]}
    assert "session or seqs" in clinic.answers[b"c"][0].problem
    assert "unknown command" in clinic.answers[b"d"][0].problem
    assert [m.channel for m in outbox.pending(9)][-1] == "event/erase"
