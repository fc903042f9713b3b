"""A site of several brokers that know nothing of each other, as its operator sets it up."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec
import pytest
from posture_tools.collector.command import send
from posture_tools.collector.desired import publish
from posture_tools.collector.report import fleet
from posture_tools.collector.site import site as sites
from posture_tools.collector.site.broker_files import HOME_ASSISTANT_USER
from posture_tools.collector.sqlite.store import SqliteStore
from posture_tools.collector.worker_key import load_granted
from simulators.assessments import assessment
from simulators.mosquitto import Mosquitto
from simulators.site import Site, running
from simulators.waiting import eventually
from simulators.workers import workers

from edge.appliance.first_boot import parse_first_boot
from edge.commands import checks, checks_trust
from edge.errors import BrokerUnreachable, SettingsInvalid
from edge.mqtt.connection import open_best
from edge.mqtt.events import Arrived
from edge.mqtt.settings import MqttSettings, brokers_at
from edge.results.outbox import Outbox
from edge.settings import Settings, parse_settings
from edge.uplink import uplink as uplink_module
from edge.uplink.uplink import Uplink
from edge.uplink.uplink_file import UplinkFile, read_uplink_file
from edge.wire.codec import encode
from edge.wire.commands import Desired, ResendCommand
from edge.wire.envelope import Time
from edge.wire.presence import Health, State
from edge.wire.topics import Topics

pytestmark = [pytest.mark.broker, pytest.mark.timeout(240)]
Pair = tuple[Mosquitto, Mosquitto]
ANY = ResendCommand(first=1, last=1)


@pytest.fixture
def site(tmp_path: Path, mosquitto: str) -> Site:
    return Site(tmp_path, mosquitto, 3, "--home-assistant")


@pytest.fixture
def pair(tmp_path: Path, mosquitto: str) -> Iterator[Pair]:
    """Two brokers that know nothing of each other, anybody's to speak to."""
    with (
        Mosquitto(mosquitto, tmp_path / "one") as one,
        Mosquitto(mosquitto, tmp_path / "two") as two,
    ):
        yield one, two


@contextmanager
def station_of(settings: Settings, **given: object) -> Iterator[Outbox]:
    """An uplink whose handlers the test gives."""
    settings.state_path.mkdir(parents=True, exist_ok=True)
    with Outbox.open(
        settings.state_path / f"{settings.station}.db",
        site=settings.site, station=settings.station, limit_bytes=10**7, at_limit="refuse",
    ) as outbox:  # fmt: skip
        stop = threading.Event()
        uplink = Uplink(settings, outbox, **given)  # type: ignore[arg-type]
        thread = threading.Thread(target=uplink.run, args=(stop,))
        thread.start()
        try:
            yield outbox
        finally:
            stop.set()
            thread.join()


def desk(folder: Path, *brokers: Mosquitto) -> Settings:
    first, *others = brokers
    also = tuple(other.settings.address for other in others)
    mqtt = msgspec.structs.replace(first.settings, also=also)
    return Settings(site="north", station="hall-1", mqtt=mqtt, state_dir=str(folder))


def test_every_broker_has_its_files_and_a_station_knows_all(site: Site) -> None:
    settings = site.station("hall-1")
    site.station("hall-2")
    users = set()
    for number, port in enumerate(site.ports, 1):
        folder = site.folder / f"broker-{number}"
        assert f"listener {port}" in (folder / "mosquitto.conf").read_text()
        names = {line.split(":")[0] for line in (folder / "passwords").read_text().splitlines()}
        users.add(frozenset(names))
        assert (folder / "acl").read_text() == (site.folder / "broker-1" / "acl").read_text()
        assert (site.folder / "systemd" / f"posture-broker-{number}.service").exists()
    assert users == {frozenset({"_collector", "_operator", "_home-assistant", "hall-1", "hall-2"})}
    assert {each.port for each in settings.mqtt.each} == set(site.ports)
    orders = {site.station(f"room-{n}").mqtt.each[0].port for n in range(12)}
    assert len(orders) == 3, "not all stations begin at the same broker"
    text = (site.folder / "stations" / "hall-1" / "posture.toml").read_text()
    boot = parse_first_boot(text, "posture.toml", Path("/etc/posture"))
    assert [each.address for each in boot.settings.mqtt.each] == [
        each.address for each in settings.mqtt.each
    ]
    assert site.verb("revoke", "hall-2") == 0
    for number in (1, 2, 3):
        assert "hall-2:" not in (site.folder / f"broker-{number}" / "passwords").read_text()
    assert site.verb("doctor") == 1, "the offline keys still lie here"


