"""How far beside the middle of the body, and ahead of the ankles, a part lies."""

from __future__ import annotations

import numpy as np
import pytest
from simulators.standing_person import seen

from edge.posture.calibration import Calibration
from edge.posture.landmarks import Landmarks
from edge.posture.perspective import ahead_of_ankles, beside, depth_slope_px
from edge.skeletons import BODY_55, COCO_17

# Parts of stature (Drillis and Contini 1966): half the breadth of the shoulders, and a foot.
HALF_SHOULDERS, FOOT = 0.129, 0.152
NAMES = sorted({*BODY_55.keypoints, *COCO_17.keypoints})


def test_an_inner_ankle_lies_between_the_middle_and_the_heel() -> None:
    for side in ("left", "right"):
        assert 0.0 < beside(f"{side}_med_mal") < beside(f"{side}_heel")


@pytest.mark.parametrize("name", NAMES)
def test_nothing_lies_beyond_shoulders_and_feet(name: str) -> None:
    assert 0.0 <= beside(name) < HALF_SHOULDERS
    assert abs(ahead_of_ankles(name)) < FOOT


def test_what_lies_on_the_skin_is_farther_out_than_the_joint_below_it() -> None:
    for side in ("left", "right"):
        assert beside(f"{side}_acromion") > beside(f"{side}_shoulder")
        assert beside(f"{side}_trochanter") > beside(f"{side}_hip")
        assert beside(f"{side}_psis") < beside(f"{side}_asis") < beside(f"{side}_trochanter")
    assert beside("C7") == beside("nose") == 0.0


def test_who_comes_nearer_moves_away_from_the_middle_of_the_lens() -> None:
    body = Landmarks.of(seen("front"))
    lens = Calibration(focal_px=1300.0, centre_px=(540.0, 960.0))
    assert body.stature_px is not None
    names = ("left_shoulder", "right_ankle")
    slope = depth_slope_px(body, names, lens)
    for found, name in zip(slope, names, strict=True):
        from_middle = body.point(name) - np.array([540.0, 960.0])
        assert np.abs(from_middle).min() > 30.0
        assert found == pytest.approx(from_middle * body.stature_px / 1300.0)
