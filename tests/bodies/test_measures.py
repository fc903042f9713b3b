"""Signs and sizes of every measure on hand-made points."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("numba")
from posture_tools.bodies.anatomy import SOLES
from posture_tools.bodies.measures import MEASURES, ROWS
from posture_tools.bodies.points import NAMES

# x to the body's left, y backwards, z up, metres: somebody straight and symmetric.
UPRIGHT = {
    "nose": (0, -0.10, 1.60), "eye": (0.03, -0.08, 1.64), "ear": (0.07, 0.0, 1.62),
    "shoulder": (0.18, 0.0, 1.40), "elbow": (0.22, 0.0, 1.10), "wrist": (0.24, 0.0, 0.85),
    "hip": (0.10, 0.0, 0.90), "knee": (0.10, 0.0, 0.48), "ankle": (0.10, 0.0, 0.08),
    "heel": (0.10, 0.06, 0.02), "toe": (0.10, -0.18, 0.01), "acromion": (0.19, 0.0, 1.43),
    "asis": (0.12, -0.10, 0.98), "psis": (0.045, 0.07, 0.98), "tragus": (0.07, -0.01, 1.61),
    "C7": (0, 0.06, 1.48), "T6": (0, 0.06, 1.34), "T8": (0, 0.06, 1.28), "T12": (0, 0.06, 1.16),
    "L4": (0, 0.06, 1.04), "S2": (0, 0.06, 0.98),
}  # fmt: skip


def points(**moved: tuple[float, float, float]) -> np.ndarray:
    """The upright body with some points moved by (left, back, up) metres."""
    out = np.zeros((len(NAMES + SOLES), 3))
    for name, place in UPRIGHT.items():
        if name in ROWS:
            out[ROWS[name]] = place
        else:
            out[ROWS[f"left_{name}"]] = place
            out[ROWS[f"right_{name}"]] = np.array(place) * (-1, 1, 1)
    for name, move in moved.items():
        out[ROWS[name]] += move
    return out


@pytest.mark.parametrize(
    ("name", "moved", "expected"),
    [
        ("shoulder_tilt", {"right_shoulder": (0, 0, 0.36)}, 45.0),
        ("hip_tilt", {"left_hip": (0, 0, 0.2)}, -45.0),
        ("trunk_lean", {"left_shoulder": (-0.5, 0, 0), "right_shoulder": (-0.5, 0, 0)}, 45.0),
        ("trunk_inclination", {"left_shoulder": (0, -1, 0)}, 45.0),
        ("anterior_tilt", {"left_psis": (0, 0, 0.34)}, 45.0),
        ("head_lean", {"left_ear": (-0.44, 0, 0)}, 45.0),
        ("head_forward_angle", {"left_ear": (0, -0.44, 0)}, 45.0),
        ("craniovertebral_angle", {"C7": (0, 0.06, 0.0)}, 45.0),
        ("head_sagittal_tilt", {"left_eye": (0, 0, 0.12)}, 45.0),
        ("head_turn", {"nose": (-0.1, 0, 0)}, 45.0),
        ("kyphosis", {"C7": (0, -0.14, 0)}, 45.0),
        ("lordosis", {"S2": (0, 0.06, 0)}, 45.0),
        ("scoliotic_curve", {"C7": (-0.2, 0, 0)}, 45.0),
        ("knee_sagittal_left", {"left_ankle": (0, 0.40, 0)}, 45.0),
        ("knee_frontal_left", {"left_ankle": (0.40, 0, 0)}, 45.0),
        ("knee_frontal_right", {"right_ankle": (-0.40, 0, 0)}, 45.0),
        ("foot_progression_left", {"left_toe": (0.24, 0, 0)}, 45.0),
        ("foot_progression_right", {"right_toe": (-0.24, 0, 0)}, 45.0),
        ("arm_abduction_left", {"left_elbow": (0.26, 0, 0)}, 45.0),
        ("arm_abduction_right", {"right_elbow": (-0.26, 0, 0)}, 45.0),
        ("arm_flexion_left", {"left_elbow": (0, -0.3, 0)}, 45.0),
        ("hips_over_ankles_mm", {"left_hip": (-0.2, 0, 0)}, 100.0),
        ("hips_ahead_of_ankles_mm", {"left_hip": (0, -0.2, 0)}, 100.0),
        ("left_foot_ahead_mm", {"left_ankle": (0, -0.1, 0)}, 100.0),
        ("stance_mm", {"left_ankle": (0.1, 0, 0)}, 300.0),
    ],
)
def test_signs(name: str, moved: dict[str, tuple[float, float, float]], expected: float) -> None:
    # Expected by hand: each displacement is as long as the segment it turns.
    assert float(MEASURES[name](points(**moved))) == pytest.approx(expected, abs=3.0)


@pytest.mark.parametrize("name", ["shoulder_tilt", "trunk_lean", "head_turn", "knee_frontal_left"])
def test_a_symmetric_body_has_none(name: str) -> None:
    assert float(MEASURES[name](points())) == pytest.approx(0.0, abs=1e-9)


def test_many_bodies_are_measured_at_once() -> None:
    both = np.stack([points(), points(right_shoulder=(0, 0, 0.36))])
    for measure in MEASURES.values():
        assert measure(both) == pytest.approx(
            [float(measure(both[0])), float(measure(both[1]))], abs=1e-9
        )
