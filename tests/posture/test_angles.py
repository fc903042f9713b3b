"""Signs, mirrors and invariances of the angles, for any points."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from edge.posture.angles import (
    distance_px,
    elevation_deg,
    inclination_deg,
    inner_deg,
    lean_deg,
    tilt_deg,
    turn_deg,
    valgus_deg,
)

coordinate = st.floats(-2000, 2000, allow_nan=False)
point = st.tuples(coordinate, coordinate).map(np.array)
MIRROR = np.array([-1.0, 1.0])


def rotated(p, angle_deg):
    c, s = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    return np.array([[c, -s], [s, c]]) @ p


@given(point, point)
def test_exchanging_left_and_right_negates_a_tilt(right, left):
    assume(abs(right[0] - left[0]) > 1e-6)
    assert tilt_deg(right, left) == pytest.approx(-tilt_deg(left, right))


@given(point, point)
def test_a_tilt_is_positive_exactly_when_the_right_is_higher(right, left):
    assume(abs(right[1] - left[1]) > 1e-6)
    assert (tilt_deg(right, left) > 0) == (right[1] < left[1])  # y runs down


@given(point, point)
def test_a_mirrored_lean_is_the_opposite_lean(lower, upper):
    assume(abs(lower[0] - upper[0]) > 1e-6)
    lean = lean_deg(lower, upper, 1.0)
    assert lean_deg(lower * MIRROR, upper * MIRROR, 1.0) == pytest.approx(-lean)
    assert lean_deg(lower * MIRROR, upper * MIRROR, -1.0) == pytest.approx(lean)


@given(point, point)
def test_facing_the_other_way_mirrored_keeps_an_inclination(lower, upper):
    assume(abs(lower[0] - upper[0]) > 1e-6)  # straight down is both 180 and -180
    assert inclination_deg(lower * MIRROR, upper * MIRROR, -1.0) == pytest.approx(
        inclination_deg(lower, upper, 1.0)
    )


@given(point, point)
def test_inclination_and_elevation_are_complements(lower, upper):
    assume(distance_px(lower, upper) > 1e-3)
    total = inclination_deg(lower, upper, 1.0) + elevation_deg(lower, upper, 1.0)
    assert (total - 90.0) % 360.0 == pytest.approx(0.0, abs=1e-6) or (
        total - 90.0
    ) % 360.0 == pytest.approx(360.0, abs=1e-6)


@given(point, point, point, st.floats(-180, 180), point)
def test_an_inner_angle_survives_rotation_and_translation(a, b, c, angle_deg, offset):
    assume(min(distance_px(a, b), distance_px(b, c)) > 1.0)
    moved = [rotated(p, angle_deg) + offset for p in (a, b, c)]
    assert inner_deg(*moved) == pytest.approx(inner_deg(a, b, c), abs=1e-4)


@given(point, point, point)
def test_a_turn_reverses_in_the_mirror(a, b, c):
    assume(min(distance_px(a, b), distance_px(b, c)) > 1.0)
    assume(abs(turn_deg(a, b, c)) < 179.9)
    assert turn_deg(a * MIRROR, b * MIRROR, c * MIRROR) == pytest.approx(-turn_deg(a, b, c))


@pytest.mark.parametrize(("facing", "image_side"), [(1.0, -1.0), (-1.0, 1.0)])
@pytest.mark.parametrize("right", [True, False])
def test_a_knee_towards_the_other_leg_is_valgus(facing, image_side, right):
    # From the front the subject's right leg is at image left; medial is towards x = 0.
    out = image_side if right else -image_side
    hip, ankle = np.array([out * 50.0, 0.0]), np.array([out * 50.0, 200.0])
    knee = np.array([out * 40.0, 100.0])
    assert valgus_deg(hip, knee, ankle, facing, right=right) == pytest.approx(
        11.421186274999258  # golden fppa_R_valgus, fppa_L_valgus, fppa_R_valgus_post
    )


def test_forward_is_positive_for_both_looking_directions():
    # goldens incl_fwd_37_faceR, incl_fwd_37_faceL, cva_50
    lower = np.zeros(2)
    upper = np.array([np.sin(np.radians(37)), -np.cos(np.radians(37))])
    assert inclination_deg(lower, upper, 1.0) == pytest.approx(37.0)
    assert inclination_deg(lower, upper * MIRROR, -1.0) == pytest.approx(37.0)
    ear = np.array([np.cos(np.radians(50)), -np.sin(np.radians(50))])
    assert elevation_deg(lower, ear, 1.0) == pytest.approx(50.0)
