"""What a technician reads over ssh, from states that the station has left behind."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest
from simulators.networks import colour_card, colour_network, described_file

from edge.app import build_engine, open_outbox
from edge.camera.photo_camera import PhotoCamera
from edge.camera.sources import NO_CAMERA
from edge.cli.output import Output
from edge.commands import checks, checks_live, doctor
from edge.commands.checks import State
from edge.engine.engine_file import ENGINE_FILE, EngineState
from edge.machine import Machine
from edge.mqtt.settings import MqttSettings
from edge.settings import CameraSettings, ModelSettings, Settings
from edge.wire.clock import boot_id

HEALTH = {
    "frames": 812,
    "fps": 14.9,
    "frame_age_s": 0.1,
    "idle": False,
    "problem": "",
    "picture_px": [1080, 1920],
    "stages": {"frame": {"p50_ms": 61.0}},
    "memory_mb": 201.5,
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    photo = tmp_path / "hall.png"
    cv2.imwrite(str(photo), np.full((64, 48, 3), 90, np.uint8))
    model = described_file(tmp_path / "colour.onnx", colour_network(), colour_card())
    return Settings(
        state_dir=str(tmp_path / "state"),
        camera=CameraSettings(source=str(photo)),
        models=ModelSettings(single=str(model), threads=1),
        mqtt=MqttSettings(port=1),
    )


def _engine_left(settings: Settings, **state: object) -> None:
    settings.state_path.mkdir(exist_ok=True)
    now_ns = checks_live.time.clock_gettime_ns(checks_live.time.CLOCK_BOOTTIME)
    told = EngineState(boot_id(), now_ns, 2, **state)  # type: ignore[arg-type]
    (settings.state_path / ENGINE_FILE).write_bytes(msgspec.json.encode(told))


def test_every_part_is_in_the_json_and_one_fault_hides_no_other(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    out = Output(as_json=True)
    out.expect("array", [])
    with out.whole():
        assert doctor.run(settings, out) == 1, "there is no broker at port 1"
    found = {check["name"]: check for check in json.loads(capsys.readouterr().out)}
    assert list(found) == list(doctor.CHECKS)
    assert found["broker"]["state"] == "fail"
    assert found["broker"]["remedy"]
    assert found["camera"]["state"] == "warn"
    assert "48 x 64" in found["camera"]["found"]
    assert "no live camera (file)" in found["camera"]["found"]
    assert found["accelerator"]["found"].endswith("CPU serves")


def test_the_lens_is_covered(settings: Settings) -> None:
    cv2.imwrite(settings.camera.source, np.zeros((64, 48, 3), np.uint8))
    check = checks_live.camera(settings)
    assert (check.state, check.remedy) == (State.WARN, "Open the lens cover, add light.")


def test_a_live_camera_is_no_warning(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PhotoCamera, "origin", "camera")
    assert checks_live.camera(settings).state is State.OK


def test_no_camera_at_all(settings: Settings) -> None:
    bare = msgspec.structs.replace(settings, camera=CameraSettings())
    [check] = [each for each in doctor.examine(bare) if each.name == "camera"]
    assert (check.state, check.found) == (State.FAIL, NO_CAMERA)


def test_a_running_engine_keeps_its_camera(settings: Settings) -> None:
    _engine_left(settings, health=HEALTH)
    live = msgspec.structs.replace(settings, camera=CameraSettings(source="/dev/video-none"))
    assert checks_live.camera(live).state is State.OK, "doctor does not open it"
    check = checks_live.engine(live)
    assert check.state is State.OK
    assert "start 2 of this boot; 812 frames, 14.9 fps" in check.found


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ({"health": HEALTH | {"problem": "camera: frozen"}}, "camera: frozen"),
        ({"health": HEALTH | {"frame_age_s": 40.0}}, "no frame for 40.0 s"),
        ({"ended": "CameraHung: the driver hangs."}, "CameraHung"),
    ],
)
def test_an_engine_that_does_not_measure(
    settings: Settings, state: dict[str, object], says: str
) -> None:
    _engine_left(settings, **state)
    check = checks_live.engine(settings)
    assert check.state is State.FAIL
    assert says in check.found
    assert check.remedy


@pytest.fixture
def systemd_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """A systemctl whose engine is in a state; the uplink is active."""
    program = tmp_path / "bin" / "systemctl"
    program.parent.mkdir()
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setattr(checks_live, "SYSTEMD_RUNS", tmp_path)

    def say(engine: str) -> None:
        program.write_text(
            f"#!/bin/sh\nstate=active\n[ $4 = posture-engine ] && state={engine}\n"
            'echo "LoadState=loaded\nActiveState=$state\nNRestarts=2\nStatusText=x=1"\n'
        )
        program.chmod(0o755)

    return say


@pytest.mark.parametrize(
    ("origin", "engine", "state"),
    [
        ("camera", "active", State.OK),
        ("camera", "activating", State.FAIL),
        ("unknown", "activating", State.FAIL),
        ("file", "activating", State.OK),
        ("rendered", "deactivating", State.OK),
        ("file", "failed", State.FAIL),
    ],
)
def test_an_engine_between_two_runs_is_well_where_its_recording_ended(
    settings: Settings, systemd_says: Callable[[str], None], monkeypatch: pytest.MonkeyPatch,
    origin: str, engine: str, state: State,
) -> None:  # fmt: skip
    monkeypatch.setattr(PhotoCamera, "origin", origin)
    systemd_says(engine)
    check = checks_live.services(settings)
    assert check.state is state
    assert f"posture-engine {engine}, 2 restarts" in check.found
    assert "posture-uplink active, 2 restarts: x=1" in check.found
    assert bool(check.remedy) is (state is State.FAIL)


def test_a_board_without_enough_power(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    weak = Machine(55.0, ("undervoltage", "slowed"))
    monkeypatch.setattr(checks_live, "read_machine", lambda: weak)
    check = checks_live.machine(settings)
    assert check.state is State.FAIL
    assert "supply" in check.remedy


def test_a_process_that_measures_leaves_the_cores_to_its_network(settings: Settings) -> None:
    """As many threads as cores would be OpenCV's own choice; see `opencv_threads`."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(4)
    try:
        checks.models(settings)
        assert cv2.getNumThreads() == 1
        cv2.setNumThreads(4)
        with open_outbox(settings) as outbox:
            build_engine(settings, outbox, on_saved=lambda *_: None, on_problem=lambda _: None)
        assert cv2.getNumThreads() == 1
    finally:
        cv2.setNumThreads(before)
