"""The intervals: what they are made of, and that they hold the truth as often as they say."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulators.read_well import trusted
from simulators.standing_person import TURN_DEG, Person, Pinhole, pose_of, scores_seen, seen

from edge.posture.angles import Float64, tilt_deg, turn_deg
from edge.posture.assess import assess
from edge.posture.calibration import Calibration
from edge.posture.uncertainty import Effect, Spread, gradient_px, largest_causes
from edge.records import Quality

LENS = Calibration(
    roll_sd_deg=0.1, focal_px=1300.0, centre_px=(540.0, 960.0), mm_per_px=2.3, scale_sd=1e-6
)


def by_code(measures):
    return {measure.code: measure for measure in measures}


@given(st.floats(-1.0, 1.0), st.floats(20.0, 500.0), st.floats(0.1, 5.0))
def test_two_points_scatter_as_the_error_budget_says(slope, length_px, sigma_px):
    """Section 3.3: the deviation of a two-point angle is sqrt(2) sigma / L rad."""
    points = np.array([[0.0, 0.0], [length_px * math.cos(slope), length_px * math.sin(slope)]])

    def line(p: Float64) -> float:
        return tilt_deg(p[0], p[1])

    sd = sigma_px * float(np.linalg.norm(gradient_px(line, points)))
    assert sd == pytest.approx(math.degrees(math.sqrt(2.0) * sigma_px / length_px), rel=1e-4)


@given(st.floats(100, 175), st.floats(50, 300), st.floats(50, 300))
def test_three_points_scatter_as_the_error_budget_says(angle_deg, a, c):
    """Section 3.3: sigma sqrt(1/a^2 + 1/c^2 + b^2 / (a^2 c^2)) rad at the middle of three."""
    inner = math.radians(angle_deg)
    points = np.array([[a, 0.0], [0.0, 0.0], [c * math.cos(inner), c * math.sin(inner)]])

    def joint(p: Float64) -> float:
        return turn_deg(p[0], p[1], p[2])

    b = float(np.linalg.norm(points[0] - points[2]))
    expected = math.degrees(math.sqrt(1 / a**2 + 1 / c**2 + b**2 / (a * c) ** 2))
    assert float(np.linalg.norm(gradient_px(joint, points))) == pytest.approx(expected, rel=1e-4)


def test_roll_adds_fully_to_a_tilt_and_not_to_a_difference_of_tilts():
    rolled = Calibration(roll_sd_deg=1.0, focal_px=1e9, centre_px=(540.0, 960.0))
    upright = Calibration(roll_sd_deg=0.0, focal_px=1e9, centre_px=(540.0, 960.0))
    pose = seen("front", sigma_px=1e-6)
    measures = by_code(assess(pose, "front", rolled))
    without = by_code(assess(pose, "front", upright))
    assert measures["shoulder_tilt"].u95 == pytest.approx(1.96, rel=0.01)
    assert measures["trunk_lean"].u95 == pytest.approx(1.96, rel=0.2)
    for code in ("shoulder_pelvis_angle", "knee_frontal_left"):
        assert measures[code].u95 == pytest.approx(without[code].u95, abs=1e-6)


@pytest.mark.parametrize(("height_m", "roll_sd"), [(0.2, 0.0), (0.4, 0.1), (0.6, 0.1)])
def test_yaw_adds_the_height_over_the_lens(height_m, roll_sd):
    """Section 3.2: false tilt atan(h tan(yaw) / Z), here for a shoulder line h over the lens."""
    person = Person()
    up_m = float(person.points_m()["left_shoulder"][1])
    camera = Pinhole(lens_height_m=up_m - height_m)
    pose = pose_of(camera.project(person.points_m(), 0.0), sigma_px=1e-6)
    lens = Calibration(roll_sd_deg=roll_sd, focal_px=1300.0, centre_px=(540.0, 960.0))
    measure = by_code(assess(pose, "front", lens))["shoulder_tilt"]
    yaw = math.degrees(math.atan(height_m * math.tan(math.radians(5.0)) / 3.0))
    assert measure.u95 == pytest.approx(Spread(roll_sd, yaw).u95, rel=0.03)


@pytest.mark.parametrize(
    ("normal", "limit"), [(1.0, 0.0), (0.0, 1.0), (1.0, 0.3), (0.3, 1.0), (1, 1)]
)
def test_an_interval_holds_95_percent_of_a_normal_plus_a_uniform_error(normal, limit):
    rng = np.random.default_rng(5)
    errors = rng.normal(0.0, 1.0, 200_000) * normal + rng.uniform(-1.0, 1.0, 200_000) * limit
    assert np.mean(np.abs(errors) <= Spread(normal, limit).u95) == pytest.approx(0.95, abs=0.002)


def test_what_adds_nothing_is_no_cause() -> None:
    effects = [Effect("stance", 0.0), Effect("network", 1.0), Effect("camera", limit=0.5)]
    assert [cause.name for cause in largest_causes(effects, 1.0)] == ["network", "camera"]


def test_more_noise_means_wider_intervals():
    narrow, wide = (by_code(assess(seen("front", sigma_px=s), "front")) for s in (1.0, 3.0))
    for code, measure in narrow.items():
        if measure.value is not None:
            assert wide[code].u95 > measure.u95


def test_a_network_that_does_not_say_how_well_it_reads_is_doubted():
    known, unknown = (
        assess(trusted(seen("front", sigma_px=0.1)), calibration=LENS),
        assess(seen("front", sigma_px=0.1), calibration=LENS),
    )
    assert any(m.quality is Quality.OK for m in known)
    assert not any("network_unmeasured" in m.why for m in known)
    doubted = [m for m in unknown if m.value is not None]
    assert doubted
    assert all("network_unmeasured" in m.why and m.quality is Quality.LOW for m in doubted)


# Those whose truth does not move with yaw at first order in this body: what the budget covers.
COVERED = {
    "front": ("shoulder_tilt", "pelvis_tilt", "knee_line", "shoulder_pelvis_angle",
              "trunk_lean", "shoulders_over_hips", "knee_frontal_right"),
    "back": ("shoulder_tilt", "pelvis_tilt", "shoulder_pelvis_angle"),
    "right": ("trunk_inclination", "head_forward_angle", "knee_sagittal"),
}  # fmt: skip


@pytest.mark.parametrize("view", COVERED)
def test_u95_covers_the_truth_in_93_to_97_percent(view):
    """800 draws of keypoint noise, camera roll and yaw, by an independent projection."""
    rng = np.random.default_rng(7)
    person = Person(shoulder_tilt_deg=2.0, pelvis_tilt_deg=-1.0, trunk_lean_deg=1.5)
    truth_m, scores, draws, sigma_px = person.points_m(), scores_seen(view), 800, 2.0
    exact = pose_of(Pinhole().project(truth_m, TURN_DEG[view]), scores, sigma_px=1.0)
    truth = by_code(assess(exact, view, LENS))
    held = dict.fromkeys(COVERED[view], 0)
    for _ in range(draws):
        camera = Pinhole(roll_deg=rng.normal(0.0, 0.1))
        points = camera.project(truth_m, TURN_DEG[view] + rng.uniform(-5.0, 5.0))
        noisy = {name: p + rng.normal(0.0, sigma_px, 2) for name, p in points.items()}
        found = by_code(assess(pose_of(noisy, scores, sigma_px=sigma_px), view, LENS))
        for code in held:
            held[code] += abs(found[code].value - truth[code].value) <= found[code].u95
    shares = {code: count / draws for code, count in held.items()}
    assert all(0.93 <= share <= 0.97 for share in shares.values()), shares