def test_balancers_stand_in_every_certificate_and_in_the_stations_folder(
    tmp_path: Path, mosquitto: str
) -> None:
    balancers = ("--balancer", "lb-1.test:8883", "--balancer", "lb-2.test:8883")
    site = Site(tmp_path, mosquitto, 2, *balancers)
    settings = site.station("hall-1")
    assert {each.address for each in settings.mqtt.each} == {"lb-1.test:8883", "lb-2.test:8883"}
    for place in sites.load(site.folder).places:
        assert place.names == ("127.0.0.1", "lb-1.test", "lb-2.test")


def test_a_station_goes_on_at_another_broker_and_comes_round_again(site: Site) -> None:
    """The broker it speaks to dies, and then that one; nothing is lost or doubled."""
    settings = site.station("hall-1")
    first, second, third = (each.port for each in settings.mqtt.each)
    with ExitStack() as stack:
        brokers = {port: stack.enter_context(site.broker(port)) for port in site.ports}
        stack.enter_context(site.collector())
        outbox, _ = stack.enter_context(running(settings))

        def delivered(number: int) -> None:
            outbox.accept(assessment(number))
            eventually(lambda: outbox.depth() == 0, within_s=60)

        delivered(1)
        brokers[first].kill()
        delivered(2)
        warned = checks.broker(settings)
        assert warned.state is checks.State.WARN
        assert str(first) in warned.found
        assert checks_trust.certificates(settings).state is checks.State.OK
        brokers[second].kill()
        delivered(3)
        stack.enter_context(site.broker(first))
        brokers[third].kill()
        delivered(4)
    assert site.stored() == [("hall-1", seq) for seq in (1, 2, 3, 4)]


def test_doctor_logs_in_at_no_other_broker_while_the_station_is_connected(site: Site) -> None:
    """In a cluster that takes the user's name for the client's id that would throw it off."""
    settings = site.station("hall-1")
    used, *others = settings.mqtt.each
    with ExitStack() as stack:
        for port in site.ports:
            stack.enter_context(site.broker(port))
        stack.enter_context(site.collector())
        with running(settings) as (_, uplink), UplinkFile(settings.state_path, uplink.status):
            eventually(
                lambda: (told := read_uplink_file(settings.state_path)) and told.is_connected,
                within_s=60,
            )
            checked = checks.broker(settings)
            assert checked.state is checks.State.OK
            assert f"connected to {used.address}" in checked.found
            for other in others:
                assert f"{other.address} answers; nobody logs in" in checked.found
            assert "as probe-" not in site.log
        assert checks.broker(settings).found.count("speaks MQTT 5") == 3
        assert site.log.count("as probe-") == 3


def test_a_command_and_what_is_desired_reach_a_station_wherever_it_is(site: Site) -> None:
    settings = site.station("hall-1")
    heard: list[bytes] = []
    done: list[bytes] = []
    away: list[str] = []

    def act(body: bytes) -> dict[str, object]:
        done.append(body)
        return {}

    ports = [each.port for each in settings.mqtt.each]
    key = load_granted(site.folder / "keys", "command")
    login = sites.operator_login(site.folder)
    wanted = Desired(version=0, hold=True)

    def tell(number: int) -> bool:
        answers = dict(
            send(login, "north", ["hall-1"], "act", ANY, number=number, key=key,
                 on_away=away.append)
        )  # fmt: skip
        response = answers["hall-1"]
        return response is not None and response.ok

    with ExitStack() as stack:
        brokers = {port: stack.enter_context(site.broker(port)) for port in site.ports}
        stack.enter_context(site.collector())
        stack.enter_context(station_of(settings, commands={"act": act}, desired=heard.append))
        version = publish(login, "north", ["hall-1"], wanted, key)
        eventually(lambda: len(heard) == 1, within_s=60)
        number = 1_700_000_000
        assert tell(number)
        assert len(done) == 1
        brokers[ports[0]].kill()
        eventually(lambda: len(heard) >= 2, within_s=60)  # retained at the next one too
        assert {json.loads(body)["version"] for body in heard} == {version}
        assert tell(number + 1)
        assert len(done) == 2
        assert str(ports[0]) in away[0]
        with pytest.raises(BrokerUnreachable, match="other brokers only"):
            publish(login, "north", ["hall-1"], wanted, key)


