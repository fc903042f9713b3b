"""Sway of a known motion, and when there is none to report."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from simulators.standing_person import Person, Pinhole, pose_of, scores_seen

from edge.posture.calibration import Calibration
from edge.posture.sway import sway
from edge.records import Quality

SCALED = Calibration(mm_per_px=3000 / 1300)


def rocking(seconds=30.0, fps=15.0, amplitude_m=0.01, hertz=0.3, jitter_px=0.0, turn_deg=0.0):
    rng = np.random.default_rng(3)
    times_s = np.arange(0.0, seconds, 1.0 / fps)
    camera, truth_m = Pinhole(), Person().points_m()
    scores = scores_seen("front" if turn_deg == 0.0 else "right")
    poses = []
    for time_s in times_s:
        aside_m = amplitude_m * np.sin(2 * np.pi * hertz * time_s)
        points = camera.project(truth_m, turn_deg, aside_m)
        noisy = {name: p + rng.normal(0.0, jitter_px, 2) for name, p in points.items()}
        poses.append(pose_of(noisy, scores))
    return times_s, poses


def by_code(measures):
    return {measure.code: measure for measure in measures}


@pytest.mark.parametrize(("view", "turn_deg"), [("front", 0.0), ("right", 90.0)])
def test_a_rocking_person(view, turn_deg):
    """Amplitude 10 mm at 0.3 Hz: RMS 7.07 mm, range near 20 mm, mean speed 4 x 10 x 0.3 mm/s."""
    found = by_code(sway(*rocking(turn_deg=turn_deg), view, SCALED))
    assert found["sway_hips_rms"].value == pytest.approx(7.07, rel=0.05)
    assert found["sway_hips_range"].value == pytest.approx(20.0, rel=0.07)
    assert found["sway_hips_velocity"].value == pytest.approx(12.0, rel=0.07)
    assert found["sway_hips_velocity"].unit == "mm/s"
    rms = found["sway_head_rms"]
    assert (rms.quality, rms.why) == (Quality.LOW, ("need_unknown",))


def test_a_detectors_jitter_is_no_velocity():
    still = by_code(sway(*rocking(amplitude_m=0.0, jitter_px=1.0), "front", SCALED))
    raw_mm_s = 1.0 / np.sqrt(2) * np.sqrt(2) * np.sqrt(2 / np.pi) * 15.0 * 3000 / 1300
    assert still["sway_hips_velocity"].value < 0.25 * raw_mm_s


def test_without_a_scale_there_are_no_lengths():
    measures = sway(*rocking(), "front")
    assert {m.why for m in measures[:-1]} == {("scale_unknown",)}


def test_less_than_25_s_is_refused():
    measures = sway(*rocking(seconds=20.0), "front", SCALED)
    assert {m.why for m in measures[:-1]} == {("too_short",)}


def test_25_s_from_the_first_frame_to_the_last_are_enough_and_a_frame_less_is_not():
    times_s, poses = rocking(seconds=26.0, fps=10.0)
    assert times_s[250] == pytest.approx(25.0)
    times_s = times_s - times_s[250] + 25.0  # to the last bit
    whole = by_code(sway(times_s[:251], poses[:251], "front", SCALED))
    assert whole["sway_hips_velocity"].value is not None
    short = by_code(sway(times_s[:250], poses[:250], "front", SCALED))
    assert short["sway_hips_velocity"].why == ("too_short",)


def test_one_camera_sees_no_ellipse():
    area = sway(*rocking(), "front", SCALED)[-1]
    assert (area.code, area.why) == ("sway_ellipse_area", ("not_measurable:second_axis",))


def test_a_hip_that_vanishes_is_named():
    times_s, poses = rocking()
    points = Pinhole().project(Person().points_m(), 0.0)
    del points["left_hip"]
    poses[100] = pose_of(points)
    found = by_code(sway(times_s, poses, "front", SCALED))
    assert found["sway_hips_rms"].why == ("keypoint_missing:mid_hip",)
    assert found["sway_head_rms"].value is not None


def test_a_second_visit_shows_more_than_one_hold_tells():
    """Another day is 12.9 % of the value, stickers 5 %, both once at each visit."""
    stuck = replace(SCALED, scale_sd=0.05, scale_from="stickers")
    board = replace(SCALED, scale_sd=0.05)
    exact = replace(SCALED, scale_sd=0.0)
    of = {
        name: by_code(sway(*rocking(), "front", calibration))["sway_hips_rms"]
        for name, calibration in (("stuck", stuck), ("board", board), ("exact", exact))
    }
    value, own = of["exact"].value, of["exact"].u95
    root = np.sqrt(2.0)
    day = 1.96 * root * 0.129 * value
    assert of["exact"].u95_change == pytest.approx(np.hypot(root * own, day))
    assert of["board"].u95_change == pytest.approx(of["exact"].u95_change)
    assert of["board"].u95 == pytest.approx(np.hypot(own, 1.96 * 0.05 * value))
    assert of["stuck"].u95 == pytest.approx(of["board"].u95)
    assert of["stuck"].u95_change == pytest.approx(
        np.hypot(of["exact"].u95_change, 1.96 * root * 0.05 * value)
    )
    assert [cause.name for cause in of["board"].causes] == ["scale", "frames"]
