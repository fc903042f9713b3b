"""The gate: each failure has its own code, and each code a prompt that says what to do."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from simulators.standing_person import Person, Pinhole, pose_of, scores_seen, seen

from edge.posture.calibration import LEVEL
from edge.posture.landmarks import Landmarks, near_side
from edge.posture.views import view_of
from edge.records import Frame
from edge.screening.prompts import PROMPTS
from edge.screening.quality import failures
from edge.screening.subject import choose

SHARP = np.random.default_rng(0).integers(0, 255, (1920, 1080, 3)).astype(np.uint8)


def found(*poses, image=SHARP, least_stature_px=500.0):
    subject = choose(list(poses), 1080)
    assert subject is not None
    frame = Frame(image, 0, 0)
    facing = view_of(subject.pose)
    body = Landmarks.of(subject.pose, LEVEL, near_side(subject.pose, facing.view))
    return failures(frame, subject, body, facing, LEVEL, least_stature_px=least_stature_px)


@pytest.mark.parametrize("view", ["front", "right", "back", "left"])
def test_a_person_on_the_marks_passes(view):
    assert found(seen(view, sigma_px=1.0)) == ()


def test_two_people():
    other = seen("front", camera=Pinhole(distance_m=3.4), aside_m=-0.4, sigma_px=1.0)
    assert found(seen("front", sigma_px=1.0), other) == ("two_people",)


def test_a_bystander_far_behind_or_aside_does_not_matter():
    far = seen("front", camera=Pinhole(distance_m=8.0), aside_m=0.3, sigma_px=1.0)
    aside = seen("front", aside_m=1.0, sigma_px=1.0)
    assert found(seen("front", sigma_px=1.0), far, aside) == ()


def test_too_far():
    pose = seen("front", camera=Pinhole(distance_m=5.5), sigma_px=1.0)
    assert "too_far" in found(pose)
    assert "too_far" not in found(pose, least_stature_px=300.0)


@pytest.mark.parametrize("aside_m", [1.2, -1.2])
def test_cut_off_at_the_side(aside_m):
    assert "cut_off" in found(seen("front", aside_m=aside_m, sigma_px=1.0))


def test_cut_off_feet():
    points = Pinhole().project(Person().points_m(), 0.0)
    for ankle in ("left_ankle", "right_ankle"):
        del points[ankle]
    assert "cut_off" in found(pose_of(points, sigma_px=1.0))


def test_turned():
    assert found(seen("front", yaw_deg=15.0, sigma_px=0.3)) == ("turned",)


def test_an_oblique_stance_has_no_view():
    assert found(seen("front", yaw_deg=50.0, sigma_px=1.0)) == ("view_unclear",)


def test_a_tilted_camera():
    assert "camera_tilted" in found(seen("front", camera=Pinhole(roll_deg=5.0), sigma_px=1.0))


def test_a_leaning_person_is_no_tilted_camera():
    leaning = seen("front", Person(trunk_lean_deg=6.0, shoulder_tilt_deg=5.0), sigma_px=1.0)
    assert found(leaning) == ()


def test_a_hidden_joint():
    points = Pinhole().project(Person().points_m(), 0.0)
    scores = scores_seen("front") | {"left_knee": 0.1}
    assert found(pose_of(points, scores, sigma_px=1.0)) == ("hidden",)


def test_bent_knees_from_the_side():
    points = Pinhole().project(Person().points_m(), 90.0)
    points["right_knee"] = points["right_knee"] + [60.0, 0.0]
    assert found(pose_of(points, scores_seen("right"), sigma_px=1.0)) == ("knees_bent",)


def test_one_leg_drawn_up():
    points = Pinhole().project(Person().points_m(), 0.0)
    points["left_ankle"] = points["left_ankle"] - [0.0, 70.0]
    assert "sides_unequal" in found(pose_of(points, sigma_px=1.0))


def test_dark():
    assert found(seen("front", sigma_px=1.0), image=SHARP // 12) == ("dark",)


def test_bright():
    bright = 255 - (255 - SHARP) // 12
    assert found(seen("front", sigma_px=1.0), image=bright) == ("bright",)


def test_blurred():
    coarse = SHARP[::40, ::40]
    blocks = cv2.resize(coarse, (1080, 1920), interpolation=cv2.INTER_NEAREST)
    pose = seen("front", sigma_px=1.0)
    assert found(pose, image=blocks) == ()
    assert found(pose, image=cv2.GaussianBlur(blocks, (0, 0), 8.0)) == ("blurred",)


def test_every_prompt_tells_what_to_do():
    texts = [prompt.text for prompt in PROMPTS.values()]
    assert len(set(texts)) == len(texts)
    assert all(code == prompt.code and prompt.text for code, prompt in PROMPTS.items())
