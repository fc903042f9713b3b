"""Where millimetres come from: the best of what is known, and nothing where nothing is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from simulators.standing_person import seen

from edge.posture.assess import assess
from edge.posture.calibration import LEVEL, Calibration
from edge.posture.landmarks import Landmarks
from edge.posture.scale import scale_of, scaled
from edge.records import Placed

POSE = seen("front", sigma_px=1.0)
STUCK_ON = replace(
    POSE, placed=Placed(np.zeros((len(POSE.keypoints), 2, 2), np.float32), 2.5, 0.02)
)


def test_a_measured_scale_goes_before_stickers_and_these_before_stature():
    board = Calibration(mm_per_px=2.0, scale_sd=0.01)
    assert scale_of(STUCK_ON, board, 1700.0) == (2.0, 0.01, "calibration")
    assert scale_of(STUCK_ON, LEVEL, 1700.0) == (2.5, 0.02, "stickers")
    by_stature = scale_of(POSE, LEVEL, 1700.0)
    assert by_stature.by == "stature"
    assert by_stature.mm_per_px * Landmarks.of(POSE).stature_px == pytest.approx(1700.0)
    assert scale_of(POSE, LEVEL) is None


def test_a_stature_makes_lengths_as_unsure_as_it_is():
    calibration = scaled(LEVEL, scale_of(POSE, LEVEL, 1700.0))
    width = next(m for m in assess(POSE, "front", calibration) if m.code == "stance_width")
    exact = next(
        m
        for m in assess(POSE, "front", replace(calibration, scale_sd=1e-6))
        if m.code == "stance_width"
    )
    of_scale = np.sqrt(width.u95**2 - exact.u95**2)
    assert of_scale == pytest.approx(1.96 * 0.03 * width.value, rel=1e-3)


def test_without_a_scale_every_length_is_refused_and_nothing_else_is():
    known = {m.code: m for m in assess(POSE, "front", Calibration(mm_per_px=2.0))}
    for measure in assess(POSE, "front"):
        if known[measure.code].unit == "mm" and known[measure.code].value is not None:
            assert measure.why == ("scale_unknown",)
        else:
            assert (measure.value is None) == (known[measure.code].value is None)
