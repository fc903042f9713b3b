"""A site as its operator sets it up: written files, a real mosquitto over TLS, and an attacker."""

from __future__ import annotations

import json
import stat
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from posture_tools.collector.__main__ import main
from posture_tools.collector.broker import await_listening, free_port
from posture_tools.collector.site.broker_files import COLLECTOR_USER, OPERATOR_USER
from posture_tools.collector.store import Store
from simulators.assessments import assessment
from simulators.children import Child
from simulators.collector_words import payload_of
from simulators.waiting import eventually

from edge.engine.station_key import station_signer, told_enrolment
from edge.errors import BrokerRefused, BrokerUnreachable
from edge.mqtt.connection import open_best
from edge.mqtt.events import Acknowledged, Arrived
from edge.mqtt.settings import MqttSettings
from edge.results.outbox import Outbox
from edge.settings import Settings, load_settings
from edge.uplink.uplink import Uplink
from edge.wire.keys import fingerprint
from edge.wire.receipt import Receipt
from edge.wire.topics import OLD_ROOT, Topics

pytestmark = [pytest.mark.broker, pytest.mark.timeout(180)]


class Site:
    """What `site init` wrote, and a broker that runs on it."""

    def __init__(self, folder: Path, program: str) -> None:
        self.folder, self.store, self.port = folder / "site", folder / "collector.db", free_port()
        self._program = program
        self._log = folder / "broker.log"
        assert self.verb("init", "--site", "north", "--host", "127.0.0.1", "--host", "broker.test",
                         "--port", str(self.port)) == 0  # fmt: skip
        conf = self.folder / "broker" / "mosquitto.conf"
        conf.write_text(conf.read_text() + "user root\nlog_type all\n")

    def verb(self, what: str, *words: str) -> int:
        return main(["site", "--store", str(self.store), what, str(self.folder), *words])

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def login(self, user: str, password_file: Path) -> MqttSettings:
        return MqttSettings(
            host="127.0.0.1", port=self.port, username=user, password_file=str(password_file),
            tls=True, ca_file=str(self.folder / "ca.pem"), resend_s=0.4, keepalive_s=5,
        )  # fmt: skip

    def station(self, name: str, *words: str) -> Settings:
        assert self.verb("add", name, *words) == 0
        boot = load_settings(self.folder / "stations" / name / "station.toml")
        mqtt = msgspec.structs.replace(boot.mqtt, resend_s=0.4, keepalive_s=5)
        state = self.folder.parent / "state" / name
        return msgspec.structs.replace(boot, state_dir=str(state), mqtt=mqtt)

    @contextmanager
    def broker(self) -> Iterator[None]:
        with self._log.open("ab") as log:
            process = subprocess.Popen(
                [self._program, "-c", str(self.folder / "broker" / "mosquitto.conf")],
                stdout=log, stderr=log,
            )  # fmt: skip
        try:
            await_listening(self.port, process)
            yield
        finally:
            process.terminate()
            process.wait()

    @contextmanager
    def collector(self) -> Iterator[Child]:
        child = Child(
            "-m", "posture_tools.collector", "run", "--broker", f"127.0.0.1:{self.port}",
            "--store", str(self.store), "--site", "north", "--keys", str(self.folder / "keys"),
            "--username", COLLECTOR_USER,
            "--password-file", str(self.folder / "keys" / "collector.password"),
            "--ca-file", str(self.folder / "ca.pem"),
        )  # fmt: skip
        try:
            yield child
        finally:
            child.kill()

    def stored(self) -> list[tuple[str, int]]:
        with Store(self.store) as store:
            return store.rows("SELECT station, seq FROM result ORDER BY station, seq")


@contextmanager
def running(settings: Settings) -> Iterator[tuple[Outbox, Uplink]]:
    """Engine's and uplink's parts of one station."""
    settings.state_path.mkdir(parents=True, exist_ok=True)
    with Outbox.open(
        settings.state_path / "outbox.db",
        site=settings.site, station=settings.station, limit_bytes=10_000_000, at_limit="refuse",
        signer=station_signer(settings),
    ) as outbox:  # fmt: skip
        stop = threading.Event()
        uplink = Uplink(
            settings, outbox, enrolment=lambda: told_enrolment(settings.state_path)
        )  # fmt: skip
        thread = threading.Thread(target=uplink.run, args=(stop,))
        thread.start()
        try:
            yield outbox, uplink
        finally:
            stop.set()
            thread.join()


@pytest.fixture
def site(tmp_path: Path, mosquitto: str) -> Site:
    return Site(tmp_path, mosquitto)


