"""Printed targets: placed, told apart, refused, followed."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from posture_tools.evaluate.drawn_stickers import LIGHTS, Shot, with_targets
from simulators.standing_person import seen
from simulators.stickered import CAMERA, stickered, wall

from edge.errors import SettingsInvalid
from edge.markers.asked import with_markers
from edge.markers.candidates import peaks, scores
from edge.markers.estimator import MarkerEstimator
from edge.markers.expected import Expected, expected, stands_off_px
from edge.markers.fitting import Guess, fit_target
from edge.markers.following import TargetFollower
from edge.markers.looks import are_printed
from edge.markers.protocol import PROTOCOLS, protocol_of
from edge.markers.surroundings import linear
from edge.markers.target import RING_MM
from edge.markers.targets import find_targets, follow_targets
from edge.markers.telling import tell_apart
from edge.posture.assess import assess
from edge.posture.calibration import Calibration
from edge.posture.landmarks import Landmarks
from edge.records import Frame, Pose
from edge.skeletons import COCO_17, Skeleton

VIEWS = ("front", "back", "right", "left")


@pytest.mark.parametrize("light", LIGHTS)
@pytest.mark.parametrize("blur_px", [0.3, 1.5])
def test_targets_are_placed_within_a_quarter_of_a_pixel(light, blur_px):
    off, size = [], []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        radius = rng.uniform(4.2, 8.5)
        at = np.array([40.0, 42.0]) + rng.uniform(-0.5, 0.5, 2)
        shot = Shot(light, blur_px)
        image = with_targets(wall(rng, 80, 80), at[None], radius / RING_MM, shot, rng)
        fit = fit_target(linear(image), np.rint(at), Guess(radius * rng.uniform(0.85, 1.15)))
        off.append(np.hypot(*(fit.centre_px - at)))
        size.append(fit.radius_px / radius)
    assert np.percentile(off, 95) < 0.25
    assert np.median(size) == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("light", LIGHTS)
def test_a_target_is_among_the_few_best_places_of_a_picture(light):
    rng = np.random.default_rng(3)
    at = np.array([[150.0, 120.0], [60.0, 200.0]])
    image = with_targets(wall(rng, 320, 320), at, 0.35, Shot(light, 1.2), rng)
    found = peaks(scores(linear(image)), np.ones((320, 320), bool), 4)
    for target in at:
        assert min(np.hypot(c.x_px - target[0], c.y_px - target[1]) for c in found) < 2.5


@pytest.mark.parametrize("view", VIEWS)
def test_every_target_of_every_protocol_is_found_and_told(view):
    person = stickered(view, joints_off=0.008)
    found = find_targets(person.image, person.pose, view, person.targets)
    assert found.why == ()
    assert found.fits.keys() == person.targets.keys() == person.centres_px.keys()
    for name, fit in found.fits.items():
        assert np.hypot(*(fit.centre_px - person.centres_px[name])) < 0.25, name
    assert 1.0 / found.mm_per_px == pytest.approx(person.px_per_mm, rel=0.03)


@pytest.mark.parametrize("view", VIEWS)
def test_who_wears_none_has_none(view):
    person = stickered(view)
    found = find_targets(person.plain, person.pose, view, person.targets)
    assert (found.fits, found.mm_per_px) == ({}, None)
    assert found.why == (f"stickers_found:0_of_{len(person.targets)}",)


def test_two_patches_that_look_like_targets_are_not_believed():
    person = stickered("front")
    others = tuple(name for name in person.targets if name not in ("left_asis", "right_asis"))
    lonely = stickered("front", without=others)
    found = find_targets(lonely.image, lonely.pose, "front", lonely.targets)
    assert found.fits == {}
    assert found.why[0].startswith("stickers_found:2_of_13")


def test_a_lost_sticker_is_said_and_no_other_takes_its_name():
    person = stickered("front", without=("right_ankle", "sternal_notch"))
    found = find_targets(person.image, person.pose, "front", person.targets)
    assert found.why[0] == "stickers_found:11_of_13"
    assert found.fits.keys() == person.centres_px.keys()


def test_where_legs_are_crossed_by_the_network_the_sides_are_the_persons_own():
    person = stickered("front")
    index, keypoints = person.pose.skeleton.index, person.pose.keypoints.copy()
    for part in ("knee", "ankle"):
        rows = [index[f"left_{part}"], index[f"right_{part}"]]
        keypoints[rows] = keypoints[rows[::-1]]
    crossed = replace(person.pose, keypoints=keypoints)
    found = find_targets(person.image, crossed, "front", person.targets)
    for name in ("left_patella", "right_ankle"):
        assert np.hypot(*(found.fits[name].centre_px - person.centres_px[name])) < 0.25


def test_too_small_a_person_is_refused():
    person = stickered("front")
    small = replace(person.pose, keypoints=person.pose.keypoints * np.array([0.4, 0.4, 1.0], "f4"))
    assert find_targets(person.image, small, "front", person.targets).why == ("too_far",)


def should(points, deviations, ordered=()):
    return Expected(
        tuple(f"m{i}" for i in range(len(points))), np.array(points, float),
        np.stack([np.diag(np.array(deviations, float) ** 2)] * 2), ordered,
    )  # fmt: skip


@settings(max_examples=60)
@given(
    seed=st.integers(0, 100_000), view=st.sampled_from(VIEWS), landmarks=st.integers(1, 3),
    found=st.integers(1, 3),
)  # fmt: skip
@example(seed=704, view="back", landmarks=3, found=3)  # the likeliest way begins as the 97th
def test_a_name_is_given_where_it_is_sure_over_all_assignments(seed, view, landmarks, found):
    rng = np.random.default_rng(seed)
    targets = PROTOCOLS[protocol_of(view)].targets("left" if view == "left" else "right")
    whole = expected(seen(view, camera=CAMERA, sigma_px=1.0), view, targets)
    rows = rng.permutation(len(whole.names))[:landmarks]
    scene = Expected(
        tuple(f"m{i}" for i in range(landmarks)), whole.points_px[rows],
        whole.covariance_px2[:, rows[:, None], rows],
        joints=tuple(whole.joints[row] for row in rows),
    )  # fmt: skip
    joints = sorted({joint for moves in scene.joints for joint in moves})
    moves = np.array([[of.get(joint, 0.0) for joint in joints] for of in scene.joints])
    count = len(joints)
    astray = [set(a) for n in range(count + 1) for a in itertools.combinations(range(count), n)]
    points = scene.points_px
    off = np.stack(
        [np.linalg.cholesky(c) @ rng.normal(size=landmarks) for c in scene.covariance_px2], axis=1
    )
    seen_at = np.vstack([points + 1.5 * off, points[:1] + rng.normal(0, 60, (2, 2))])
    candidates = seen_at[rng.permutation(len(seen_at))[:found]]
    told = tell_apart(candidates, scene, 700.0)

    def cost(chosen, off):
        """Minus twice the log likelihood, by the densities themselves."""
        held = [i for i, k in enumerate(chosen) if k >= 0]
        value = -2 * (landmarks - len(held)) * np.log(0.05 / 0.95)
        value -= 2 * (len(candidates) - len(held)) * np.log(0.0002)
        value -= 2 * len(off) * np.log(0.03 / 0.97)
        together = (0.10 * moves[:, list(off)]) @ (moves[:, list(off)].T * 0.10)
        for axis in (0, 1):
            away = (candidates[[chosen[i] for i in held], axis] - points[held, axis]) / 700.0
            sub = scene.covariance_px2[axis][np.ix_(held, held)] / 700.0**2
            sub = sub + together[np.ix_(held, held)]
            if held:
                value += away @ np.linalg.solve(sub, away) + np.log(np.linalg.det(2 * np.pi * sub))
        return value

    every = [
        chosen
        for chosen in itertools.product(range(-1, len(candidates)), repeat=landmarks)
        if len({k for k in chosen if k >= 0}) == sum(k >= 0 for k in chosen)
    ]
    ways = [(chosen, off) for chosen in every for off in astray]
    costs = np.array([cost(*way) for way in ways])
    share = np.exp(-0.5 * (costs - costs.min()))
    best = ways[int(costs.argmin())][0]
    for i, k in enumerate(best):
        sure = share[[chosen[i] == k for chosen, _ in ways]].sum() / share.sum()
        if k >= 0 and abs(sure - 0.98) > 0.005:
            assert (told.candidates.get(f"m{i}") == k) == (sure > 0.98)
            assert (f"m{i}" in told.ambiguous) == (sure < 0.98)


def test_a_target_between_two_landmarks_is_refused_not_guessed():
    told = tell_apart(np.array([[100.0, 130.0]]), should([(100, 100), (100, 160)], (20, 20)), 700.0)
    assert told.candidates == {}
    assert len(told.ambiguous) == 1


@pytest.mark.parametrize("aside", [0.0, 0.16])
def test_a_joint_that_is_astray_takes_none_of_its_stickers_for_anothers(aside):
    """The network has a knee where the shin's bump is: both targets keep their names, or none."""
    person = stickered("front", scatter=0.002)
    keypoints = person.pose.keypoints.copy()
    stature = person.px_per_mm * 1700.0
    keypoints[person.pose.skeleton.index["left_knee"], :2] += (aside * stature, 0.04 * stature)
    keypoints[person.pose.skeleton.index["right_knee"], 1] += 0.12 * stature
    astray = replace(person.pose, keypoints=keypoints)
    found = find_targets(person.image, astray, "front", person.targets)
    assert len(found.fits) >= 11
    for name, fit in found.fits.items():
        assert fit.centre_px == pytest.approx(person.centres_px[name], abs=0.5), name


