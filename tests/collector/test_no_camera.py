"""A station that was provisioned without a camera: what its technician, operator and units see."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from posture_tools.collector.__main__ import main
from simulators.children import Child, collector
from simulators.mosquitto import Mosquitto
from simulators.waiting import eventually

from edge.appliance.first_boot import STATE_DIR
from edge.appliance.provision import Places
from edge.camera.sources import NO_CAMERA
from edge.commands import provision

FILE = """
site = "north"
station = "hall-1"
broker = "127.0.0.1:{port}"
"""


@pytest.fixture
def places(tmp_path: Path) -> Places:
    for name in ("firmware", "settings", "state", "root/etc"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "root/etc/machine-id").write_text("0123456789abcdef" * 2)  # a container has none
    return Places((tmp_path / "firmware",), tmp_path / "settings", tmp_path / "root")


def provisioned(places: Places, text: str) -> Path:
    """The settings that the first boot leaves, but for the folder that only a station has."""
    (places.boot[0] / "posture.toml").write_text(text)
    assert provision.run(places) == 0
    path = places.settings / "station.toml"
    path.write_text(path.read_text().replace(STATE_DIR, str(places.settings.parent / "state")))
    return path


@pytest.mark.parametrize("camera", ["", '[camera]\nsource = "/dev/video0"\n'])
def test_the_first_boot_says_it_in_one_sentence(
    places: Places, capsys: pytest.CaptureFixture[str], camera: str
) -> None:
    provisioned(places, FILE.format(port=1883) + camera)
    said = capsys.readouterr().out.strip()
    assert said == "This is station hall-1." + ("" if camera else f" {NO_CAMERA}")


@pytest.mark.broker
def test_the_engine_ends_with_2_and_the_fleet_says_why(
    places: Places, tmp_path: Path, mosquitto: str, capsys: Any
) -> None:
    with Mosquitto(mosquitto, tmp_path / "broker") as broker:
        settings = provisioned(places, FILE.format(port=broker.port))
        store = tmp_path / "collector.db"
        program = ("-m", "edge", "--settings", str(settings), "run", "--only")
        engine = subprocess.run(
            [sys.executable, *program, "engine"], capture_output=True, text=True, check=False
        )
        assert engine.returncode == 2, "the status that its unit is not restarted for"
        assert " ".join(engine.stderr.split()) == NO_CAMERA
        receiver = collector(store, broker.port)
        eventually(lambda: receiver.lines)  # the next health comes a minute after the first
        uplink = Child(*program, "uplink")

        def fleet() -> dict[str, Any]:
            capsys.readouterr()
            if main(["fleet", "--json", "--store", str(store)]):
                return {}
            lines = json.loads(capsys.readouterr().out)
            return dict(lines[0]) if lines else {}

        try:
            eventually(lambda: NO_CAMERA in fleet().get("problem", ""), within_s=40)
            assert main(["fleet", "--store", str(store)]) == 0
            assert "No camera is set" in " ".join(capsys.readouterr().out.split())
        finally:
            assert uplink.terminate() == 0
            receiver.kill()
