"""What a station announces, from the file that answers to the collector's table."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from posture_tools.collector.ingest import Collector
from posture_tools.collector.sqlite.store import SqliteStore
from simulators.mosquitto import Mosquitto
from simulators.room import CHANGE, EMPTY, Room
from simulators.waiting import eventually

from edge.app import build_uplink, open_outbox
from edge.engine import engine_file
from edge.engine.engine import Engine
from edge.engine.saving import Saving
from edge.settings import Settings
from edge.update.store import digest
from edge.uplink import uplink

pytestmark = pytest.mark.broker


def test_the_birth_names_the_files_that_serve_also_after_an_update(
    tmp_path: Path, mosquitto: str, publisher, station, models, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Engine and uplink are two processes on a station: they meet in the engine's file."""
    monkeypatch.setattr(engine_file, "_EVERY_S", 0.02)
    monkeypatch.setattr(uplink, "ABILITIES_EVERY_S", 0.02)
    state, stop = tmp_path / "state", threading.Event()
    with (
        Mosquitto(mosquitto, tmp_path / "broker") as broker,
        SqliteStore(tmp_path / "collector.db") as store,
        open_outbox(Settings(state_dir=str(state))) as outbox,
    ):
        settings = Settings(state_dir=str(state), mqtt=broker.settings)
        collector = Collector(broker.settings, store, settings.site, on_problem=print)
        sender = build_uplink(settings, outbox, engine=None, on_problem=print)
        threads = [
            threading.Thread(target=run, args=(stop,)) for run in (collector.run, sender.run)
        ]
        for thread in threads:
            thread.start()

        def birth() -> dict:
            rows = store.rows("SELECT birth FROM station WHERE birth <> x''")
            return json.loads(rows[0][0]) if rows else {"models": []}

        def served() -> list[str]:
            return [model["sha256"] for model in birth()["models"]]

        room = Room(station)
        engine = Engine(
            SimpleNamespace(name="none", dropped=0),  # type: ignore[arg-type]
            room.estimator,
            SimpleNamespace(),  # type: ignore[arg-type]
            outbox,
            state_path=state,
            measures={"shoulder_tilt": "deg"},
        )
        try:
            with engine_file.EngineFile(state, Saving(outbox, print)) as file:
                file.follow(engine)
                eventually(lambda: served() == [digest(station.shipped)])
                assert birth()["measures"] == {"shoulder_tilt": "deg"}
                sha256 = publisher.offer(models["2"])
                station.updater().run()
                room.see(EMPTY, CHANGE)
                eventually(lambda: served() == [sha256])
                assert [model["version"] for model in birth()["models"]] == ["2"]
        finally:
            stop.set()
            for thread in threads:
                thread.join()
