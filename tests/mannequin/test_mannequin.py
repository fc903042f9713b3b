"""The mannequin does what it is asked and says exactly where everything is."""

from __future__ import annotations

import math
from dataclasses import replace

import cv2
import numpy as np
import pytest
from posture_tools.mannequin import (
    KEYPOINTS,
    Arm,
    CameraPose,
    Leg,
    Look,
    Person,
    Posture,
    Room,
    random_scene,
    render,
)  # fmt: skip
from posture_tools.mannequin.body import Body, articulate

SMALL = CameraPose(focal_px=260.0, width_px=192, height_px=256)
# So far away and so narrow a lens that parallel lines stay parallel.
FAR = replace(SMALL, distance_m=3e6, focal_px=2.6e8)
TILTED = Posture(
    shoulder_tilt_deg=4.0, pelvis_tilt_deg=-3.0, head_lean_deg=2.5, head_tilt_deg=-1.5,
    head_forward_deg=14.0, head_sagittal_tilt_deg=17.0, trunk_lean_deg=1.5,
    spine_deg=(31.0, 9.0, -14.0, 19.0),
    left_leg=Leg(valgus_deg=5.0), right_leg=Leg(valgus_deg=-4.0),
)  # fmt: skip
FRONTAL = {
    "shoulder_tilt": 4.0, "pelvis_tilt": -3.0, "head_lean": 2.5, "head_tilt_ear": -1.5,
    "trunk_lean": 1.5, "knee_frontal_left": 5.0, "knee_frontal_right": -4.0,
    "shoulder_pelvis_angle": 7.0,
}  # fmt: skip
SAGITTAL = {
    "head_forward_angle": 14.0, "head_sagittal_tilt": 17.0, "spine_alpha_1": 31.0,
    "spine_alpha_2": 9.0, "spine_alpha_3": -14.0, "spine_alpha_4": 19.0,
    "kyphosis_proxy": 45.0, "lordosis_proxy": 33.0,
}  # fmt: skip


def by_hand(camera: CameraPose, world_m: np.ndarray) -> tuple[float, float]:
    """The textbook projection of one point, written apart from the product's."""
    x, y, z = world_m[0], camera.height_m - world_m[1], camera.distance_m - world_m[2]
    pitch, roll = math.radians(camera.pitch_deg), math.radians(camera.roll_deg)
    y, z = y * math.cos(pitch) - z * math.sin(pitch), y * math.sin(pitch) + z * math.cos(pitch)
    x, y = x * math.cos(roll) - y * math.sin(roll), x * math.sin(roll) + y * math.cos(roll)
    u, v = x / z, y / z
    k1, k2, p1, p2, k3 = camera.distortion
    r2 = u * u + v * v
    radial = 1 + r2 * (k1 + r2 * (k2 + r2 * k3))
    bent_u = u * radial + 2 * p1 * u * v + p2 * (r2 + 2 * u * u)
    bent_v = v * radial + p1 * (r2 + 2 * v * v) + 2 * p2 * u * v
    return (
        camera.focal_px * bent_u + (camera.width_px - 1) / 2,
        camera.focal_px * bent_v + (camera.height_px - 1) / 2,
    )


def test_keypoints_lie_where_the_textbook_projection_puts_them() -> None:
    camera = replace(
        SMALL, pitch_deg=4.0, roll_deg=-3.0, height_m=1.2,
        distortion=(-0.12, 0.03, 0.001, -0.002, 0.004),
    )  # fmt: skip
    yaw = math.radians(35.0)
    turn = np.array(
        [[math.cos(yaw), 0, math.sin(yaw)], [0, 1, 0], [-math.sin(yaw), 0, math.cos(yaw)]]
    )
    person = Person(TILTED, yaw_deg=35.0, x_m=0.1, z_m=-0.2)
    truth = render(person, camera=camera).people[0]
    joints = articulate(Body(), TILTED).points
    for name in KEYPOINTS:
        x, y = by_hand(camera, turn @ joints[name] + np.array([0.1, 0, -0.2]))
        keypoint = truth.keypoints[name]
        assert (keypoint.x_px, keypoint.y_px) == pytest.approx((x, y), abs=1e-9)


