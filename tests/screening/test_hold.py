"""Medians, effective frames and stillness of a hold."""

from __future__ import annotations

import numpy as np
import pytest
from simulators.standing_person import Person, pose_of, seen

from edge.posture.assess import assess
from edge.posture.calibration import Calibration
from edge.records import Pose
from edge.screening.hold import effective_frames, is_still, median_pose
from edge.skeletons import COCO_17

STATURE_PX = 737.0


def autoregressive(rng, n, m, r):
    """(n, m) values of unit variance whose neighbours in time correlate by r."""
    values = np.empty((n, m))
    values[0] = rng.normal(size=m)
    for i in range(1, n):
        values[i] = r * values[i - 1] + np.sqrt(1 - r * r) * rng.normal(size=m)
    return values


def jittered(rng, n, r=0.0, sigma_px=2.0, claimed_px=0.5, drift_px=0.0, person=None):
    exact = seen("front", person or Person(), sigma_px=claimed_px)
    noise = sigma_px * autoregressive(rng, n, 34, r).reshape(n, 17, 2)
    poses = []
    for i in range(n):
        keypoints = exact.keypoints.copy()
        keypoints[:, :2] += noise[i]
        keypoints[:, 0] += drift_px * i / n
        poses.append(Pose(exact.skeleton, keypoints, exact.covariance_px2, 0.9))
    return poses


def times_s(n, fps=15.0):
    return np.arange(n) / fps


@pytest.mark.parametrize(("r", "expected"), [(0.0, 75.0), (0.5, 25.0), (0.8, 8.3)])
def test_effective_frames_of_a_correlated_series(r, expected):
    """N (1 - r) / (1 + r): 75 frames at r = 0.8 are 8.3."""
    rng = np.random.default_rng(1)
    n_eff = np.mean([effective_frames(autoregressive(rng, 75, 34, r)) for _ in range(40)])
    assert n_eff == pytest.approx(expected, rel=0.25)


def test_frozen_frames_are_taken_for_what_they_are():
    assert effective_frames(np.zeros((10, 4))) == 10.0
    assert effective_frames(np.zeros((1, 4))) == 1.0


def test_one_wild_frame_does_not_move_the_median():
    rng = np.random.default_rng(2)
    poses = jittered(rng, 31)
    wild = poses[7].keypoints.copy()
    wild[:, :2] += 400.0
    poses[7] = Pose(poses[7].skeleton, wild, poses[7].covariance_px2, 0.9)
    median = median_pose(poses).pose
    assert np.abs(median.keypoints - seen("front").keypoints)[:, :2].max() < 3.0


def test_a_keypoint_seen_too_rarely_is_missing():
    rng = np.random.default_rng(3)
    poses = jittered(rng, 20)
    for pose in poses[:10]:
        keypoints = pose.keypoints.copy()
        keypoints[9] = (np.nan, np.nan, 0.0)
        poses[poses.index(pose)] = Pose(pose.skeleton, keypoints, pose.covariance_px2, 0.9)
    median = median_pose(poses).pose
    assert np.isnan(median.keypoints[9, :2]).all()
    assert median.keypoints[9, 2] == 0.0
    assert np.isfinite(np.delete(median.keypoints, 9, axis=0)).all()


def test_what_the_estimator_claims_beyond_the_scatter_does_not_average_away():
    rng = np.random.default_rng(4)
    few, many = (median_pose(jittered(rng, n, claimed_px=8.0)).pose for n in (30, 300))
    for pose in (few, many):
        assert np.sqrt(pose.covariance_px2[:, 0, 0]).mean() == pytest.approx(8.0, rel=0.1)


def test_an_unknown_covariance_stays_unknown():
    poses = jittered(np.random.default_rng(5), 30, claimed_px=np.nan)
    assert np.isnan(median_pose(poses).pose.covariance_px2).all()


@pytest.mark.parametrize("r", [0.0, 0.6])
def test_intervals_from_the_scatter_of_a_hold_hold_the_truth(r):
    """At least 93 % of holds, and not by being needlessly wide (99.5 %)."""
    rng = np.random.default_rng(6)
    lens = Calibration(roll_sd_deg=0.0, focal_px=1e9, centre_px=(540.0, 960.0))
    person = Person(shoulder_tilt_deg=2.0)
    codes = ("shoulder_tilt", "pelvis_tilt", "knee_line", "shoulder_pelvis_angle")
    truth = {m.code: m.value for m in assess(seen("front", person), "front", lens)}
    held, holds = 0, 250
    for _ in range(holds):
        median = median_pose(jittered(rng, 75, r, person=person))
        found = {m.code: m for m in assess(median.pose, "front", lens, median.n_eff)}
        held += sum(abs(found[c].value - truth[c]) <= found[c].u95 for c in codes)
    assert 0.93 <= held / (holds * len(codes)) <= 0.995


def test_standing_is_still_despite_jitter():
    poses = jittered(np.random.default_rng(8), 30)
    assert is_still(times_s(30), poses, "front", STATURE_PX)


@pytest.mark.parametrize("drift_px", [30.0, -60.0])
def test_a_drifting_person_is_not_still(drift_px):
    poses = jittered(np.random.default_rng(9), 30, drift_px=drift_px)
    assert not is_still(times_s(30), poses, "front", STATURE_PX)


def test_a_guessed_far_ear_is_not_watched():
    rng = np.random.default_rng(11)
    exact = seen("right", sigma_px=1.0)
    poses = []
    for _ in range(30):
        keypoints = exact.keypoints.copy()
        keypoints[COCO_17.index["left_ear"]] = (*rng.uniform(400, 700, 2), 0.4)
        poses.append(Pose(exact.skeleton, keypoints, exact.covariance_px2, 0.9))
    assert is_still(times_s(30), poses, "right", STATURE_PX)
    assert not is_still(times_s(30), poses, "front", STATURE_PX)


def test_nothing_to_watch_is_not_still():
    poses = [pose_of({"left_knee": (1.0, 2.0)})] * 10
    assert not is_still(times_s(10), poses, "front", STATURE_PX)
    assert not is_still(times_s(1), jittered(np.random.default_rng(10), 1), "front", STATURE_PX)
