"""Measures on the skin against bodies known exactly: true points in, what was asked out.

What a body measures in space is computed here from its points in metres, apart from the product's
own formulas; the picture is taken by a camera far away, so that perspective adds nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from posture_tools.bodies.baked import Baked
from posture_tools.bodies.body import Bodies
from posture_tools.bodies.camera import Camera
from posture_tools.bodies.points import INDEX, NAMES
from posture_tools.bodies.solve import Pose as BodyPose

from edge.posture.assess import assess
from edge.posture.calibration import LEVEL, Calibration
from edge.posture.clothing import Dress
from edge.records import Measure, Placed, Pose
from edge.skeletons import Skeleton

if TYPE_CHECKING:
    from numpy.typing import NDArray

POINTS = Skeleton("bodies-61", NAMES, ())
ARMS = BodyPose({"upperarm01.L": (0.0, 0.4, 0.0), "upperarm01.R": (0.0, -0.4, 0.0)})
STRAIGHT = {
    "shoulder_tilt": 0.0, "pelvic_obliquity": 0.0, "trunk_lean": 0.0, "trunk_inclination": 0.0,
    "head_lean": 0.0, "head_turn": 0.0, "stance_mm": 180.0, "anterior_tilt": 11.0,
    "kyphosis": 26.0, "lordosis": 24.0, "left_foot_ahead_mm": 0.0,
}  # fmt: skip
YAW_DEG = {"front": 0.0, "left": 90.0, "back": 180.0, "right": 270.0}
BARE = Dress("bare", "bare")
_FAR_M, _SIZE_HW = 40_000.0, (2000, 1500)


class Standing:
    """People of the baked file; who stands alike is made once."""

    def __init__(self) -> None:
        self._baked = Baked()
        self._bodies = Bodies(self._baked)
        self._made: dict[tuple[object, ...], NDArray[np.float64]] = {}

    def __call__(self, who: str, **asked: float) -> NDArray[np.float64]:
        """The points of somebody who measures what is asked, (61, 3) m."""
        key = (who, *sorted(asked.items()))
        if key not in self._made:
            shape = self._baked.people[who]
            self._made[key] = self._bodies.stand(shape, STRAIGHT | asked, ARMS).points_m
        return self._made[key]


@pytest.fixture(scope="module")
def stand() -> Standing:
    return Standing()


def photograph(
    points_m: NDArray[np.float64], view: str, distance_m: float = _FAR_M, height_m: float = 0.9
) -> tuple[Pose, float]:
    """What a level camera sees, and its focal length, px."""
    focal_px = 800.0 * distance_m
    camera = Camera(YAW_DEG[view], distance_m, height_m, focal_px, _SIZE_HW)
    places, _ = camera.project(points_m)
    keypoints = np.column_stack([places, np.ones(len(places))]).astype(np.float32)
    # Hands placed them, so no network's error is in the way.
    covariance = np.broadcast_to(np.eye(2, dtype=np.float32) * 1e-4, (len(places), 2, 2)).copy()
    placed = Placed(covariance, mm_per_px=1000.0 / 800.0)
    return Pose(POINTS, keypoints, covariance, 1.0, placed=placed), focal_px


def read(pose: Pose, view: str, calibration: Calibration = LEVEL) -> dict[str, Measure]:
    return {m.code: m for m in assess(pose, view, calibration, dress=BARE)}  # type: ignore[arg-type]


def at(points_m: NDArray[np.float64], name: str) -> NDArray[np.float64]:
    return points_m[INDEX[name]]


def q_angle(points_m: NDArray[np.float64], side: str) -> float:
    """Between ASIS-patella and patella-tuberosity in the frontal plane, + kneecap inwards."""
    asis, patella, tuberosity = (
        at(points_m, f"{side}_{n}") for n in ("asis", "patella", "tib_tub")
    )
    outwards = 1.0 if side == "left" else -1.0  # x is to the body's left
    thigh = np.arctan2(outwards * (asis - patella)[0], (asis - patella)[2])
    shank = np.arctan2(outwards * (patella - tuberosity)[0], (patella - tuberosity)[2])
    return float(np.degrees(thigh - shank))


def above(origin: NDArray[np.float64], target: NDArray[np.float64], backwards: float) -> float:
    """Elevation of a target; backwards : 1 looking backwards, -1 looking forward."""
    way = target - origin
    return float(np.degrees(np.arctan2(way[2], backwards * way[1])))


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("who", ["woman", "child"])
@pytest.mark.parametrize("moved", [-6.0, 6.0])
def test_side_measures_are_the_bodys(stand: Standing, who: str, side: str, moved: float) -> None:
    before, after = (
        stand(who, anterior_tilt=11.0 + by, kyphosis=26.0 + by,
              head_forward_angle=11.0 + by, shoulders_forward_mm=30.0 + 2.0 * by)
        for by in (0.0, moved)
    )  # fmt: skip
    told = [read(photograph(points, side)[0], side) for points in (before, after)]
    for points, measures in zip((before, after), told, strict=True):
        c7, tragus, acromion = (at(points, n) for n in ("C7", f"{side}_tragus", f"{side}_acromion"))
        asis, psis = at(points, f"{side}_asis"), at(points, f"{side}_psis")
        expected = {
            "craniovertebral_angle": above(c7, tragus, -1.0),
            "forward_shoulder_angle": above(acromion, c7, 1.0),
            "pelvic_anterior_tilt": above(asis, psis, 1.0),
            "acromion_ahead_of_c7": 1000.0 * float(c7[1] - acromion[1]),
        }
        for code, value in expected.items():
            assert measures[code].value == pytest.approx(value, abs=0.3), code
            assert measures[code].side in (side, "")
    first, second = told
    changed = {code: (second[code].value or 0.0) - (first[code].value or 0.0) for code in first
               if first[code].value is not None}  # fmt: skip
    sign = np.sign(moved)
    assert sign * changed["pelvic_anterior_tilt"] == pytest.approx(6.0, abs=0.6)
    assert sign * changed["thoracic_kyphosis"] > 4.0


@pytest.mark.parametrize("who", ["woman", "child"])
@pytest.mark.parametrize("moved", [-6.0, 6.0])
def test_curves_of_the_spine_follow_their_region(stand: Standing, who: str, moved: float) -> None:
    straight = read(photograph(stand(who), "right")[0], "right")
    kyphotic = read(photograph(stand(who, kyphosis=26.0 + moved), "right")[0], "right")
    lordotic = read(photograph(stand(who, lordosis=24.0 + moved), "left")[0], "left")

    def change(now: dict[str, Measure], code: str) -> float:
        return (now[code].value or 0.0) - (straight[code].value or 0.0)

    assert np.sign(moved) * change(kyphotic, "thoracic_kyphosis") == pytest.approx(7.5, abs=2.0)
    assert np.sign(moved) * change(lordotic, "lumbar_lordosis") == pytest.approx(6.0, abs=2.5)
    assert abs(change(lordotic, "thoracic_kyphosis")) < 3.0
    assert straight["thoracic_kyphosis"].value == pytest.approx(36.0, abs=8.0)


@pytest.mark.parametrize("who", ["woman", "child"])
@pytest.mark.parametrize("moved", [-5.0, 5.0])
def test_front_measures_are_the_bodys(stand: Standing, who: str, moved: float) -> None:
    points = stand(
        who, pelvic_obliquity=moved, acromion_tilt=moved, shoulder_tilt=moved,
        knee_frontal_left=moved, knee_frontal_right=-moved,
    )  # fmt: skip
    measures = read(photograph(points, "front")[0], "front")
    assert measures["pelvis_tilt"].definition == "1-asis"
    assert measures["pelvis_tilt"].value == pytest.approx(moved, abs=0.5)
    assert measures["shoulder_tilt"].value == pytest.approx(moved, abs=0.5)
    for side in ("left", "right"):
        found = measures[f"q_angle_{side}"].value
        assert found == pytest.approx(q_angle(points, side), abs=0.3)
    for part in ("axilla", "waist"):
        right, left = at(points, f"right_{part}"), at(points, f"left_{part}")
        tilt = np.degrees(np.arctan2((right - left)[2], abs((right - left)[0])))
        assert measures[f"{part}_tilt"].value == pytest.approx(tilt, abs=0.3)
    straight = stand(who)
    gained = measures["q_angle_left"].value - q_angle(straight, "left")  # type: ignore[operator]
    assert np.sign(gained) == np.sign(moved), "valgus takes the kneecap inwards"


@pytest.mark.parametrize("who", ["woman", "child"])
@pytest.mark.parametrize("moved", [-8.0, 8.0])
def test_back_measures_are_the_bodys(stand: Standing, who: str, moved: float) -> None:
    points = stand(who, scoliotic_curve=moved, shoulder_tilt=moved / 2, acromion_tilt=moved / 2)
    measures = read(photograph(points, "back")[0], "back")
    left, right = at(points, "left_scap_inf"), at(points, "right_scap_inf")
    tilt = np.degrees(np.arctan2((right - left)[2], (left - right)[0]))
    assert measures["scapular_tilt"].value == pytest.approx(tilt, abs=0.3)
    cleft = at(points, "S5")[0]
    for part in ("axilla", "waist"):
        to_right, to_left = (
            cleft - at(points, f"right_{part}")[0],
            at(points, f"left_{part}")[0] - cleft,
        )
        wider = 100.0 * (to_right - to_left) / (to_right + to_left)
        assert measures[f"{part}_asymmetry"].value == pytest.approx(wider, abs=0.3)
    psis = 0.5 * (at(points, "left_psis") + at(points, "right_psis"))
    c7 = at(points, "C7")
    aside = []
    for level in ("T8", "L4"):
        here = at(points, level)
        share = np.dot((here - c7)[[0, 2]], (psis - c7)[[0, 2]]) / np.dot(
            *2 * [(psis - c7)[[0, 2]]]
        )
        aside.append(-1000.0 * float(here[0] - (c7 + share * (psis - c7))[0]))
    deviation = max(aside, key=abs)
    assert measures["spine_line_deviation"].value == pytest.approx(deviation, abs=1.0)
    assert np.sign(deviation) == -np.sign(moved), "the curve bulges away from where C7 leans"


@pytest.mark.parametrize("view", ["front", "back"])
@pytest.mark.parametrize("height_m", [0.9, 1.5])
@pytest.mark.parametrize("outwards", [(4.0, 18.0), (18.0, 4.0), (-6.0, 8.0)])
def test_feet_point_where_the_body_turned_them(
    stand: Standing, view: str, height_m: float, outwards: tuple[float, float]
) -> None:
    right, left = outwards
    points = stand("woman", foot_progression_right=right, foot_progression_left=left)
    pose, focal_px = photograph(points, view, 3.0, height_m)
    centre = (_SIZE_HW[1] / 2 - 0.5, _SIZE_HW[0] / 2 - 0.5)
    lens = Calibration(focal_px=focal_px, centre_px=centre, mm_per_px=1.25)
    measures = read(pose, view, lens)
    assert measures["foot_progression_right"].value == pytest.approx(right, abs=2.0)
    assert measures["foot_progression_left"].value == pytest.approx(left, abs=2.0)
    without = read(pose, view)["foot_progression_right"]
    assert without.why == ("lens_not_calibrated",)