@pytest.mark.parametrize(("yaw_deg", "roll_sign"), [(0.0, 1.0), (180.0, -1.0)])
def test_frontal_angles_asked_for_are_the_angles_seen(yaw_deg: float, roll_sign: float) -> None:
    seen = render(Person(TILTED, yaw_deg=yaw_deg), camera=FAR).people[0].measures_deg
    assert {name: seen[name] for name in FRONTAL} == pytest.approx(FRONTAL, abs=1e-5)
    # A rolled camera adds its roll to every tilt, and takes it away from behind.
    rolled = render(Person(TILTED, yaw_deg=yaw_deg), camera=replace(FAR, roll_deg=2.0))
    tilt = rolled.people[0].measures_deg["shoulder_tilt"]
    assert tilt == pytest.approx(4.0 + 2.0 * roll_sign, abs=1e-5)


@pytest.mark.parametrize("yaw_deg", [90.0, 270.0])
def test_sagittal_angles_asked_for_are_the_angles_seen(yaw_deg: float) -> None:
    straight = replace(
        TILTED, head_tilt_deg=0.0, head_lean_deg=0.0, trunk_lean_deg=0.0, shoulder_tilt_deg=0.0
    )
    seen = render(Person(straight, yaw_deg=yaw_deg), camera=FAR).people[0].measures_deg
    assert {name: seen[name] for name in SAGITTAL} == pytest.approx(SAGITTAL, abs=1e-5)


def test_lines_square_to_the_axis_keep_their_tilt_under_perspective() -> None:
    measures = render(Person(TILTED), camera=replace(SMALL, roll_deg=1.0)).people[0].measures_deg
    for name in ("shoulder_tilt", "pelvis_tilt", "head_tilt_ear"):
        assert measures[name] == pytest.approx(FRONTAL[name] + 1.0, abs=1e-6)


def test_yaw_and_height_fake_a_tilt_by_the_formula() -> None:
    camera = replace(SMALL, distance_m=3.0)
    truth = render(Person(yaw_deg=10.0), camera=camera).people[0]
    shoulders = articulate(Body(), Posture()).points
    height_m = shoulders["left_shoulder"][1] - camera.height_m
    middle_m = shoulders["neck"][2] * math.cos(math.radians(10))
    false_tilt = math.atan(height_m * math.tan(math.radians(10)) / (3.0 - middle_m))
    # Turned to the left, the right shoulder comes nearer and so, over the lens, looks higher.
    assert truth.measures_deg["shoulder_tilt"] == pytest.approx(math.degrees(false_tilt), abs=1e-3)


def test_joint_angles_are_those_asked_for() -> None:
    posture = Posture(
        left_arm=Arm(elbow_flexion_deg=80.0), right_leg=Leg(hip_flexion_deg=30, knee_flexion_deg=70)
    )
    angles = render(Person(posture), camera=SMALL).people[0].joint_angles_deg
    assert angles["left_elbow"] == pytest.approx(100.0, abs=1e-9)
    assert angles["right_knee"] == pytest.approx(110.0, abs=1e-9)
    assert angles["left_knee"] == pytest.approx(180.0, abs=1e-5)


@pytest.mark.parametrize("posture", [Posture(), TILTED])
def test_both_feet_stand_on_the_floor(posture: Posture) -> None:
    points = articulate(Body(), posture).points
    heights = [
        points[f"{side}_{end}"][1] for side in ("left", "right") for end in ("heel", "big_toe")
    ]
    assert heights == pytest.approx([heights[0]] * 4, abs=2e-3)


@pytest.mark.parametrize("stature_m", [1.5, 1.9])
def test_a_person_is_as_tall_as_asked(stature_m: float) -> None:
    top = articulate(Body(stature_m=stature_m), Posture()).points["head_top"]
    assert top[1] == pytest.approx(stature_m, rel=0.01)


def test_the_face_is_seen_from_the_front_and_not_from_behind() -> None:
    face = ("nose", "left_eye", "right_eye")
    front = render(Person(), camera=SMALL).people[0].keypoints
    back = render(Person(yaw_deg=180.0), camera=SMALL).people[0].keypoints
    assert all(front[name].visible for name in face)
    assert not any(back[name].visible for name in face)
    spine = ("C7", "T6", "T8", "L4")
    assert all(back[name].visible for name in spine)
    assert not any(front[name].visible for name in spine)


