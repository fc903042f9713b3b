"""One clip through two back-ends: the messages differ in their numbers, not in their shape."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import cv2
import pytest
from posture_tools.mannequin import MannequinCamera
from posture_tools.models.cards import read_card
from posture_tools.models.describe import describe

from edge.app import build_engine
from edge.results.outbox import Outbox
from edge.settings import CameraSettings, ModelSettings, ScreeningSettings, Settings
from edge.skeletons import COCO_17
from edge.wire.codec import decode
from edge.wire.result import Result

FPS, FRAMES = 10, 30
# A small picture, rendered fast, in which a person stands for long enough.
SCREENING = ScreeningSettings(settle_s=0.5, hold_s=2.0, repeats=1, least_stature_px=300.0)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A rendered person who stands like a statue, for three seconds."""
    person = MannequinCamera("mannequin:?view=front&seed=4&width=360&height=640")
    person.open()
    image = person.rendered(3).image
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), FPS, image.shape[1::-1])
    for _ in range(FRAMES):
        writer.write(image)
    writer.release()
    return path


@pytest.fixture
def detector(shared: Path, tmp_path: Path) -> Path:
    source = shared / "models" / "picodet_s_192_pedestrian"
    model, card = source / f"{source.name}.onnx", read_card(source / "card.json")
    path = tmp_path / "detector.onnx"
    path.write_bytes(describe(model.read_bytes(), card))
    return path


def sent(clip: Path, outbox: Outbox, state: Path, **models: Any) -> Result:
    settings = Settings(
        state_dir=str(state),
        camera=CameraSettings(source=str(clip), pace="fast"),
        models=ModelSettings(threads=1, **models),
        screening=SCREENING,
    )
    problems: list[Exception] = []
    before = outbox.depth()
    engine = build_engine(settings, outbox, on_saved=lambda *_: None, on_problem=problems.append)
    engine.run(threading.Event())
    assert problems == []
    [message] = outbox.pending(9, after=before)
    result = decode(message.body, Result)
    assert {m.code: m.unit for m in result.measures}.items() <= engine.abilities.measures.items()
    return result


@pytest.mark.shared
def test_c1_the_same_clip_through_two_backends_is_one_schema(
    clip: Path, detector: Path, outbox: Outbox, tmp_path: Path
) -> None:
    bottom_up = sent(clip, outbox, tmp_path, mode="bottom-up")
    top_down = sent(clip, outbox, tmp_path, mode="top-down", finder=str(detector), close="none")
    assert (bottom_up.backend, top_down.backend) == ("bottom-up", "top-down")
    assert [m.name for m in bottom_up.models] == ["finder"]
    assert [m.name for m in top_down.models] == ["picodet_s_192_pedestrian", "whole"]
    shapes = [[(m.code, m.unit, m.view, m.side) for m in r.measures] for r in (bottom_up, top_down)]
    assert shapes[0] == shapes[1]
    # A network of COCO-18 sees the neck too, which one of COCO-17 leaves to be derived.
    assert set(bottom_up.figure) - {"neck"} == set(top_down.figure) == set(COCO_17.keypoints)
    for name, at in top_down.figure.items():
        assert at == pytest.approx(bottom_up.figure[name], abs=50), f"{name}, of a stature of 1000"
