"""From camera to outbox: what the source says of itself stands in the committed bytes."""

from __future__ import annotations

import threading
from pathlib import Path

import cv2
import pytest
from posture_tools.mannequin import MannequinCamera

from edge.app import build_engine
from edge.results.outbox import Outbox
from edge.settings import CameraSettings, ModelSettings, ScreeningSettings, Settings
from edge.wire.codec import decode_result

PERSON = "mannequin:?view=front&seed=4&width=360&height=640"


@pytest.mark.parametrize(
    ("source", "origin"), [(PERSON + "&fps=6&seconds=4", "rendered"), ("", "file")]
)
def test_the_origin_is_committed(tmp_path: Path, outbox: Outbox, source: str, origin: str) -> None:
    if not source:
        person = MannequinCamera(PERSON)
        person.open()
        source = str(tmp_path / "photo.png")
        cv2.imwrite(source, person.rendered(5.0).image)
    settings = Settings(
        state_dir=str(tmp_path),
        camera=CameraSettings(source=source, pace="fast"),
        models=ModelSettings(mode="bottom-up", threads=1),
        screening=ScreeningSettings(settle_s=0.5, hold_s=2.0, repeats=1, least_stature_px=200.0),
    )
    before = outbox.depth()
    engine = build_engine(settings, outbox, on_saved=lambda *_: None, on_problem=pytest.fail)
    engine.run(threading.Event())
    [message, *_] = outbox.pending(9, after=before)
    assert decode_result(message.body).origin == origin
