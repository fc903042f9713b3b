"""A site as its operator sets it up: written files, a real mosquitto over TLS, and an attacker."""

from __future__ import annotations

import json
import re
import stat
import time
from pathlib import Path

import msgspec
import pytest
from posture_tools.collector.__main__ import main
from posture_tools.collector.site import doctor
from posture_tools.collector.site.broker_files import COLLECTOR_USER, OPERATOR_USER
from posture_tools.collector.sqlite.store import SqliteStore
from posture_tools.collector.worker_settings import load_worker_settings
from simulators.assessments import assessment
from simulators.collector_words import payload_of
from simulators.site import Site, running
from simulators.waiting import eventually

from edge.appliance.first_boot import parse_first_boot
from edge.commands import checks, checks_trust
from edge.engine.station_key import station_signer
from edge.errors import BrokerRefused, BrokerUnreachable
from edge.mqtt.connection import open_best
from edge.mqtt.events import Acknowledged, Arrived
from edge.mqtt.settings import MqttSettings
from edge.results.outbox import Outbox
from edge.uplink.uplink_file import UplinkFile, read_uplink_file
from edge.wire.keys import fingerprint
from edge.wire.receipt import Receipt
from edge.wire.topics import OLD_ROOT, Topics

pytestmark = [pytest.mark.broker, pytest.mark.timeout(180)]


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
    assert site.verb("init", "--site", "north", "--host", "x") == 2, "keys are never overwritten"


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
    assert site.verb("add", "hall-1") == 2, "its name needs --replace"


def troubles(site: Site) -> list[str]:
    return [each.name for each in doctor.findings(site.folder) if not each.ok]


def test_rules_of_an_older_version_are_written_anew(site: Site) -> None:
    """A site of before 1.0.0: its broker lets nobody say the words of the moment."""
    settings = site.station("hall-1")
    rules = site.folder / "broker" / "acl"
    whole = rules.read_text()
    older = "".join(line for line in whole.splitlines(True) if "/prompt" not in line)
    assert older != whole
    rules.write_text(older)
    topic = Topics("north", "hall-1").live("prompt")
    assert "access rules" in troubles(site)
    with site.broker():
        assert publish(settings.mqtt, topic, b"{}") != 0
        assert site.verb("brokers") == 0
        assert "access rules" not in troubles(site)
        assert rules.read_text() == whole
        assert stat.S_IMODE(rules.stat().st_mode) == 0o600
        eventually(lambda: publish(settings.mqtt, topic, b"{}") == 0, within_s=20)


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
    with SqliteStore(site.store) as store:
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
        with SqliteStore(site.store) as store:
            eventually(lambda: store.rows("SELECT 1 FROM pending_key"), within_s=40)
        assert outbox.depth() == 1
        assert site.verb("approve", "hall-1", "0000-" * 7 + "0000") == 2
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
        plain = msgspec.structs.replace(settings.mqtt, tls=False, allow_plain=True)
        with pytest.raises((BrokerUnreachable, BrokerRefused)):
            open_best(plain, "x")
        elsewhere = msgspec.structs.replace(settings.mqtt, host="localhost")
        with pytest.raises(BrokerRefused, match="not trusted"):
            open_best(elsewhere, "x")


def test_a_closed_sites_collector_needs_its_keys(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["run", "--broker", "127.0.0.1:1", "--site", "north", "--store", str(site.store)]
    assert main(words) == 2
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
    with SqliteStore(site.store) as store:
        assert store.rows("SELECT station, seal FROM result") == [("hall-1", b"")]


def test_a_site_whose_broker_has_an_address_of_version_6(
    tmp_path: Path, mosquitto: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Written files, boot partition, collector, station, both doctors: [::1] all the way."""
    site = Site(tmp_path, mosquitto, host="[::1]")
    settings = site.station("hall-1")
    assert settings.mqtt.host == "::1"
    where = f"[::1]:{site.port}"
    boot = (site.folder / "stations" / "hall-1" / "posture.toml").read_text()
    given = parse_first_boot(boot, "posture.toml", tmp_path).settings.mqtt
    assert (given.host, given.port) == ("::1", site.port)
    [broker] = load_worker_settings(site.folder / "collector.toml").broker
    assert broker.address == where
    with site.broker(), site.collector(), running(settings) as (outbox, _):
        outbox.accept(assessment(1))
        eventually(lambda: outbox.depth() == 0, within_s=40)
        assert len(site.stored()) == 1
        assert where in checks.broker(settings).found
        assert "::1" in checks_trust.certificates(settings).found
        capsys.readouterr()
        site.verb("doctor")
        assert "ok   broker certificate: broker.test, ::1;" in capsys.readouterr().out
    with pytest.raises(BrokerUnreachable, match=re.escape(f"No broker at {where}")):
        checks.broker(settings)


def test_doctor_throws_no_running_station_off(tmp_path: Path, mosquitto: str) -> None:
    """This broker knows clients by the user's name: whoever connects with it ends the other."""
    site = Site(tmp_path, mosquitto)
    conf = site.folder / "broker" / "mosquitto.conf"
    conf.write_text(conf.read_text() + "use_username_as_clientid true\n")
    settings = site.station("hall-1")
    with site.broker(), site.collector():
        with (
            running(settings) as (outbox, uplink),
            UplinkFile(settings.state_path, uplink.status),
        ):
            eventually(
                lambda: (told := read_uplink_file(settings.state_path)) and told.is_connected
            )
            outbox.accept(assessment(1))
            eventually(lambda: outbox.depth() == 0, within_s=40)
            assert "the uplink is connected" in checks.broker(settings).found
            assert uplink.status().phase == "connected"
            assert "client hall-1 already connected" not in site.log
        assert "speaks MQTT 5" in checks.broker(settings).found, "nobody is thrown off any more"