@pytest.mark.parametrize(
    ("yaw_deg", "near", "far"), [(90, "right", "left"), (270, "left", "right")]
)
def test_from_the_side_the_near_half_is_seen(yaw_deg: float, near: str, far: str) -> None:
    keypoints = render(Person(yaw_deg=yaw_deg), camera=SMALL).people[0].keypoints
    for joint in ("eye", "ear", "shoulder", "elbow", "knee"):
        assert keypoints[f"{near}_{joint}"].visible
        assert not keypoints[f"{far}_{joint}"].visible


def test_what_lies_outside_the_picture_is_not_visible() -> None:
    close = replace(SMALL, distance_m=1.2)
    keypoints = render(Person(), camera=close).people[0].keypoints
    assert keypoints["nose"].y_px < 0
    assert not keypoints["nose"].visible


def test_a_person_in_front_hides_the_one_behind() -> None:
    alone = render(Person(z_m=-0.8), camera=SMALL).people[0]
    behind = render(Person(z_m=-0.8), Person(z_m=0.2), camera=SMALL).people[0]
    assert alone.keypoints["right_hip"].visible or alone.keypoints["neck"].visible
    assert not any(k.visible for k in (behind.keypoints["neck"], behind.keypoints["right_hip"]))
    assert behind.keypoints["neck"].x_px == alone.keypoints["neck"].x_px


def test_stickers_lie_on_the_spine_points() -> None:
    camera = CameraPose(focal_px=1500.0, width_px=480, height_px=1100)
    look = Look(top="bare", hair="bald", bottom="briefs", markers=(0.0, 1.0, 0.0))
    posture = Posture(head_forward_deg=2.0)
    drawn = render(Person(posture, look=look, yaw_deg=180.0), camera=camera)
    b, g, r = cv2.split(drawn.image.astype(np.float64))
    green = np.clip(g - np.maximum(b, r) - 20, 0, 60)
    spine = drawn.people[0].keypoints
    for name in ("C7", "T6", "T8", "L4"):
        x, y = spine[name].x_px, spine[name].y_px
        left, top = round(x) - 6, round(y) - 6
        patch = green[top : top + 13, left : left + 13]
        rows, columns = np.mgrid[top : top + 13, left : left + 13]
        found = (np.sum(columns * patch) / patch.sum(), np.sum(rows * patch) / patch.sum())
        assert found == pytest.approx((x, y), abs=0.3), name


def test_the_same_scene_is_the_same_picture() -> None:
    first, second = (random_scene(np.random.default_rng(4)).render() for _ in range(2))
    other = random_scene(np.random.default_rng(5)).render()
    assert first.image.tobytes() == second.image.tobytes()
    assert first.people[0].keypoints == second.people[0].keypoints
    assert first.image.tobytes() != other.image.tobytes()


def test_every_random_scene_has_a_person_in_it() -> None:
    rng = np.random.default_rng(11)
    seen = []
    for _ in range(25):
        drawn = random_scene(rng, width_px=96, height_px=128).render()
        assert drawn.image.shape == (128, 96, 3)
        seen.append(drawn.coverage.mean())
        truth = drawn.people[0].array(KEYPOINTS)
        assert np.isfinite(truth).all()
        assert (truth[:, 2] == 2).sum() >= 4
    assert min(seen) > 0.02


@pytest.mark.parametrize(("view", "yaw_deg"), [("front", 0), ("right", 90), ("back", 180)])
def test_a_scene_asked_for_in_a_view_is_near_it(view: str, yaw_deg: float) -> None:
    rng = np.random.default_rng(3)
    yaws = [random_scene(rng, view=view).people[0].yaw_deg for _ in range(40)]
    assert max(abs(yaw - yaw_deg) for yaw in yaws) < 45
    assert np.std(yaws) > 2


def test_an_empty_room_shows_nobody() -> None:
    drawn = render(camera=SMALL, background=Room(clutter=3, seed=2))
    assert not drawn.people
    assert not drawn.coverage.any()


def test_a_photograph_fills_the_picture_behind_the_person() -> None:
    photograph = np.zeros((50, 90, 3), np.uint8)
    photograph[:] = (10, 200, 30)
    drawn = render(Person(), camera=SMALL, background=photograph)
    bare = drawn.coverage == 0
    assert (drawn.image[bare] == (10, 200, 30)).all()
    assert drawn.coverage.max() == pytest.approx(1.0)