def publish(mqtt: MqttSettings, topic: str, payload: bytes) -> int:
    """The broker's reason code; 0 where it took it."""
    connection = open_best(mqtt, "attacker")
    mid = connection.publish(topic, payload)
    deadline_s = time.monotonic() + 10
    while time.monotonic() < deadline_s:
        for event in connection.poll(0.1):
            if isinstance(event, Acknowledged) and event.mid == mid:
                connection.close()
                return event.refusal
    raise AssertionError("no answer")


def test_secrets_are_their_owners_alone(site: Site) -> None:
    site.station("hall-1")
    for path in site.folder.rglob("*"):
        if path.suffix in {".key", ".password"} or path.name in {
            "passwords", "password", "token", "site.pem", "receipt.pem", "command.pem",
        }:  # fmt: skip
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert site.verb("init", "--site", "north", "--host", "x") == 1, "keys are never overwritten"


def test_a_station_with_its_folder_delivers_and_nobody_else(site: Site) -> None:
    settings = site.station("hall-1")
    with site.broker(), site.collector(), running(settings) as (outbox, _):
        for number in range(5):
            outbox.accept(assessment(number))
        eventually(lambda: outbox.depth() == 0, within_s=40)
        assert len(site.stored()) == 5


def test_a_revoked_station_is_cut_off_and_refused(site: Site) -> None:
    settings = site.station("hall-1")
    with site.broker(), site.collector(), running(settings) as (outbox, uplink):
        outbox.accept(assessment(1))
        eventually(lambda: outbox.depth() == 0, within_s=40)
        assert site.verb("revoke", "hall-1") == 0
        eventually(lambda: uplink.status().phase == "connecting", within_s=40)
        eventually(lambda: "Not authorized" in uplink.status().problem
                   or "refused" in uplink.status().problem, within_s=40)  # fmt: skip
        outbox.accept(assessment(2))
        assert outbox.depth() == 1
    assert len(site.stored()) == 1
    assert site.verb("add", "hall-1") == 1, "its name needs --replace"


def test_a_stolen_station_password_writes_for_no_other(site: Site) -> None:
    """With the written ACL: the broker's log names each refusal."""
    site.station("hall-1")
    stolen = site.login("hall-1", site.folder / "stations" / "hall-1" / "password")
    other, own = Topics("north", "hall-2"), Topics("north", "hall-1")
    with site.broker():
        for topic in (
            other.message("result/posture"),
            other.state,
            other.enrol,
            own.receipt,
            own.command("erase"),
            own.desired,
            own.collector_state,
            other.receipt,
        ):
            assert publish(stolen, topic, b"{}") != 0, topic
        assert publish(stolen, own.message("result/posture"), b"{}") == 0
        reader = open_best(stolen, "reader")
        reader.subscribe("ps/#", other.desired, other.message("result/#"))  # granted, and empty
        operator = site.login(OPERATOR_USER, site.folder / "keys" / "operator.password")
        for topic in (other.desired, other.command("erase"), own.desired):
            assert publish(operator, topic, b"{}") == 0
        heard: list[str] = []

        def hears_its_own() -> bool:
            heard.extend(e.topic for e in reader.poll(0.1) if isinstance(e, Arrived))
            return own.desired in heard

        eventually(hears_its_own)
        assert heard == [own.desired]
        reader.close()
    assert "Denied PUBLISH" in site.log


def test_without_the_acl_signatures_refuse(site: Site) -> None:
    """The same thief at a broker whose access rules were lost."""
    settings = site.station("hall-1")
    conf = site.folder / "broker" / "mosquitto.conf"
    conf.write_text(
        "".join(line for line in conf.read_text().splitlines(True) if "acl_file" not in line)
    )
    site.station("hall-2")
    thief = site.login("hall-2", site.folder / "stations" / "hall-2" / "password")
    topics = Topics("north", "hall-1")
    with site.broker(), running(settings) as (outbox, _):
        outbox.accept(assessment(1))
        [message] = outbox.pending(1)
        forged = Receipt("north", "hall-1", outbox.epoch, 1, ((1, message.sha256),))
        publish(thief, topics.collector_state, b'{"schema":"ps.collector/1","online":true}')
        for payload in (payload_of(forged), b"{}", msgspec.json.encode(forged)):
            publish(thief, topics.receipt, payload)
        publish(thief, topics.message("result/posture"),
                message.body.replace(b"session-1", b"session-X"))  # fmt: skip
        time.sleep(1.0)
        assert outbox.depth() == 1, "what is not signed settles nothing"
        with site.collector():
            eventually(lambda: outbox.depth() == 0, within_s=40)
    assert len(site.stored()) == 1
    with Store(site.store) as store:
        assert store.rows("SELECT session FROM result") == [("session-1",)]