def test_sides_tell_apart_what_distance_does_not():
    scene = should([(100, 100), (112, 100)], (20, 20), ordered=((0, 1),))
    told = tell_apart(np.array([[118.0, 104.0], [97.0, 98.0]]), scene, 700.0)
    assert told.candidates == {"m0": 1, "m1": 0}


def with_asis(x_px: float, y_px: float) -> Pose:
    body = seen("front", camera=CAMERA, sigma_px=1.0)
    with_skin = Skeleton("S", (*COCO_17.keypoints, "left_asis"), COCO_17.limbs)
    point = np.array([[x_px, y_px, 0.9]], np.float32)
    return Pose(
        with_skin, np.vstack([body.keypoints, point]),
        np.concatenate([body.covariance_px2, body.covariance_px2[:1]]), 0.9,
    )  # fmt: skip


def test_a_landmark_that_the_network_places_is_weighed_against_its_joints():
    body = seen("front", camera=CAMERA, sigma_px=1.0)
    targets = PROTOCOLS["front"].targets("right")
    by_joints = expected(body, "front", targets)
    row = by_joints.names.index("left_asis")
    at, sd = by_joints.points_px[row], by_joints.deviations_px[row]
    beside = at + 1.2 * sd
    both = expected(body, "front", targets, with_asis(*beside))
    # The mean of two opinions, each weighed by one over its variance: by hand, of one landmark.
    network = 0.015 * Landmarks.of(body).stature_px
    weight = sd**2 / (sd**2 + network**2)
    assert both.points_px[row] == pytest.approx(at + weight * (beside - at), abs=0.01)
    assert both.deviations_px[row] == pytest.approx(network * np.sqrt(weight), rel=1e-4)
    # What comes from the same joint moves along, and is surer too.
    right = by_joints.names.index("left_patella")
    far = by_joints.names.index("left_ankle")
    assert (both.deviations_px[right] <= by_joints.deviations_px[right]).all()
    assert both.points_px[far] == pytest.approx(by_joints.points_px[far])
    as_one = expected(with_asis(*beside), "front", targets)
    assert as_one.points_px == pytest.approx(both.points_px)


