"""A site as its operator sets it up: written files, a real mosquitto over TLS, its stations."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from posture_tools.collector.__main__ import main
from posture_tools.collector.broker import await_listening, free_port
from posture_tools.collector.ingest import Collector
from posture_tools.collector.site.broker_files import COLLECTOR_USER
from posture_tools.collector.sqlite.store import SqliteStore
from posture_tools.collector.worker_key import load_granted
from simulators.children import Child

from edge.engine.station_key import station_signer, told_enrolment
from edge.mqtt.settings import MqttSettings
from edge.results.outbox import Outbox
from edge.settings import Settings, load_settings
from edge.uplink.uplink import Uplink


class Site:
    """What `site init` wrote, and its brokers. brokers : 1, or several that know nothing of each
    other."""

    def __init__(
        self, folder: Path, program: str, brokers: int = 1, *words: str, host: str = "127.0.0.1"
    ) -> None:
        self.folder, self.store = folder / "site", folder / "collector.db"
        self.ports = [free_port() for _ in range(brokers)]
        self.port = self.ports[0]
        self._program, self._host = program, host
        self._log = folder / "broker.log"
        named = ["--host", host, "--host", "broker.test", "--port", str(self.port)]
        if brokers > 1:
            named = [w for port in self.ports for w in ("--broker", f"127.0.0.1:{port}")]
        assert self.verb("init", "--site", "north", *named, *words) == 0
        for port in self.ports:
            conf = self.conf(port)
            conf.write_text(conf.read_text() + "user root\nlog_type all\n")

    def conf(self, port: int) -> Path:
        """Of the broker on that port."""
        name = "broker" if len(self.ports) == 1 else f"broker-{self.ports.index(port) + 1}"
        return self.folder / name / "mosquitto.conf"

    def verb(self, what: str, *words: str) -> int:
        return main(["site", "--store", str(self.store), what, str(self.folder), *words])

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def login(self, user: str, password_file: Path) -> MqttSettings:
        return MqttSettings(
            host=self._host, port=self.port, username=user, password_file=str(password_file),
            tls=True, ca_file=str(self.folder / "ca.pem"), resend_s=0.4, keepalive_s=5,
        )  # fmt: skip

    def station(self, name: str, *words: str) -> Settings:
        assert self.verb("add", name, *words) == 0
        boot = load_settings(self.folder / "stations" / name / "station.toml")
        mqtt = msgspec.structs.replace(boot.mqtt, resend_s=0.4, keepalive_s=5)
        state = self.folder.parent / "state" / name
        return msgspec.structs.replace(boot, state_dir=str(state), mqtt=mqtt)

    @contextmanager
    def broker(self, port: int | None = None) -> Iterator[subprocess.Popen[bytes]]:
        """The first one, or the one on that port."""
        port = port or self.port
        with self._log.open("ab") as log:
            process = subprocess.Popen(
                [self._program, "-c", str(self.conf(port))], stdout=log, stderr=log
            )
        try:
            await_listening(port, process)
            yield process
        finally:
            process.kill()
            process.wait()

    def start_collector(self) -> Child:
        if len(self.ports) > 1:
            file = str(self.folder / "collector.toml")
            return Child("-m", "posture_tools.collector", "run", "--config", file)
        return Child(
            "-m", "posture_tools.collector", "run", "--broker", f"{self._host}:{self.port}",
            "--store", str(self.store), "--site", "north", "--keys", str(self.folder / "keys"),
            "--username", COLLECTOR_USER,
            "--password-file", str(self.folder / "keys" / "collector.password"),
            "--ca-file", str(self.folder / "ca.pem"),
        )  # fmt: skip

    @contextmanager
    def collector(self) -> Iterator[Child]:
        child = self.start_collector()
        try:
            yield child
        finally:
            child.kill()

    @contextmanager
    def own_collector(self) -> Iterator[None]:
        """The same in this process, so that a test may make it quick."""
        stop = threading.Event()
        mqtt = self.login(COLLECTOR_USER, self.folder / "keys" / "collector.password")
        with SqliteStore(self.store) as store:
            key = load_granted(self.folder / "keys", "receipt")
            run = Collector(mqtt, store, "north", key=key).run
            thread = threading.Thread(target=run, args=(stop,))
            thread.start()
            try:
                yield
            finally:
                stop.set()
                thread.join()

    def stored(self) -> list[tuple[str, int]]:
        with SqliteStore(self.store) as store:
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