def test_a_number_acts_once_whichever_broker_brings_it(tmp_path: Path, pair: Pair) -> None:
    """The station has moved: what the first broker brought it, the second brings again."""
    done: list[bytes] = []
    one, two = pair
    with ExitStack() as stack:

        def act(said: bytes) -> dict[str, object]:
            done.append(said)
            return {"n": len(done)}

        def tell(mqtt: MqttSettings) -> object:
            answers = dict(send(mqtt, "north", ["hall-1"], "act", ANY, number=7))
            response = answers["hall-1"]
            return response.data if response is not None else None

        # expires stands in the body, so the second try is another command: the clock stands still
        stack.enter_context(pytest.MonkeyPatch.context()).setattr(
            "posture_tools.collector.command._utc", lambda _: ""
        )
        stack.enter_context(station_of(desk(tmp_path, one, two), commands={"act": act}))
        eventually(lambda: tell(one.settings) == {"n": 1}, within_s=60)
        one.kill()
        eventually(lambda: tell(two.settings) == {"n": 1}, within_s=60)
    assert len(done) == 1


def test_a_broker_without_a_collector_is_left_while_results_wait(
    tmp_path: Path, pair: Pair, file_store: SqliteStore
) -> None:
    """It was cut off from the workers, not from its stations."""
    lonely, served = pair
    with (
        workers(file_store, [served]),
        station_of(desk(tmp_path, lonely, served)) as outbox,
    ):
        outbox.accept(assessment(1))
        eventually(lambda: outbox.depth() == 0, within_s=60)


