"""What is asked of a body is found again on its points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

pytest.importorskip("anny")
from posture_tools.bodies.anatomy import SOLES, table
from posture_tools.bodies.measures import MEASURES, measured
from posture_tools.bodies.solve import Pose

if TYPE_CHECKING:
    from posture_tools.bodies.body import Bodies, Body
    from posture_tools.bodies.mesh import Shape

WHO = ("woman", "man", "child")
ARMS = Pose({"upperarm01.L": (0.0, 0.4, 0.0), "upperarm01.R": (0.0, -0.4, 0.0)})
# A body that stands straight, to which each test adds what it asks.
STRAIGHT = {
    "shoulder_tilt": 0.0, "pelvic_obliquity": 0.0, "trunk_lean": 0.0, "trunk_inclination": 0.0,
    "hips_over_ankles_mm": 0.0, "left_foot_ahead_mm": 0.0, "stance_mm": 180.0, "head_lean": 0.0,
    "head_tilt_ear": 0.0, "head_turn": 0.0, "knee_sagittal_left": 2.0, "knee_sagittal_right": 2.0,
    "anterior_tilt": 10.0,
}  # fmt: skip
# Not asked for by themselves: each is one of the lines of another measure.
LINES_OF_OTHERS = {
    "acromion_tilt",
    "hip_tilt",
    "asis_tilt",
    "psis_tilt",
    "head_tilt_eye",
    "craniovertebral_angle",
}


def stand(bodies: Bodies, shape: Shape, **asked: float) -> tuple[Body, dict[str, float]]:
    body = bodies.stand(shape, STRAIGHT | asked, ARMS)
    return body, measured(body.points_m)


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("name", sorted(set(MEASURES) - LINES_OF_OTHERS))
def test_a_change_that_is_asked_is_found(
    bodies: Bodies, shapes: dict[str, Shape], name: str, who: str
) -> None:
    _, before = stand(bodies, shapes[who])
    change = 15.0 if name.endswith("_mm") else 5.0
    body, after = stand(bodies, shapes[who], **{name: before[name] + change})
    slack = 2.0 if name.endswith("_mm") else 0.5
    assert after[name] - before[name] == pytest.approx(change, abs=slack)
    assert soles_mm(body) == pytest.approx(0.0, abs=5.0)


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("obliquity", [5.0, -5.0, 9.0])
def test_every_line_of_an_oblique_pelvis_turns_over_two_flat_soles(
    bodies: Bodies, shapes: dict[str, Shape], obliquity: float, who: str
) -> None:
    body, found = stand(bodies, shapes[who], pelvic_obliquity=obliquity)
    for line in ("hip_tilt", "asis_tilt", "psis_tilt"):
        assert found[line] == pytest.approx(obliquity, abs=0.5)
    assert found["trunk_lean"] == pytest.approx(0.0, abs=0.5)
    assert soles_mm(body) == pytest.approx(0.0, abs=5.0)


@pytest.mark.parametrize("who", WHO)
def test_both_lines_of_tilted_shoulders_turn(
    bodies: Bodies, shapes: dict[str, Shape], who: str
) -> None:
    _, found = stand(bodies, shapes[who], shoulder_tilt=5.0, acromion_tilt=5.0)
    assert found["shoulder_tilt"] == pytest.approx(5.0, abs=0.5)
    assert found["acromion_tilt"] == pytest.approx(5.0, abs=0.5)


@pytest.mark.parametrize("who", WHO)
def test_an_anterior_tilt_turns_the_pelvis_and_leaves_the_trunk(
    bodies: Bodies, shapes: dict[str, Shape], who: str
) -> None:
    _, before = stand(bodies, shapes[who])
    _, after = stand(bodies, shapes[who], anterior_tilt=15.0)
    assert after["anterior_tilt"] - before["anterior_tilt"] == pytest.approx(5.0, abs=0.5)
    assert after["trunk_inclination"] == pytest.approx(0.0, abs=0.5)
    assert after["trunk_lean"] == pytest.approx(0.0, abs=0.5)


def test_eyes_and_neck_follow_where_the_head_is_asked_to_go(
    bodies: Bodies, shapes: dict[str, Shape]
) -> None:
    _, before = stand(bodies, shapes["woman"])
    _, tilted = stand(bodies, shapes["woman"], head_tilt_ear=5.0)
    assert tilted["head_tilt_eye"] - before["head_tilt_eye"] == pytest.approx(5.0, abs=0.5)
    _, forward = stand(bodies, shapes["woman"], head_forward_angle=before["head_forward_angle"] + 8)
    assert before["craniovertebral_angle"] - forward["craniovertebral_angle"] > 3.0


def test_what_is_not_a_measure_is_refused(bodies: Bodies, shapes: dict[str, Shape]) -> None:
    with pytest.raises(KeyError, match="elegance"):
        stand(bodies, shapes["man"], elegance=5.0)


def soles_mm(body: Body) -> float:
    """The sole's point that is farthest from the floor."""
    heights = 1000.0 * body.vertices_m[[table()[name] for name in SOLES], 2]
    return float(heights[np.abs(heights).argmax()])
