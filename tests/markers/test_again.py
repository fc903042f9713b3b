"""Targets looked for once more, by the landmarks that the measuring pass has placed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from simulators.stickered import stickered

from edge.conversion import convert
from edge.estimation.estimator import Seen
from edge.markers.again import joined_marks, marks_of, seen_as, unmarked
from edge.markers.estimator import MarkerEstimator
from edge.markers.expected import stands_off_px
from edge.markers.mark import Mark
from edge.markers.targets import find_targets
from edge.records import Frame, Pose
from edge.skeletons import LANDMARKS_38, joined


class _Measures:
    """An estimator that sees a pose, and measures another one, moved to where it is asked."""

    models, timings = (), {}

    def __init__(self, pose: Pose, measured: Pose) -> None:
        self.pose, self.measured = pose, measured

    def estimate(self, frame: Frame) -> list[Pose]:
        return [convert(self.pose, self.measured.skeleton)]

    def measure(self, seen, about, *, budget_s=None, progress=None) -> Pose:
        self.asked = seen, about, budget_s
        step = about.keypoints[:17] - self.pose.keypoints[:17]
        keypoints = self.measured.keypoints.copy()
        keypoints[:, :2] += np.nanmedian(step[:, :2], axis=0)
        return replace(about, keypoints=keypoints, covariance_px2=self.measured.covariance_px2)


def measured(person):
    """The person as a network measures them that finds each bone."""
    skeleton = joined(person.pose.skeleton, LANDMARKS_38)
    pose = convert(person.pose, skeleton)
    keypoints, covariance = pose.keypoints.copy(), pose.covariance_px2.copy()
    for name, point in person.centres_px.items():
        if name in LANDMARKS_38.index:
            off = stands_off_px(name, person.targets[name], person.view, person.px_per_mm)
            keypoints[skeleton.index[name]] = (*(point - off), 0.9)
            covariance[skeleton.index[name]] = np.eye(2)
    return replace(pose, keypoints=keypoints, covariance_px2=covariance)


def ambiguous():
    """Somebody whose targets may bear two names each, by joints that are off."""
    for seed in range(20):
        person = stickered("right", seed, joints_off=0.03, scatter=0.02)
        found = find_targets(person.image, person.pose, "right", person.targets)
        again = find_targets(person.image, person.pose, "right", person.targets, measured(person))
        if any(why.startswith("sticker_ambiguous") for why in found.why) and not again.why:
            return person, found
    raise AssertionError("nobody is ambiguous by the joints and plain by the landmarks")


def test_a_target_with_two_names_gets_its_own_when_its_landmark_is_measured():
    person, before = ambiguous()
    frame = Frame(person.image, 0, 0, still=True)
    estimator = MarkerEstimator(_Measures(person.pose, measured(person)), None, ("side",))
    (fast,) = estimator.estimate(frame)
    assert estimator.why[0] == before.why
    pose = estimator.measure([Seen(frame, fast)], fast, budget_s=2.0)
    marks = marks_of(pose)
    assert set(marks) == set(person.centres_px)
    assert len(marks_of(fast)) < len(marks)
    for name, mark in marks.items():
        off = stands_off_px(name, person.targets[name], "right", person.px_per_mm)
        assert mark.point_px + off == pytest.approx(person.centres_px[name], abs=1.0)
    assert estimator.why[0] == ()
    seen, about, budget_s = estimator._body.asked
    assert about.placed is None
    assert seen[0].pose.placed is None, "what hands placed is no network's opinion"
    assert budget_s < 2.0


def test_the_marks_of_a_hold_lie_where_the_hold_is():
    """The best frame is one of many, and the person sways."""
    person, _ = ambiguous()
    frame = Frame(person.image, 0, 0, still=True)
    estimator = MarkerEstimator(_Measures(person.pose, measured(person)), None, ("side",))
    (fast,) = estimator.estimate(frame)
    keypoints = fast.keypoints.copy()
    keypoints[:, :2] += (3.0, -2.0)
    frames = np.tile(np.diag([0.3, 0.3]).astype(np.float32), (len(keypoints), 1, 1))
    frames[np.isnan(keypoints[:, 0])] = np.nan
    guide = replace(fast, keypoints=keypoints, frames_px2=frames)
    pose = estimator.measure([Seen(frame, fast)], guide)
    there, here = marks_of(pose), marks_of(estimator.measure([Seen(frame, fast)], fast))
    assert there.keys() == here.keys()
    for name, mark in there.items():
        assert mark.point_px - here[name].point_px == pytest.approx([3.0, -2.0], abs=0.01)
        assert np.isfinite(pose.frames_px2[pose.skeleton.index[name]]).all()


def test_without_its_marks_a_pose_is_the_networks_own():
    person = stickered("front")
    estimator = MarkerEstimator(_Measures(person.pose, measured(person)), None, ("front",))
    (fast,) = estimator.estimate(Frame(person.image, 0, 0, still=True))
    bare = unmarked(fast)
    assert bare.placed is None
    assert np.isnan(bare.keypoints[bare.skeleton.index["left_asis"], 0])
    hip = bare.skeleton.index["left_hip"]
    assert (bare.keypoints[hip] == fast.keypoints[hip]).all()
    assert marks_of(bare) == {}
    assert unmarked(bare) is bare


def mark(x_px, y_px):
    return Mark(np.array([x_px, y_px]), np.eye(2), np.eye(2))


def test_of_one_name_the_holds_place_stays_and_a_contradicted_name_goes():
    hold = {"a": mark(10, 10), "b": mark(50, 10), "c": mark(90, 10), "gone": mark(130, 10)}
    anew = {"a": mark(11, 10), "c": mark(50, 11), "new": mark(200, 10)}
    joined_ = joined_marks(hold, anew, radius_px=5.0)
    assert {name: tuple(one.point_px) for name, one in joined_.items()} == {
        "a": (10, 10),  # both say so: the hold has more frames
        "c": (50, 11),  # b's and c's target: the landmarks say that it is c's
        "gone": (130, 10),  # not found anew, and nobody contradicts
        "new": (200, 10),
    }


def test_a_person_is_moved_to_where_a_frame_shows_them():
    person = stickered("front")
    keypoints = person.pose.keypoints.copy()
    keypoints[:, :2] += (7.0, -3.0)
    keypoints[0, :2] += 80.0  # one joint astray
    frame = Frame(person.image, 0, 0)
    moved, by_px = seen_as(measured(person), Seen(frame, replace(person.pose, keypoints=keypoints)))
    assert by_px == pytest.approx([7.0, -3.0])
    row = moved.skeleton.index["left_asis"]
    assert moved.keypoints[row, :2] == pytest.approx(
        person.centres_px["left_asis"] + (7.0, -3.0), abs=0.01
    )