def test_a_landmark_that_contradicts_anatomy_is_not_believed():
    body = seen("front", camera=CAMERA, sigma_px=1.0)
    targets = PROTOCOLS["front"].targets("right")
    by_joints = expected(body, "front", targets)
    at = by_joints.points_px[by_joints.names.index("left_asis")]
    astray = expected(body, "front", targets, with_asis(at[0] + 150.0, at[1]))
    assert astray.points_px == pytest.approx(by_joints.points_px)


def test_a_standing_target_is_taken_back_to_the_skin():
    person = stickered("right")
    found = find_targets(person.image, person.pose, "right", person.targets)
    off = found.fits["C7"].centre_px - found.points_px["C7"]
    # 13 mm back and up by 30 deg: in a right view back is to the left.
    assert off * found.mm_per_px == pytest.approx([-13 * np.cos(np.pi / 6), -6.5], abs=0.01)
    flat = person.targets["right_trochanter"]
    assert (stands_off_px("right_trochanter", flat, "right", 0.4) == 0.0).all()


def test_targets_are_followed_as_the_person_sways_and_lost_when_they_are_gone():
    person = stickered("front")
    first = find_targets(person.image, person.pose, "front", person.targets)
    moved = np.roll(person.image, (1, 2), axis=(0, 1))
    after = follow_targets(moved, first, "front", person.targets)
    assert after.fits.keys() == first.fits.keys()
    for name, fit in after.fits.items():
        assert fit.centre_px - first.fits[name].centre_px == pytest.approx([2.0, 1.0], abs=0.15)
    assert follow_targets(person.plain, first, "front", person.targets) is None


