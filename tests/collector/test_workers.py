"""Two workers, two brokers that know nothing of each other, one database: none lost or doubled."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path

import pytest
from conftest import missing
from posture_tools.collector import broker as desk_broker
from posture_tools.collector.broker import free_port
from posture_tools.collector.ingest import Collector
from posture_tools.collector.postgres.store import PostgresStore
from posture_tools.collector.report import fleet
from posture_tools.collector.store import Life, Note, Store
from posture_tools.collector.verify import findings
from posture_tools.collector.worker_settings import load_worker_settings
from simulators.assessments import assessment
from simulators.children import Child
from simulators.mosquitto import Mosquitto
from simulators.postgres import Postgres
from simulators.waiting import eventually

from edge.errors import SettingsInvalid
from edge.mqtt.settings import MqttSettings
from edge.results.outbox import Outbox
from edge.settings import Settings
from edge.uplink.uplink import Uplink

STATIONS = 4
EACH = 30


def configuration(folder: Path, store: str, brokers: list[Mosquitto], metrics: int = 0) -> Path:
    lines = ['site = "north"', f'store = "{store}"']
    if metrics:
        lines.append(f'metrics = "127.0.0.1:{metrics}"')
    for broker in brokers:
        lines += ["[[broker]]", f"port = {broker.port}", "keepalive_s = 5"]
    path = folder / f"collector-{metrics}.toml"
    path.write_text("\n".join(lines))
    return path


def worker(path: Path) -> Child:
    child = Child("-m", "posture_tools.collector", "run", "--config", str(path))
    eventually(lambda: bool(child.lines), within_s=60)
    return child


@contextlib.contextmanager
def station(folder: Path, name: str, port: int) -> Iterator[Outbox]:
    mqtt = MqttSettings(port=port, resend_s=0.5, keepalive_s=5)
    with Outbox.open(
        folder / f"{name}.db",
        site="north", station=name, limit_bytes=50_000_000, at_limit="refuse",
    ) as outbox:  # fmt: skip
        stop = threading.Event()
        uplink = Uplink(Settings(site="north", station=name, mqtt=mqtt), outbox)
        thread = threading.Thread(target=uplink.run, args=(stop,))
        thread.start()
        try:
            yield outbox
        finally:
            stop.set()
            thread.join()


@pytest.mark.broker
@pytest.mark.timeout(300)
def test_a_dead_worker_and_a_dead_broker_cost_a_delay(
    tmp_path: Path, mosquitto: str, postgres: Postgres
) -> None:
    address = postgres.database()
    metrics = free_port()
    with ExitStack() as stack:
        brokers = [
            stack.enter_context(
                Mosquitto(mosquitto, tmp_path / f"broker-{n}", "max_queued_messages 1000")
            )
            for n in range(2)
        ]
        first = worker(configuration(tmp_path, address, brokers))
        second = worker(configuration(tmp_path, address, brokers, metrics))
        try:
            boxes = [
                stack.enter_context(station(tmp_path, f"hall-{n}", brokers[n % 2].port))
                for n in range(STATIONS)
            ]
            for number in range(EACH):
                for box in boxes:
                    box.accept(assessment(number))
                if number == EACH // 3:
                    first.kill()
                if number == 2 * EACH // 3:
                    brokers[1].kill()
                    brokers[1].start()
            eventually(lambda: all(box.depth() == 0 for box in boxes), within_s=120)
            with urllib.request.urlopen(f"http://127.0.0.1:{metrics}/metrics") as answer:
                told = answer.read().decode()
            assert 'posture_messages_total{outcome="stored"}' in told
            assert told.count("posture_broker_connected{") == 2
        finally:
            second.terminate()
    with PostgresStore(address, tmp_path / "erasures") as store:
        assert store.rows("SELECT COUNT(*) FROM result") == [(STATIONS * EACH,)]
        assert store.rows("SELECT DISTINCT link FROM ingest_key") == [("ok",)]
        assert list(findings(store)) == []
        assert len(fleet(store)) == STATIONS


@pytest.mark.timeout(300)
def test_a_broker_that_cannot_share_is_served_by_one_worker_and_then_by_another(
    tmp_path: Path, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """amqtt speaks MQTT 3.1.1; two workers that both listened would take in each result twice."""
    if find_spec("amqtt") is None:
        missing("the package amqtt")
    monkeypatch.setattr(desk_broker, "find_mosquitto", lambda: None)
    monkeypatch.setattr("posture_tools.collector.ingest._LEAD_EVERY_S", 0.2)
    address = postgres.database()
    with ExitStack() as stack:
        running = stack.enter_context(desk_broker.broker())
        mqtt = MqttSettings(port=running.port, resend_s=0.4, keepalive_s=5)
        serving: list[int] = []
        ends: list[Callable[[], None]] = []
        for number in range(2):
            stop = threading.Event()
            # its own connection to the database: with that it holds the broker, or loses it
            store = PostgresStore(address, tmp_path / "erasures")
            collector = Collector(
                mqtt, store, "north", shares=True,
                on_ready=lambda number=number: serving.append(number),
            )  # fmt: skip
            thread = threading.Thread(target=collector.run, args=(stop,))
            thread.start()

            def end(
                stop: threading.Event = stop,
                thread: threading.Thread = thread,
                store: PostgresStore = store,
            ) -> None:
                stop.set()
                thread.join()
                store.close()

            ends.append(end)
            stack.callback(end)
        eventually(lambda: bool(serving), within_s=60)
        [first] = serving
        box = stack.enter_context(station(tmp_path, "hall-1", running.port))
        box.accept(assessment(1))
        eventually(lambda: box.depth() == 0, within_s=60)
        assert serving == [first]
        ends[first]()
        box.accept(assessment(2))
        eventually(lambda: box.depth() == 0, within_s=60)
        assert serving == [first, 1 - first]
    with PostgresStore(address, tmp_path / "erasures") as store:
        assert store.rows("SELECT COUNT(*) FROM result") == [(2,)]


def test_a_worker_loads_nothing_for_what_nobody_asked_it(tmp_path: Path) -> None:
    """Its unit holds it to 150 MB; archives, pages and networks are other programs' work."""
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from posture_tools.collector import worker\n"
        "from posture_tools.collector.archive.retention import retain_once\n"
        "from posture_tools.collector.opening import open_store\n"
        "from posture_tools.collector.verbs import run\n"
        f"with open_store(Path({str(tmp_path / 'collector.db')!r})) as store:\n"
        "    retain_once(store, 0)\n"
        "print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert "posture_tools" in loaded
    heavy = {"pyarrow", "django", "torch", "onnxruntime", "scipy", "cv2", "numba", "matplotlib"}
    assert loaded & heavy == set()