def test_a_collector_lost_with_its_keys_is_replaced_without_a_climb(site: Site) -> None:
    settings = site.station("hall-1")
    key = site.folder / "offline" / "site.pem"
    with site.broker(), running(settings) as (outbox, _):
        outbox.accept(assessment(1))
        with site.collector():
            eventually(lambda: outbox.depth() == 0, within_s=40)
        assert site.verb("rotate", "receipt", "--site-key", str(key)) == 0
        outbox.accept(assessment(2))
        with site.collector():
            eventually(lambda: outbox.depth() == 0, within_s=40)


def test_a_key_is_approved_by_its_fingerprint(site: Site) -> None:
    settings = site.station("hall-1")
    (site.folder / "stations" / "hall-1" / "token").write_text("lost")
    with site.broker(), site.collector(), running(settings) as (outbox, _):
        outbox.accept(assessment(1))
        with Store(site.store) as store:
            eventually(lambda: store.rows("SELECT 1 FROM pending_key"), within_s=40)
        assert outbox.depth() == 1
        assert site.verb("approve", "hall-1", "0000-" * 7 + "0000") == 1
        said = fingerprint(station_signer(settings).public)
        assert site.verb("approve", "hall-1", said) == 0
        eventually(lambda: outbox.depth() == 0, within_s=40)


def test_another_certificate_and_a_plain_connection_are_refused(site: Site, tmp_path: Path) -> None:
    settings = site.station("hall-1")
    (tmp_path / "other").mkdir()
    other = Site(tmp_path / "other", "")
    wrong = msgspec.structs.replace(settings.mqtt, ca_file=str(other.folder / "ca.pem"))
    with site.broker():
        with pytest.raises(BrokerRefused, match="not trusted"):
            open_best(wrong, "x")
        plain = msgspec.structs.replace(settings.mqtt, tls=False)
        with pytest.raises((BrokerUnreachable, BrokerRefused)):
            open_best(plain, "x")
        elsewhere = msgspec.structs.replace(settings.mqtt, host="localhost")
        with pytest.raises(BrokerRefused, match="not trusted"):
            open_best(elsewhere, "x")


def test_a_closed_sites_collector_needs_its_keys(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["run", "--broker", "127.0.0.1:1", "--site", "north", "--store", str(site.store)]
    assert main(words) == 1
    assert "--keys" in capsys.readouterr().err
    assert {OPERATOR_USER, COLLECTOR_USER} <= {
        line.split(":")[0]
        for line in (site.folder / "broker" / "passwords").read_text().splitlines()
    }


def test_a_station_of_version_0_1_is_answered_in_its_words(site: Site) -> None:
    """Played from its bytes: an unsealed body on the old tree, and the receipt that it knows."""
    site.station("hall-2")
    assert site.verb("let-unsigned", "hall-1") == 0
    acl = site.folder / "broker" / "acl"
    tree = "topic readwrite ps/v1/#"
    lines = ["user hall-2", tree, f"user {COLLECTOR_USER}", tree, acl.read_text()]
    acl.write_text("\n".join(lines))
    with Outbox.open(
        site.folder.parent / "old.db",
        site="north", station="hall-1", limit_bytes=1_000_000, at_limit="refuse",
    ) as outbox:  # fmt: skip
        outbox.accept(assessment(1))
        [message] = outbox.pending(1)
        epoch = outbox.epoch
    old = Topics("north", "hall-1", OLD_ROOT)
    login = site.login("hall-2", site.folder / "stations" / "hall-2" / "password")
    with site.broker(), site.collector() as collector:
        eventually(lambda: collector.lines)
        connection = open_best(login, "old station")
        connection.subscribe(old.receipt, old.collector_state)
        heard: dict[str, bytes] = {}

        def answered() -> bool:
            for event in connection.poll(0.1):
                if isinstance(event, Arrived):
                    heard[event.topic] = event.body
            return old.receipt in heard

        connection.publish(old.message(message.channel), message.body)
        eventually(answered)
        connection.close()
    assert json.loads(heard[old.receipt]) == {
        "schema": "ps.receipt/1", "epoch": epoch, "upto": 0, "have": [[1, 1]], "reject": [],
    }  # fmt: skip
    assert json.loads(heard[old.collector_state])["online"] is True
    with Store(site.store) as store:
        assert store.rows("SELECT station, seal FROM result") == [("hall-1", b"")]
