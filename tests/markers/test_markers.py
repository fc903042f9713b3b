"""Stickers on backs: centres, order, refusals, and the spine measured from them."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from posture_tools.evaluate.marked_spines import (
    HALF_BALL_MM,
    HALF_BALLS,
    STICKERS,
    backs,
    errors,
)
from scipy.interpolate import CubicSpline
from simulators.standing_person import seen

from edge.conversion import convert
from edge.errors import SettingsInvalid
from edge.estimation.estimator import Seen
from edge.markers.estimator import MarkerEstimator
from edge.markers.spine.blobs import find
from edge.markers.spine.curve import roughness, smoother
from edge.markers.spine.marked_spine import find_spine
from edge.markers.stickers import Stickers
from edge.posture.assess import assess
from edge.posture.clothing import Dress
from edge.records import Frame, Pose, Quality, Yaw
from edge.screening.hold import median_pose
from edge.skeletons import LANDMARKS_38, joined

SKIN, WALL, GREEN = (150, 180, 220), (205, 208, 210), (51, 191, 64)
FINE = 16


def disc(x_px, y_px, radius_px, size=48):
    """A half ball on the edge between wall (left) and skin (right), averaged from 16 x 16 samples.

    The centre is that of the circle; only its left half is seen.
    """
    fine = np.arange(size * FINE) / FINE + 0.5 / FINE - 0.5
    x, y = np.meshgrid(fine, fine)
    picture = np.where((x < x_px)[..., None], WALL, SKIN).astype(np.float64)
    picture[(np.hypot(x - x_px, y - y_px) < radius_px) & (x < x_px)] = GREEN
    return picture.reshape(size, FINE, size, FINE, 3).mean(axis=(1, 3))


@settings(max_examples=15, deadline=None)
@given(
    x=st.floats(20, 26), y=st.floats(20, 26), radius=st.floats(2.5, 8),
    seed=st.integers(0, 1000),
)  # fmt: skip
def test_a_sticker_between_skin_and_wall_is_placed_within_a_third_of_a_pixel(x, y, radius, seed):
    picture = disc(x, y, radius) + np.random.default_rng(seed).normal(0, 2, (48, 48, 3))
    (blob,) = find(np.clip(picture, 0, 255).astype(np.uint8), STICKERS.bgr)
    seen_centre = np.array([x - 4 * radius / (3 * np.pi), y])  # of a half circle
    assert np.hypot(*(blob.centre_px - seen_centre)) < 0.3
    assert blob.radius_px == pytest.approx(radius, rel=0.2)
    assert blob.area_px2 == pytest.approx(np.pi * radius**2 / 2, rel=0.25)


def test_a_sticker_in_shade_is_the_same_sticker():
    bright, dark = (
        find((disc(24, 24, 5) * light).astype(np.uint8), STICKERS.bgr) for light in (1.0, 0.4)
    )
    assert dark[0].centre_px == pytest.approx(bright[0].centre_px, abs=0.1)


def test_t6_t8_of_rendered_backs_is_usable():
    """Muscles hide the foot of stickers, and the arrangement of half of the backs is unsure."""
    found = errors(backs(16, 700.0, seed=7))
    error, covered = found.measures["spine_t6_t8"]
    assert len(error) >= 6
    assert np.percentile(np.abs(error), 95) <= 2.5
    assert covered.mean() >= 0.9
    assert np.median(found.centres_px["T8"]) <= 1.5
    assert np.median(found.centres_px["C7"]) <= 2.5


def test_half_balls_that_muscles_hide_are_refused_and_the_others_are_right():
    found = errors(backs(16, 700.0, seed=7, size_mm=HALF_BALL_MM), HALF_BALLS)
    hidden = sum(n for why, n in found.refused.items() if why.startswith("markers_found:"))
    error, covered = found.measures["spine_t6_t8"]
    assert hidden >= 8
    assert len(error) >= 2
    assert np.abs(error).max() <= 1.5
    assert covered.all()


@pytest.fixture(scope="module")
def back():
    return next(b for b in backs(10, 700.0, seed=3) if find_spine(b.image, STICKERS, b.view).pose)


def dotted(back, *dots):
    image = back.image.copy()
    for at, radius in dots:
        cv2.circle(image, tuple(int(v) for v in at), radius, GREEN, -1, cv2.LINE_AA)
    return image


def test_a_green_watch_and_a_green_shoe_are_no_vertebrae(back):
    points = back.truth.keypoints[:, :2]
    watch, shoe, cloth = points[[3, 5, 5]] + np.array([(110, 60), (10, 300), (60, 90)])
    image = dotted(back, (watch, 4), (shoe, 4), (cloth, 14))
    before, after = (find_spine(i, STICKERS, back.view).pose for i in (back.image, image))
    np.testing.assert_allclose(after.keypoints, before.keypoints, atol=0.5)


def test_a_second_sticker_beside_t6_is_refused_not_guessed(back):
    t6 = back.truth.keypoints[2, :2]
    t8 = back.truth.keypoints[3, :2]
    image = dotted(back, (t6 + 0.45 * (t8 - t6), 3), (t6 - 0.45 * (t8 - t6), 3))
    found = find_spine(image, STICKERS, back.view)
    assert found.pose is None
    assert found.why


def test_two_lost_stickers_are_refused_with_their_number(back):
    image = back.image.copy()
    stickers = find(image, STICKERS.bgr)
    for at in back.truth.keypoints[[1, 3], :2]:
        one = min(stickers, key=lambda blob: float(np.hypot(*(blob.centre_px - at))))
        x, y = one.centre_px
        cv2.circle(image, (round(x), round(y)), round(one.radius_px) + 2, WALL, -1)
    found = find_spine(image, STICKERS, back.view)
    assert found.pose is None
    assert found.why[0].startswith(("markers_found:", "markers_not_on"))


def test_a_room_full_of_the_stickers_colour_is_refused(back):
    rng = np.random.default_rng(0)
    image = dotted(back, *((rng.uniform(20, 400, 2), 4) for _ in range(40)))
    assert find_spine(image, STICKERS, back.view).why[0].startswith("marker_colour_common:")


class _Sees:
    """An estimator that saw what it is told."""

    models, timings = (), {"find": 1.0}

    def __init__(self, pose: Pose) -> None:
        self.pose = pose

    def estimate(self, frame: Frame) -> list[Pose]:
        return [self.pose]


def test_c7_gives_the_true_craniovertebral_angle(back):
    body = seen(back.view, sigma_px=1.0)
    keypoints = body.keypoints.copy()
    ear = f"{back.view}_ear"
    scale = 700 / (np.nanmax(keypoints[:, 1]) - np.nanmin(keypoints[:, 1])) * 0.93
    keypoints[:, :2] *= scale
    c7 = back.truth.keypoints[1, :2]
    facing = 1 if back.view == "right" else -1
    wanted = c7 + np.array([facing * 45, -45])
    keypoints[:, :2] += wanted - keypoints[body.skeleton.index[ear], :2]
    pose = Pose(body.skeleton, keypoints, body.covariance_px2, 0.9)
    estimator = MarkerEstimator(_Sees(pose), STICKERS)
    (marked,) = estimator.estimate(Frame(back.image, 0, 0))
    assert estimator.why == [()]
    measures = {m.code: m for m in assess(marked, back.view)}
    assert measures["craniovertebral_angle"].value == pytest.approx(45.0, abs=2.0)
    # Muscles hide the foot of the stickers: the interval is wide, and holds the truth.
    t6_t8 = measures["spine_t6_t8"]
    bare = Dress("bare", "bare")
    exact = {m.code: m for m in assess(back.truth, back.view, dress=bare)}["spine_t6_t8"]
    assert t6_t8.quality is not Quality.REFUSED
    assert abs(t6_t8.value - exact.value) <= t6_t8.u95


def test_stickers_of_a_held_view_are_medians_like_every_keypoint(back):
    rng = np.random.default_rng(4)
    body = seen(back.view, sigma_px=1.0)
    keypoints = body.keypoints.copy()
    keypoints[:, :2] *= 700 / (np.nanmax(keypoints[:, 1]) - np.nanmin(keypoints[:, 1])) * 0.93
    ear = keypoints[body.skeleton.index[f"{back.view}_ear"], :2]
    keypoints[:, :2] += back.truth.keypoints[0, :2] + np.array([20.0, -30.0]) - ear
    estimator = MarkerEstimator(
        _Sees(Pose(body.skeleton, keypoints, body.covariance_px2, 0.9)), STICKERS
    )
    poses = []
    for _ in range(5):
        noisy = np.clip(back.image + rng.normal(0, 3, back.image.shape), 0, 255).astype(np.uint8)
        poses += estimator.estimate(Frame(noisy, 0, 0))
    t6_t8 = {m.code: m for m in assess(median_pose(poses).pose, back.view)}["spine_t6_t8"]
    exact = {m.code: m for m in assess(back.truth, back.view, dress=Dress("bare", "bare"))}[
        "spine_t6_t8"
    ]
    assert t6_t8.value == pytest.approx(exact.value, abs=1.5)


def test_from_the_front_there_are_no_stickers_and_the_reason_is_said():
    estimator = MarkerEstimator(_Sees(seen("front", sigma_px=1.0)), STICKERS)
    (marked,) = estimator.estimate(Frame(np.zeros((1920, 1080, 3), np.uint8), 0, 0))
    assert estimator.why == [("view:front",)]
    assert np.isnan(marked.keypoints[marked.skeleton.index["T6"], 0])


@pytest.mark.parametrize(
    "wrong",
    [
        {"colour": "green"},
        {"colour": "#c0c8c0"},
        {"colour": "#40bf33", "vertebrae": ("T6", "C4", "T8", "L4", "S5")},
        {"colour": "#40bf33", "vertebrae": ("C4", "T6", "T8")},
        {"colour": "#40bf33", "height_to_radius": 9.0},
    ],
)
def test_stickers_that_cannot_work_are_refused_with_a_remedy(wrong):
    with pytest.raises(SettingsInvalid) as refusal:
        Stickers(**wrong)
    assert refusal.value.remedy


def test_roughness_is_the_integral_of_the_squared_second_derivative():
    rng = np.random.default_rng(2)
    knots = np.cumsum(rng.uniform(1, 5, 7))
    values = rng.normal(size=7)
    bends = CubicSpline(knots, values, bc_type="natural").derivative(2)
    # Piecewise linear: Simpson's rule on each piece is exact for its square.
    exact = sum(
        (b - a) / 6 * (bends(a) ** 2 + 4 * bends((a + b) / 2) ** 2 + bends(b) ** 2)
        for a, b in pairwise(knots)
    )
    assert values @ roughness(knots) @ values == pytest.approx(exact)


def test_straight_lines_stay_and_precise_points_are_hardly_moved():
    line = np.column_stack([np.linspace(0, 30, 6), np.linspace(0, 200, 6)])
    np.testing.assert_allclose(smoother(line, np.ones(6), 1e6) @ line, line, atol=1e-6)
    bent = line + np.array([[0, 0], [4, 0], [0, 0], [0, 0], [4, 0], [0, 0]])
    np.testing.assert_allclose(smoother(bent, np.full(6, 1e-6), 100.0) @ bent, bent, atol=0.01)


def test_stickers_take_the_place_of_landmarks_of_their_name_and_others_stay():
    """Where a close network serves, poses have all landmarks; stickers name six of them."""
    body = seen("front", sigma_px=1.0)
    wide = convert(replace(body, yaw=Yaw(1.0, 2.0)), joined(body.skeleton, LANDMARKS_38))
    (marked,) = MarkerEstimator(_Sees(wide), STICKERS).estimate(
        Frame(np.zeros((1920, 1080, 3), np.uint8), 0, 0)
    )
    assert marked.skeleton.keypoints == wide.skeleton.keypoints
    assert marked.keypoints[:17] == pytest.approx(body.keypoints, nan_ok=True)
    assert marked.yaw == Yaw(1.0, 2.0)


def test_a_closer_look_is_taken_at_the_body_that_wears_the_stickers():
    body = _Sees(seen("front", sigma_px=1.0))
    frame = Frame(np.zeros((1920, 1080, 3), np.uint8), 0, 0)
    marked = MarkerEstimator(body, STICKERS)
    assert marked.measure([Seen(frame, body.pose)], body.pose) is body.pose
    body.measure = lambda seen, about, **options: (seen, about, options)
    seen_, about, options = marked.measure([Seen(frame, body.pose)], body.pose, budget_s=2.0)
    assert (seen_[0].frame, about, options["budget_s"]) == (frame, body.pose, 2.0)