def test_two_instances_at_two_brokers_are_noticed(
    tmp_path: Path, pair: Pair, file_store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copied card: no broker sees both, so none throws one off; the store does see them."""
    monkeypatch.setattr(uplink_module, "STATE_EVERY_S", 0.5)
    one, two = pair
    with workers(file_store, [one, two]):
        with station_of(desk(tmp_path / "card", one)):
            eventually(lambda: [line.online for line in fleet(file_store)] == [True])
        with station_of(desk(tmp_path / "card", one)):  # only started again
            eventually(lambda: file_store.rows("SELECT before FROM station") != [("",)])
            assert "two of it" not in fleet(file_store)[0].problem
            with station_of(desk(tmp_path / "copy", two)):
                eventually(lambda: "two of it" in fleet(file_store)[0].problem, within_s=60)


def test_what_a_broker_kept_of_an_earlier_life_is_no_second_instance(
    tmp_path: Path, pair: Pair, file_store: SqliteStore
) -> None:
    """It died with the station's state retained; the station was started anew elsewhere since."""
    kept = tmp_path / "one" / "mosquitto.db"
    left, used = pair
    with workers(file_store, [left, used]):
        with station_of(desk(tmp_path / "card", left)):
            eventually(lambda: [line.online for line in fleet(file_store)] == [True])
            eventually(lambda: kept.exists() and b'"online":true' in kept.read_bytes())
            state = kept.read_bytes()
            left.kill()
        with station_of(desk(tmp_path / "card", used)):
            eventually(lambda: file_store.rows("SELECT before FROM station") != [("",)])
            kept.write_bytes(state)
            left.start()
            heard: list[bytes] = []

            def worker_is_back() -> bool:
                """It subscribes before it announces itself: what was retained, it has by then."""
                listener = open_best(left.settings, "listener")
                listener.subscribe(Topics("north", "+").collector_state, "ps/v2/north/hall-1/state")
                heard.extend(e.body for e in listener.poll(0.2) if isinstance(e, Arrived))
                listener.close()
                return any(b"ps.collector" in body and b"true" in body for body in heard)

            eventually(worker_is_back, within_s=60)
            assert any(b"ps.state" in body and b"true" in body for body in heard)
            eventually(lambda: file_store.rows("SELECT online FROM station") == [(1,)])
            assert "two of it" not in fleet(file_store)[0].problem


@pytest.mark.parametrize("shares", [False, True])
def test_a_station_that_goes_right_after_its_health_is_not_taken_for_alive(
    broker: Mosquitto, file_store: SqliteStore, shares: bool
) -> None:
    """Health is written down late, the last of each station; the will that came after it counts."""
    own = Topics("north", "hall-1")
    gone = encode(State(False, "b", "i", "1" * 24, connection=1, said=1))
    there = encode(State(True, "b", "i", "1" * 24, connection=1))
    health = encode(Health(
        t=Time("2026-11-27T10:00:00Z", "synced", "b", 1), accepted=0, waiting=0, waiting_bytes=0,
        oldest_age_s=0.0, quarantined=0, dropped=0, problem="", vitals={},
    ))  # fmt: skip
    with workers(file_store, [broker], shares=shares):
        line = open_best(broker.settings, "hall-1")
        line.publish(own.state, there, retain=True)
        eventually(lambda: file_store.rows("SELECT online FROM station") == [(1,)])
        line.publish(own.health, health)
        line.publish(own.state, gone, retain=True)
        both = "SELECT health, online FROM station"  # health that came late made it alive again
        eventually(lambda: file_store.rows(both) == [(health, 0)])
        line.close()


def test_home_assistant_hears_of_state_and_health_and_of_no_measure(site: Site) -> None:
    """With its own password, through the written access rules, whatever it asks for."""
    settings = site.station("hall-1")
    port = settings.mqtt.each[0].port
    login = site.login(HOME_ASSISTANT_USER, site.folder / "keys" / "home-assistant.password")
    own, heard = Topics("north", "hall-1"), dict[str, bytes]()
    with ExitStack() as stack:
        for each in site.ports:
            stack.enter_context(site.broker(each))
        stack.enter_context(site.collector())
        outbox, _ = stack.enter_context(running(settings))
        outbox.accept(assessment(1))
        eventually(lambda: outbox.depth() == 0, within_s=60)
        line = open_best(msgspec.structs.replace(login, port=port), "home-assistant")
        line.subscribe("#", "homeassistant/#", own.state, own.health, own.birth, "ps/#")

        def told() -> bool:
            for event in line.poll(0.1):
                if isinstance(event, Arrived):
                    heard[event.topic] = event.body
            return own.state in heard and sum(t.startswith("homeassistant/") for t in heard) == 6

        eventually(told, within_s=60)
        outbox.accept(assessment(2))
        eventually(lambda: outbox.depth() == 0, within_s=60)
        told()
        line.close()
    others = {topic for topic in heard if not topic.startswith("homeassistant/")}
    assert others <= {own.state, own.health, own.collector_state}
    for topic, body in heard.items():
        assert b"head_tilt" not in body, topic
    shown = {topic: json.loads(body) for topic, body in heard.items() if "/config" in topic}
    assert {entity["state_topic"] for entity in shown.values()} == {own.state, own.health}
    assert len({entity["unique_id"] for entity in shown.values()}) == 6
    [online] = [entity for topic, entity in shown.items() if "binary_sensor" in topic]
    assert online["device"]["identifiers"] == ["posture_north_hall-1"]


def test_addresses_that_are_none_are_refused() -> None:
    for text in ("also = ['x']", "also = ['x:0']", "also = ['x:99999']", "also = 'x:1'"):
        with pytest.raises(SettingsInvalid, match=r"also|names no host and port"):
            parse_settings(f"[mqtt]\n{text}")
    several = brokers_at(["a.test:1", "[2001:db8::7]:2"], MqttSettings(username="x"))
    assert [each.address for each in several.each] == ["a.test:1", "[2001:db8::7]:2"]
    assert {each.username for each in several.each} == {"x"}
    assert several.each[1].host == "2001:db8::7"