def test_in_a_live_picture_targets_are_looked_for_twice_a_second_at_most():
    person, follower = stickered("front"), TargetFollower()

    def at(ms, image):
        frame = Frame(image, 0, ms * 1_000_000)
        follower.begin(frame)
        return follower.find(frame, person.pose, "front", person.targets)

    assert at(0, person.plain).fits == {}
    assert at(100, person.image).why == ("stickers_not_followed",)
    assert len(at(600, person.image).fits) == 13
    assert len(at(700, person.image).fits) == 13  # followed
    assert at(800, person.plain).why == ("stickers_not_followed",)


class _Sees:
    """An estimator that saw what it is told."""

    models, timings = (), {"find": 1.0}

    def __init__(self, *poses: Pose) -> None:
        self.poses = poses

    def estimate(self, frame: Frame) -> list[Pose]:
        return list(self.poses)


def marked(person, protocols, image=None):
    estimator = MarkerEstimator(_Sees(person.pose), None, protocols)
    (pose,) = estimator.estimate(Frame(person.image if image is None else image, 0, 0, still=True))
    return pose, estimator.why[0]


def test_a_stickers_point_replaces_the_networks_and_says_how_hands_place_it():
    person = stickered("front")
    pose, why = marked(person, ("front",))
    assert why == ()
    ankle, hip = (pose.skeleton.index[name] for name in ("left_ankle", "left_hip"))
    assert pose.keypoints[ankle, :2] == pytest.approx(person.centres_px["left_ankle"], abs=0.25)
    assert (pose.keypoints[hip] == person.pose.keypoints[hip]).all()
    # 5.9 mm along each axis, where nobody measured otherwise; hips are the network's.
    assert np.sqrt(pose.placed.placing_px2[ankle]) == pytest.approx(
        np.eye(2) * 5.9 * person.px_per_mm, rel=0.03, abs=1e-6
    )
    assert (pose.placed.placing_px2[hip] == 0).all()


