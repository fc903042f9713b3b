"""Scores of a group of people: who is given which detection, tilts, views, ghosts."""

from __future__ import annotations

import math

import numpy as np
import pytest
from posture_tools.evaluate.labelled import Detection, Person
from posture_tools.evaluate.scores import Sight, assign, score, tilt_error

from edge.skeletons import COCO_17

NOBODY: tuple[Person, ...] = ()


def standing(x_px: float = 0.0, view: str = "front", **changes: object) -> Person:
    """Somebody 200 px tall whose shoulders and hips are level."""
    points = np.random.default_rng(5).uniform(0, 60, (17, 2)) * [1, 3]
    for name, xy in {
        "right_shoulder": (10, 50), "left_shoulder": (50, 50),
        "right_hip": (20, 110), "left_hip": (40, 110),
    }.items():  # fmt: skip
        points[COCO_17.index[name]] = xy
    keypoints = np.column_stack([points + np.array([x_px, 0]), np.full(17, 2.0)])
    options = {"keypoints": keypoints, "upright": True} | changes
    return Person(area_px2=9000.0, box_px=(x_px, 0, 60, 180), view=view, **options)  # type: ignore[arg-type]


def found(person: Person, shift_px: float = 0.0, confidence: float = 0.9) -> Detection:
    return Detection(person.keypoints[:, :2] + shift_px, confidence)


def sight(people: tuple[Person, ...], *detections: Detection) -> Sight:
    return Sight(people, detections, assign(people, detections), (10.0,))


def test_each_person_gets_the_nearest_detection_and_no_detection_serves_twice() -> None:
    people = (standing(0), standing(100), standing(300))
    detections = (found(people[1], 2), found(people[0], 2), Detection(np.full((17, 2), 9e3), 0.5))
    assert assign(people, detections) == (1, 0, -1)


def test_crowds_and_unlabelled_people_are_given_nothing() -> None:
    unlabelled = standing(keypoints=np.zeros((17, 3)))
    crowd = standing(crowd=True)
    assert assign((unlabelled, crowd), (found(crowd),)) == (-1, -1)
    assert score([sight((unlabelled, crowd), found(crowd))]).people == 0


def test_a_person_who_was_not_found_counts_as_nothing_right() -> None:
    people = (standing(0), standing(300))
    scores = score([sight(people, found(people[0]))])
    assert scores.people == 2
    assert scores.mean_oks == pytest.approx(0.5)
    assert scores.pck_02 == pytest.approx(0.5)
    assert scores.ar == pytest.approx(0.5)
    assert (scores.shoulder_tilt.n, scores.shoulder_tilt.missed) == (1, 1)


def test_a_view_scores_its_own_people_and_blames_nobody_for_the_others() -> None:
    front, back = standing(0, "front"), standing(300, "back")
    both = [sight((front, back), found(front), found(back, 500))]
    assert score(both).ap < 1
    seen_from_front = score(both, "front")
    assert (seen_from_front.people, seen_from_front.mean_oks) == (1, 1)
    assert score(both, "side").people == 0


def test_detections_where_nobody_is_are_ghosts() -> None:
    person = standing()
    rooms = [sight(NOBODY, found(person), found(person)), sight(NOBODY)]
    assert score(rooms).ghosts == 1
    assert math.isnan(score(rooms).ap)
    assert math.isnan(score([sight((person,), found(person))]).ghosts)


def test_a_tilt_error_has_the_sign_of_the_subjects_right_side() -> None:
    person = standing()
    points = person.keypoints[:, :2].copy()
    points[COCO_17.index["right_shoulder"], 1] -= 40 * math.tan(math.radians(5))
    error = tilt_error(points[None], person.keypoints[None], "shoulder")
    assert error.bias_deg == pytest.approx(5)
    assert error.median_deg == pytest.approx(5)
    assert tilt_error(points[None], person.keypoints[None], "hip").bias_deg == 0


def test_tilt_is_not_asked_of_people_from_the_side_or_not_upright() -> None:
    side = standing().keypoints.copy()
    side[COCO_17.index["left_shoulder"], 0] = 12
    assert tilt_error(side[None, :, :2], side[None], "hip").n == 0
    lying = standing(upright=False)
    assert score([sight((lying,), found(lying))]).hip_tilt.n == 0


def test_time_is_the_median_call() -> None:
    person = standing()
    times = Sight((person,), (found(person),), (0,), (1.0, 2.0, 30.0))
    assert score([times]).ms == 2
