"""A calibration that is gone is not the same as none."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from simulators.standing_person import seen

from edge.app import build_engine
from edge.posture.assess import assess
from edge.posture.calibration import LEVEL, Calibration
from edge.results.outbox import Outbox
from edge.screening.calibration_loss import MEMORY_NAME, calibration_lost, watch_calibration
from edge.screening.stored import FILE_NAME, Stored, StoredStance, save_calibration
from edge.settings import CameraSettings, ModelSettings, Settings

STANCE = StoredStance("2026-11-01", (360, 640), 1.5, 0.0, 0.1)


@pytest.fixture
def outbox(tmp_path: Path) -> Any:
    with Outbox.open(
        tmp_path / "outbox.db",
        site="north", station="hall-1", limit_bytes=10_000_000, at_limit="refuse",
    ) as outbox:  # fmt: skip
        yield outbox


def start(state: Path, outbox: Outbox) -> list[dict[str, Any]]:
    """One start of the engine before an empty photograph; what was committed by it."""
    photo = state / "hall.png"
    cv2.imwrite(str(photo), np.full((640, 360, 3), 127, np.uint8))
    settings = Settings(
        state_dir=str(state),
        camera=CameraSettings(source=str(photo)),
        models=ModelSettings(mode="bottom-up", threads=1),
    )
    before = outbox.counts().accepted
    engine = build_engine(settings, outbox, on_saved=lambda *_: None, on_problem=pytest.fail)
    engine.run(threading.Event())
    return [json.loads(m.body) for m in outbox.pending(99, after=before)]


def told(messages: list[dict[str, Any]]) -> list[str]:
    return [
        m["data"]["state"]
        for m in messages
        if m.get("kind") == "fault" and m["data"]["part"] == "calibration"
    ]


def refused_for(messages: list[dict[str, Any]]) -> set[str]:
    [result] = [m for m in messages if m["schema"].startswith("ps.result/")]
    return {why for measure in result["measures"] for why in measure["why"]}


def test_gone_it_withholds_measures_and_is_told_once_until_it_is_back(
    tmp_path: Path, outbox: Outbox
) -> None:
    save_calibration(tmp_path, Stored(stance=STANCE))
    assert told(start(tmp_path, outbox)) == []
    (tmp_path / FILE_NAME).unlink()
    first, second = start(tmp_path, outbox), start(tmp_path, outbox)
    assert told(first) == ["lost"]
    assert told(second) == [], "once, not at every start"
    assert refused_for(first) == refused_for(second) == {"calibration_lost"}
    save_calibration(tmp_path, Stored(stance=STANCE))
    third = start(tmp_path, outbox)
    assert told(third) == ["back"]
    assert "calibration_lost" not in refused_for(third)
    (tmp_path / FILE_NAME).unlink()
    assert told(start(tmp_path, outbox)) == ["lost"]


def test_never_calibrated_it_measures_as_level_with_wider_intervals(
    tmp_path: Path, outbox: Outbox
) -> None:
    for _ in range(2):
        messages = start(tmp_path, outbox)
        assert told(messages) == []
        assert refused_for(messages) == {"no_person"}
    pose = seen("front", sigma_px=0.5)
    known, level = (
        {m.code: m for m in assess(pose, "front", calibration)}["shoulder_tilt"]
        for calibration in (Calibration(roll_sd_deg=0.1), LEVEL)
    )
    assert level.value == known.value
    assert level.u95 > 1.3 * known.u95


def test_a_damaged_memory_still_remembers(tmp_path: Path) -> None:
    (tmp_path / MEMORY_NAME).write_bytes(b"\0\0\0")
    events: list[dict[str, Any]] = []
    assert calibration_lost(tmp_path)
    watch_calibration(tmp_path, events.append)
    assert [event["state"] for event in events] == ["lost"]


def test_a_full_disk_does_not_keep_the_engine_from_starting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    save_calibration(tmp_path, Stored(stance=STANCE))
    monkeypatch.setattr("edge.screening.calibration_loss.write_durably", full)
    watch_calibration(tmp_path, pytest.fail)
    assert not (tmp_path / MEMORY_NAME).exists()
