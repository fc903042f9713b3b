"""Where feet stand on the floor, against points projected by a pinhole."""

from __future__ import annotations

import math

import numpy as np
import pytest
from simulators.standing_person import Person, Pinhole, pose_of

from edge.posture.calibration import Calibration
from edge.posture.catalogue.feet import FEET, Floor
from edge.posture.landmarks import Landmarks

FOCAL_PX, CENTRE_PX, LENS_M, STATURE_M, AWAY_M = 1300.0, (540.0, 960.0), 1.2, 1.7, 3.0
PX_PER_M = FOCAL_PX / AWAY_M  # in the plane of the ankles
# Parts of stature over the floor: what the picture of a heel and of a toe shows.
HEIGHT_M = {"left_heel": 0.0134 * STATURE_M, "left_toe": 0.0056 * STATURE_M}
FLOOR = Floor(FOCAL_PX, CENTRE_PX, LENS_M * PX_PER_M, STATURE_M * PX_PER_M)


def test_a_foot_is_found_where_it_stands() -> None:
    stands_m = np.array([[0.12, 3.05], [0.17, 2.85]])  # to the right and ahead of the lens
    heights_m = np.array(list(HEIGHT_M.values()))
    seen = np.stack(
        [
            CENTRE_PX[0] + FOCAL_PX * stands_m[:, 0] / stands_m[:, 1],
            CENTRE_PX[1] + FOCAL_PX * (LENS_M - heights_m) / stands_m[:, 1],
        ],
        axis=1,
    )
    assert FLOOR.places(seen, tuple(HEIGHT_M)) / PX_PER_M == pytest.approx(stands_m, abs=1e-9)
    seen[1, 1] = CENTRE_PX[1] - 1.0  # above the horizon there is no floor
    assert np.isnan(FLOOR.places(seen, tuple(HEIGHT_M))[1]).all()


@pytest.mark.parametrize("facing", [1.0, -1.0], ids=["front", "back"])
@pytest.mark.parametrize("out_deg", [25.0, -10.0])
def test_a_toe_outwards_is_plus_on_both_feet_from_both_sides(facing: float, out_deg: float) -> None:
    for definition in FEET:
        assert definition.formula is not None
        outwards = 1.0 if definition.side == "right" else -1.0
        turned = math.radians(out_deg)
        # From the front the person's right is at the left of the lens, and ahead is towards it.
        to_right, forward = outwards * math.sin(turned), math.cos(turned)
        heel = np.array([30.0, 1400.0])
        toe = heel + 80.0 * np.array([-facing * to_right, -facing * forward])
        assert definition.formula(np.array([heel, toe]), facing) == pytest.approx(out_deg)


def test_the_height_of_the_lens_is_reckoned_from_ankles_that_stand_over_the_floor() -> None:
    """0.9 m before a person of 1.7 m at 3 m: the ankles lie 0.056 of stature over the floor."""
    ankle_m = 0.056 * STATURE_M
    points = Person().points_m()
    for side in ("left", "right"):
        points[f"{side}_ankle"][1] = ankle_m
    body = Landmarks.of(pose_of(Pinhole().project(points, 0.0)))
    lens = Calibration(focal_px=FOCAL_PX, centre_px=CENTRE_PX)
    floor = Floor.under(body, lens)
    assert floor is not None
    assert floor.lens_px == pytest.approx(0.9 * PX_PER_M, abs=4.0)
    assert floor.stature_px == pytest.approx(STATURE_M * PX_PER_M, rel=0.05)
    assert Floor.under(body, Calibration(focal_px=FOCAL_PX)) is None