def say(store: Store, instance: str, connection: int, *, online: bool) -> None:
    life = Life(instance, connection)
    store.note_all([Note("north", "hall-1", "state", b"{}", online, life)])


def test_a_late_will_of_another_broker_is_known_to_be_old(store: Store) -> None:
    say(store, "a", 1, online=True)
    say(store, "a", 2, online=True)
    say(store, "a", 1, online=False)
    assert fleet(store)[0].online
    say(store, "a", 2, online=False)
    assert not fleet(store)[0].online


def test_a_will_of_the_uplink_before_is_old_too(store: Store) -> None:
    say(store, "a", 7, online=True)
    say(store, "b", 1, online=True)
    say(store, "a", 7, online=False)
    line = fleet(store)[0]
    assert line.online
    assert "two of it" not in line.problem, "it was only started again"


def test_two_instances_of_one_station_are_noticed(store: Store) -> None:
    say(store, "a", 1, online=True)
    say(store, "b", 1, online=True)
    say(store, "a", 2, online=True)
    assert "two of it" in fleet(store)[0].problem


@pytest.mark.parametrize(
    "text",
    [
        'site = "north"\nstore = "x.db"\nbroker = []',
        'site = "north"\nstore = "postgresql://me:secret@db/posture"\n[[broker]]\nport = 1883',
        'site = "a/b"\nstore = "x.db"\n[[broker]]\nport = 1883',
        'site = "north"\nstore = "x.db"\npassword = "x"\n[[broker]]\nport = 1883',
    ],
)
def test_settings_that_make_no_sense_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "collector.toml"
    path.write_text(text)
    with pytest.raises(SettingsInvalid):
        load_worker_settings(path)
