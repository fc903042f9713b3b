"""Where millimetres come from: the best of what is known, and nothing where nothing is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from simulators.standing_person import seen

from edge.posture.assess import assess
from edge.posture.calibration import LEVEL, Calibration
from edge.posture.landmarks import Landmarks
from edge.posture.scale import least_sure, scale_of, scaled
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


def test_a_scale_that_was_put_in_says_where_it_came_from():
    by_stature = scaled(LEVEL, scale_of(POSE, LEVEL, 1700.0))
    by_stickers = scaled(LEVEL, scale_of(STUCK_ON, LEVEL))
    found = [LEVEL, Calibration(mm_per_px=2.0), by_stature, by_stickers]
    assert [each.scale_by for each in found] == ["", "calibration", "stature", "stickers"]
    assert scale_of(STUCK_ON, by_stature).by == "stature", "what was told before still counts"


def test_of_several_captures_the_least_sure_speaks():
    assert least_sure(["calibration", "", "stature", "stickers"]) == "stature"
    assert least_sure(["calibration", "stickers"]) == "stickers"
    assert least_sure(["", ""]) == ""


def test_stickers_are_found_anew_at_every_visit_and_a_stature_is_not():
    told = {}
    for name, pose, stature_mm in (("stickers", STUCK_ON, None), ("stature", POSE, 1700.0)):
        scale = scale_of(pose, LEVEL, stature_mm)._replace(mm_per_px=2.5, sd=0.2)
        width = next(
            m for m in assess(pose, "front", scaled(LEVEL, scale)) if m.code == "stance_width"
        )
        told[name] = width
    assert told["stickers"].value == pytest.approx(told["stature"].value)
    more = told["stickers"].u95_change ** 2 - told["stature"].u95_change ** 2
    assert np.sqrt(more) == pytest.approx(1.96 * np.sqrt(2.0) * 0.2 * told["stature"].value)