@pytest.mark.parametrize(
    ("view", "codes"),
    [
        ("front", {"shoulder_tilt": "1-acromion", "pelvis_tilt": "1-asis", "q_angle_left": "1",
                   "head_tilt_ear": "1-tragus", "knee_frontal_right": "1-asis-patella"}),
        ("back", {"shoulder_tilt": "1-acromion", "pelvis_tilt": "1-psis", "scapular_tilt": "1",
                  "spine_line_deviation": "1", "calcaneal_angle_left": "1"}),
        ("right", {"craniovertebral_angle": "1-tragus", "pelvic_anterior_tilt": "1",
                   "knee_sagittal": "1-skin", "trunk_inclination": "1-skin"}),
    ],
)  # fmt: skip
def test_measures_are_made_of_the_stickers_and_say_so(view, codes):
    pose, _ = marked(stickered(view), ("front", "side", "back"))
    measures = {m.code: m for m in assess(pose, view)}
    assert {code: measures[code].definition for code in codes} == codes
    assert all(measures[code].value is not None for code in codes)


def test_a_lost_sticker_leaves_its_measure_to_the_network_under_that_definition():
    pose, _ = marked(stickered("front", without=("left_acromion",)), ("front",))
    measures = {m.code: m for m in assess(pose, "front")}
    assert measures["shoulder_tilt"].definition == "1"
    assert measures["pelvis_tilt"].definition == "1-asis"
    assert measures["q_angle_left"].value is not None


def test_lengths_are_in_mm_by_the_printed_size_unless_a_board_says_otherwise():
    pose, _ = marked(stickered("back"), ("back",))
    by_size = {m.code: m for m in assess(pose, "back")}["spine_line_deviation"]
    by_board = {m.code: m for m in assess(pose, "back", Calibration(mm_per_px=5.0))}
    assert by_size.unit == by_board["spine_line_deviation"].unit == "mm"
    factor = by_board["spine_line_deviation"].value / by_size.value
    assert factor == pytest.approx(5.0 / pose.placed.mm_per_px, rel=1e-3)


def test_everybody_has_one_skeleton_whether_or_not_stickers_were_seen():
    person = stickered("front")
    with_them, _ = marked(person, ("front", "side"))
    without, why = marked(person, ("front", "side"), person.plain)
    assert with_them.skeleton is without.skeleton
    assert without.placed is None
    assert why == ("stickers_found:0_of_13",)
    other, why = marked(stickered("back"), ("front", "side"))
    assert why == ("view:back",)
    assert other.skeleton is with_them.skeleton


@pytest.mark.parametrize("asked", [["top"], ["front", "green"], ["#40bf33", "#0000ff"]])
def test_markers_that_do_not_exist_are_refused_with_those_that_do(asked):
    with pytest.raises(SettingsInvalid) as refusal:
        with_markers(_Sees(), asked)
    assert refusal.value.remedy


def test_protocols_are_such_as_people_bear():
    for protocol in PROTOCOLS.values():
        assert 8 <= len(protocol.targets("right")) <= 13
        assert len(protocol.targets("left")) == len(protocol.targets("right"))


def pattern(shades):
    """Targets whose disc is so much of the way from the ring to its ink."""
    person = stickered("front")
    found = find_targets(person.image, person.pose, "front", person.targets)
    fit = next(iter(found.fits.values()))
    return [replace(fit, disc=fit.ring + shade * (fit.disc - fit.ring)) for shade in shades]


def test_folds_of_green_clothes_are_no_prints_however_many_lie_at_landmarks():
    plain, pale = pattern([1.0] * 5), pattern([0.35] * 5)
    assert are_printed(plain, believed=5)
    assert not are_printed(pale, believed=5)
    # Two of five in the shade do not take the others' names.
    assert are_printed([*plain[:3], *pale[:2]], believed=5)
    # Most of what passes for a target lies where no landmark is: a print on a dress.
    assert are_printed(plain, believed=10)
    assert not are_printed(plain, believed=11)
    assert not are_printed([], believed=0)


def test_holes_in_foliage_are_no_prints():
    """Dark in the middle and green around, as surely as a target is, but nothing in them is red."""
    holes = [replace(fit, disc=0.1 * fit.ring) for fit in pattern([1.0] * 4)]
    assert not are_printed(holes, believed=4)
