"""The engine with a close network: a hold is measured, work is told, the spine is among it."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import numpy as np
import pytest
from simulators.networks import colour_card, constant_network, described_file

from edge.app import build_engine
from edge.estimation.measuring import Measuring
from edge.inference.description import InputSpec
from edge.results.outbox import Outbox
from edge.settings import CameraSettings, ModelSettings, ScreeningSettings, Settings
from edge.skeletons import BODY_55
from edge.wire.codec import decode
from edge.wire.result import Result

SPINE = {"spine_c4_t6", "spine_t6_t8", "spine_t8_l4", "spine_l4_s5"}


@pytest.fixture
def close(tmp_path: Path) -> Path:
    """Fits the slot, and sees nothing."""
    maps = np.zeros((1, 55, 64, 48), np.float32)
    card = colour_card(
        name="close", skeleton="BODY-55", keypoints=BODY_55.keypoints,
        outputs={"heatmaps": "heatmaps"}, input=InputSpec("image", 256, 192, letterbox="crop"),
    )  # fmt: skip
    model = constant_network([1, 3, 256, 192], {"heatmaps": maps})
    return described_file(tmp_path / "close.onnx", model, card)


def run(state: Path, outbox: Outbox, close: str, source: str) -> Result:
    settings = Settings(
        state_dir=str(state),
        camera=CameraSettings(source=source),
        models=ModelSettings(threads=2, close=close),
        screening=ScreeningSettings(settle_s=0.5, hold_s=2.0, repeats=1, least_stature_px=300.0),
    )
    problems: list[Exception] = []
    before = outbox.depth()
    engine = build_engine(settings, outbox, on_saved=lambda *_: None, on_problem=problems.append)
    engine.run(threading.Event())
    assert problems == []
    message, *_ = outbox.pending(9, after=before)
    result = decode(message.body, Result)
    assert {m.code: m.unit for m in result.measures}.items() <= engine.abilities.measures.items()
    return result


@pytest.fixture
def heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """What the service manager was told, a datagram a line."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        said: list[str] = []

        def listen() -> None:
            while (datagram := manager.recv(4096)) != b"stop":
                said.append(datagram.decode())

        thread = threading.Thread(target=listen)
        thread.start()
        yield said
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
            channel.sendto(b"stop", str(tmp_path / "notify"))
        thread.join()


def test_a_hold_is_measured_and_every_look_feeds_the_watchdog(
    tmp_path: Path, outbox: Outbox, close: Path, heard: list[str], monkeypatch
) -> None:
    runs: list[float] = []
    plain = Measuring.measure

    def measure(self, seen, about, **options):
        pose = plain(self, seen, about, **options)
        runs.append(self.measure_timings["looks"])
        return pose

    monkeypatch.setattr(Measuring, "measure", measure)
    source = "mannequin:?view=right&seed=4&width=360&height=640&seconds=4"
    result = run(tmp_path / "state", outbox, str(close), source)
    assert len(runs) == 1
    told = [line for line in heard if "STATUS=measuring: look" in line]
    assert len(told) == runs[0] >= 6
    assert all(line.startswith("WATCHDOG=1") for line in told)
    assert [m.name for m in result.models] == ["finder", "whole", "close"]
    whys = {m.code: m.why for m in result.measures if m.code in SPINE}
    assert set(whys) == SPINE
    assert whys["spine_t6_t8"] == ("keypoint_missing:T6", "keypoint_missing:T8")
    assert any(m.value is not None for m in result.measures)


def test_without_a_close_network_nothing_is_measured_twice(
    tmp_path: Path, outbox: Outbox, heard: list[str]
) -> None:
    source = "mannequin:?view=right&seed=4&width=360&height=640&seconds=4"
    result = run(tmp_path / "state", outbox, "none", source)
    assert not [line for line in heard if "measuring: look" in line]
    assert not SPINE & {m.code for m in result.measures}
