"""The protocol: a visit from the first step into the picture to the last step out of it."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from simulators.standing_person import Person, Pinhole, pose_of, scores_seen, seen

from edge.posture.applying import catalogue
from edge.records import Assessment, Frame, ModelIdentity, Pose, Quality
from edge.screening.screening import Screening
from edge.settings import ScreeningSettings
from edge.skeletons import COCO_17

SHARP = np.random.default_rng(0).integers(0, 255, (1920, 1080, 3)).astype(np.uint8)
MODELS = (ModelIdentity("net", "1", "0" * 64),)


class Visit:
    """Feeds a screening frame by frame and keeps what it says."""

    def __init__(self, fps=15.0, **options):
        codes = (f"visit-{i}" for i in itertools.count(1))
        self.screening = Screening(
            ScreeningSettings(**{"repeats": 1, **options.pop("settings", {})}),
            "camera", MODELS, new_session=lambda: next(codes), **options,
        )  # fmt: skip
        self.assessments: list[Assessment] = []
        self.prompts: list[str] = []
        self._rng = np.random.default_rng(1)
        self._fps, self._frame = fps, 0

    def for_seconds(self, seconds: float, people: Callable[[int], list[Pose]]) -> None:
        for i in range(round(seconds * self._fps)):
            poses = [self._jitter(pose) for pose in people(i)]
            frame = Frame(SHARP, self._frame, round(self._frame / self._fps * 1e9))
            self._frame += 1
            if (assessment := self.screening.observe(frame, poses)) is not None:
                self.assessments.append(assessment)
            if self.screening.prompt.code not in self.prompts[-1:]:
                self.prompts.append(self.screening.prompt.code)

    def stand(self, view: str, seconds: float, **options) -> None:
        pose = seen(view, sigma_px=2.0, **options)
        self.for_seconds(seconds, lambda _: [pose])

    def leave(self, seconds: float = 2.0) -> None:
        self.for_seconds(seconds, lambda _: [])

    def _jitter(self, pose: Pose) -> Pose:
        keypoints = pose.keypoints.copy()
        keypoints[:, :2] += self._rng.normal(0.0, 1.0, (17, 2))
        return Pose(pose.skeleton, keypoints, pose.covariance_px2, pose.score)


def test_four_views_make_four_assessments_of_one_session():
    visit = Visit()
    visit.leave(1.0)
    for view in ("front", "right", "back", "left"):
        visit.stand(view, 9.0)
    visit.leave()
    assert [a.view for a in visit.assessments] == ["front", "right", "back", "left"]
    assert {a.session for a in visit.assessments} == {"visit-1"}
    assert visit.prompts[:4] == ["no_person", "settling", "holding", "turn_right"]
    assert "done" in visit.prompts
    assert visit.prompts[-1] == "no_person"
    assert all(a.source == "camera" and a.models == MODELS for a in visit.assessments)


def test_a_side_takes_seven_seconds_and_is_taken_once():
    visit = Visit()
    visit.stand("front", 6.9)
    assert not visit.assessments
    visit.stand("front", 20.0)
    assert len(visit.assessments) == 1
    assert visit.assessments[0].captured_ns == pytest.approx(7e9, abs=0.2e9)
    assert visit.assessments[0].frames_used >= 75


def test_the_median_is_much_surer_than_a_frame():
    visit = Visit()
    visit.stand("front", 9.0, person=Person(shoulder_tilt_deg=3.0))
    tilt = next(m for m in visit.assessments[0].measures if m.code == "shoulder_tilt")
    assert tilt.value == pytest.approx(3.0, abs=0.3)
    assert tilt.n > 20
    assert abs(tilt.value - 3.0) < tilt.u95


def test_who_comes_back_is_a_new_session():
    visit = Visit()
    for _ in range(2):
        visit.stand("front", 9.0)
        visit.leave()
    assert [a.session for a in visit.assessments] == ["visit-1", "visit-2"]


def test_a_moving_person_is_asked_to_stand_still_and_then_not_measured():
    visit = Visit()
    camera, person = Pinhole(), Person()

    def swaying(i):
        return [pose_of(camera.project(person.points_m(), 0.0, 0.05 * np.sin(i / 6.0)), sigma_px=2)]

    visit.for_seconds(25.0, swaying)
    assert "moving" in visit.prompts
    (assessment,) = visit.assessments
    assert assessment.view == "front"
    assert [m.code for m in assessment.measures] == [d.code for d in catalogue(COCO_17, "front")]
    assert {m.why for m in assessment.measures} == {("moving",)}
    assert visit.prompts[-2:] == ["not_measured", "turn_right"]


def test_somebody_walking_through_leaves_no_result():
    visit = Visit()
    camera, person = Pinhole(), Person()
    visit.for_seconds(
        3.0, lambda i: [pose_of(camera.project(person.points_m(), 90.0, -1.0 + i / 22))]
    )
    visit.leave()
    assert not visit.assessments


def test_a_second_person_stops_the_measuring_until_they_leave():
    visit = Visit()
    pose = seen("front", sigma_px=2.0)
    other = seen("front", camera=Pinhole(distance_m=3.3), aside_m=-0.45, sigma_px=2.0)
    visit.for_seconds(8.0, lambda _: [pose, other])
    assert visit.prompts == ["two_people"]
    assert not visit.assessments
    visit.stand("front", 8.0)
    assert len(visit.assessments) == 1


def test_frames_without_the_person_are_counted_and_a_few_are_forgiven():
    visit = Visit()
    pose = seen("front", sigma_px=2.0)
    visit.stand("front", 2.5)
    visit.for_seconds(8.0, lambda i: [pose] if i % 4 else [])
    (assessment,) = visit.assessments
    assert 0.6 <= assessment.frames_used / assessment.frames_seen < 0.85


def test_a_person_hidden_half_of_the_time_is_not_measured():
    visit = Visit()
    pose = seen("front", sigma_px=2.0)
    visit.stand("front", 2.5)
    visit.for_seconds(6.0, lambda i: [pose] if i % 2 else [])
    assert not visit.assessments


def test_a_slow_device_holds_until_it_has_twenty_frames():
    visit = Visit(fps=2.0)
    visit.stand("front", 20.0)
    (assessment,) = visit.assessments
    assert assessment.frames_used == 20


def test_too_slow_a_device_says_so():
    visit = Visit(fps=1.0)
    visit.stand("front", 30.0)
    assert {m.why for m in visit.assessments[0].measures} == {("too_few_frames",)}


def test_a_camera_that_stood_still_for_a_while_starts_over():
    visit = Visit()
    visit.stand("front", 4.0)
    visit._frame += 60  # 4 s without a frame, in the middle of the hold
    visit.stand("front", 4.0)
    assert not visit.assessments
    visit.stand("front", 4.0)
    assert len(visit.assessments) == 1


def still(image, *poses):
    screening = Screening(ScreeningSettings(), "photos", MODELS)
    frame = Frame(image, 0, 0, still=True, name="a.jpg")
    assessment = screening.observe(frame, list(poses))
    assert assessment is not None
    return assessment


def test_a_photograph_is_judged_at_once():
    assessment = still(SHARP, seen("front", sigma_px=1.0))
    assert (assessment.view, assessment.frames_used, assessment.source) == ("front", 1, "a.jpg")
    tilt = next(m for m in assessment.measures if m.code == "shoulder_tilt")
    assert (tilt.quality, tilt.n) == (Quality.LOW, 1.0)
    assert tilt.why[0] == "network_unmeasured"


def test_a_photograph_of_nobody_is_a_refusal_and_not_silence():
    assessment = still(SHARP)
    assert assessment.view == "unknown"
    assert assessment.frames_used == 0
    assert {m.why for m in assessment.measures} == {("no_person",)}


def test_a_poor_photograph_is_measured_with_low_quality():
    assessment = still(SHARP // 12, seen("front", sigma_px=1.0))
    measured = [m for m in assessment.measures if m.value is not None]
    assert measured
    assert all(m.quality is Quality.LOW and "dark" in m.why for m in measured)


def test_another_view_than_asked_is_not_measured_and_the_person_is_told_to_turn():
    visit = Visit()
    visit.stand("front", 9.0)
    visit.stand("left", 9.0)
    assert [a.view for a in visit.assessments] == ["front"]
    assert visit.prompts[-1] == "turn_right"
    visit.stand("right", 9.0)
    assert [a.view for a in visit.assessments] == ["front", "right"]


def test_the_back_that_was_asked_for_is_measured_where_a_network_guesses_a_face():
    """Alone such a picture is of no view; after `turn_back` it is what it was asked to be."""
    visit = Visit()
    for view in ("front", "right"):
        visit.stand(view, 9.0)
    back = seen("back", sigma_px=2.0)
    points = dict(zip(COCO_17.keypoints, back.keypoints[:, :2], strict=True))
    guessed = pose_of(points, scores_seen("front"), sigma_px=2.0)
    visit.for_seconds(9.0, lambda _: [guessed])
    assert [a.view for a in visit.assessments] == ["front", "right", "back"]
    measures = {m.code: m for m in visit.assessments[-1].measures}
    assert measures["shoulder_tilt"].view == "back"
    assert measures["shoulder_tilt"].value == pytest.approx(0.0, abs=0.5)
