"""Holds and photographs looked at closely: which frames, what is said meanwhile, what is kept."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest
from simulators.standing_person import Person, seen
from simulators.visitor import SHARP, Visitor

from edge.estimation.estimator import Seen
from edge.records import Frame, Pose, Yaw
from edge.screening.best_frames import BestFrames

STATURE_PX = 740.0


class Closer:
    """Sees a shoulder 12 px higher than the fast pass does; remembers what it was shown.

    takes_s : so long the camera goes on meanwhile, and nobody looks.
    """

    def __init__(self, visitor: Visitor, takes_s: float = 0.0) -> None:
        self._visitor, self._takes_s = visitor, takes_s
        self.shown: list[list[int]] = []
        self.images: list[weakref.ref] = []
        self.budgets: list[float | None] = []
        self.prompts: list[str] = []

    def measure(self, seen, about, *, budget_s=None, progress=lambda _done, _all: None):
        self.shown.append([each.frame.frame_id for each in seen])
        self.images += [weakref.ref(each.frame.image) for each in seen]
        self.budgets.append(budget_s)
        self.prompts.append(self._visitor.screening.prompt.code)
        self._visitor.pass_s(self._takes_s)
        progress(1, 2)
        keypoints = about.keypoints.copy()
        keypoints[about.skeleton.index["right_shoulder"], 1] -= 12.0
        return replace(about, keypoints=keypoints)


def visitor(takes_s: float = 0.0, **options) -> tuple[Visitor, Closer]:
    there = Visitor(**options)
    closer = Closer(there, takes_s)
    there.screening._measurer = closer
    return there, closer


def tilt(there: Visitor) -> float:
    (assessment,) = there.assessments
    return next(m.value for m in assessment.measures if m.code == "shoulder_tilt")


def test_a_hold_is_measured_on_its_best_frames():
    (plain, _), (there, closer) = (visitor(settings={"repeats": 1}) for _ in range(2))
    plain.screening._measurer = None
    for each in (plain, there):
        each.stand("front", 9.0)
    assert len(closer.shown) == 1
    assert 1 <= len(closer.shown[0]) <= 3
    assert closer.budgets == [2.0]
    assert tilt(there) - tilt(plain) == pytest.approx(np.degrees(np.arctan(12 / 147)), abs=1.0)


def test_the_person_is_told_to_wait_and_work_is_told_as_it_is_done():
    told: list[tuple[int, int]] = []
    there, closer = visitor(progress=lambda *done: told.append(done), settings={"repeats": 1})
    there.stand("front", 9.0)
    assert closer.prompts == ["measuring"]
    assert told == [(1, 2)]
    assert there.prompts[-1] == "turn_right"


def test_a_whole_visit_is_one_session_although_measuring_takes_longer_than_a_person_may_be_gone():
    there, closer = visitor(takes_s=2.5)
    there.follow()
    assert [a.view for a in there.assessments] == ["front", "right", "back", "left"]
    assert {a.session for a in there.assessments} == {"visit-1"}
    assert len(closer.shown) == 4 * 3


def test_no_picture_is_kept_once_a_hold_is_measured():
    there, closer = visitor(settings={"repeats": 1})
    for i in range(100):
        there.image = np.roll(SHARP, i, axis=1)
        there.show(seen("front", there.person, sigma_px=2.0))
        if closer.shown and i % 10 == 0:
            break
    there.image = SHARP
    there.show(seen("front", there.person, sigma_px=2.0))
    gc.collect()
    assert closer.images
    assert all(image() is None for image in closer.images)


def test_no_picture_is_kept_of_a_hold_that_is_broken_off():
    there, closer = visitor(settings={"repeats": 1})
    images = []
    for i in range(45):
        there.image = np.roll(SHARP, i, axis=1)
        images.append(weakref.ref(there.image))
        there.show(seen("front", there.person, sigma_px=2.0))
    there.image = SHARP
    gc.collect()
    assert 1 <= sum(image() is not None for image in images) <= 3  # of the hold that goes on
    there.leave()
    gc.collect()
    assert not closer.shown
    assert all(image() is None for image in images)


def test_a_photograph_is_measured_without_haste():
    there, closer = visitor()
    pose = seen("front", Person(), sigma_px=2.0)
    assessment = there.screening.observe(Frame(SHARP, 7, 0, still=True), [pose])
    assert closer.shown == [[7]]
    assert closer.budgets == [None]
    value = next(m.value for m in assessment.measures if m.code == "shoulder_tilt")
    assert value == pytest.approx(np.degrees(np.arctan(12 / 147)), abs=1.0)


def kept(*offers: tuple[Pose, float], usual: Pose | None = None) -> list[int]:
    """Which of the frames are kept, best first, when most frames showed the usual pose."""
    best = BestFrames("front")
    many = [usual or seen("front")] * 20
    image = np.zeros((8, 8, 3), np.uint8)
    for i, (pose, sharpness) in enumerate(offers):
        best.offer(Frame(image, i, i), pose, sharpness, [*many, pose], STATURE_PX)
    return [each.frame.frame_id for each in best.take()]


def moved(pixels: float) -> Pose:
    pose = seen("front")
    keypoints = pose.keypoints.copy()
    keypoints[:, 0] += pixels
    return replace(pose, keypoints=keypoints)


def turned(yaw_deg: float) -> Pose:
    return replace(seen("front"), yaw=Yaw(yaw_deg, 2.0))


def test_the_best_frames_are_those_where_the_body_was_as_mostly():
    assert kept(*((moved(px), 1.0) for px in (3.0, 0.5, 20.0, 1.0, 2.0))) == [1, 3, 4]


def test_the_best_frames_are_sharp():
    assert kept(*((moved(0.0), s) for s in (0.8, 1.0, 0.2, 0.9, 0.85))) == [1, 3, 4]


def test_the_best_frames_are_square_to_the_camera():
    assert kept(*((turned(deg), 1.0) for deg in (6.0, -1.0, 12.0, 4.0, -3.0))) == [1, 4, 3]


def test_frames_much_worse_than_the_best_are_not_kept():
    assert kept(*((moved(px), 1.0) for px in (30.0, 0.0, 60.0))) == [1]


def test_taking_the_best_frames_leaves_none():
    best = BestFrames("front")
    best.offer(Frame(np.zeros((8, 8, 3), np.uint8), 1, 1), seen("front"), 1.0, [seen("front")], 700)
    assert [type(each) for each in best.take()] == [Seen]
    assert best.take() == []
