"""The mannequin does what it is asked and says exactly where everything is."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import pytest
from posture_tools.bodies.body import Body
from posture_tools.bodies.camera import Camera
from posture_tools.bodies.dress import Dressed
from posture_tools.bodies.fabric import Palette
from posture_tools.bodies.measures import inclination, measured
from posture_tools.bodies.points import INDEX, NAMES
from posture_tools.bodies.shade import SAMPLES, shade
from posture_tools.mannequin import (
    PEOPLE,
    YAW_DEG,
    CameraPose,
    Outfit,
    Person,
    Room,
    everyday,
    random_light,
    render,
    standing,
    stature_m,
    view_of,
)
from posture_tools.mannequin.outfit import _dresser
from posture_tools.mannequin.room import DAYLIGHT
from posture_tools.mannequin.standing import bent, bodies

SMALL = CameraPose(focal_px=260.0, width_px=192, height_px=256)
# So far away and so narrow a lens that parallel lines stay parallel.
FAR = replace(SMALL, distance_m=3e6, focal_px=2.6e8)
TILTED = {
    "shoulder_tilt": 4.0, "pelvic_obliquity": -3.0, "head_lean": 2.5, "head_tilt_ear": -1.5,
    "trunk_lean": 1.5, "knee_frontal_left": 5.0, "knee_frontal_right": -4.0,
    "head_forward_angle": 14.0, "head_sagittal_tilt": 17.0, "trunk_inclination": 3.0,
}  # fmt: skip
# What a picture from far away is then read to show.
FRONTAL = {
    "shoulder_tilt": 4.0, "pelvis_tilt": -3.0, "head_lean": 2.5, "head_tilt_ear": -1.5,
    "trunk_lean": 1.5, "knee_frontal_left": 5.0, "knee_frontal_right": -4.0,
    "shoulder_pelvis_angle": 7.0,
}  # fmt: skip
SPINE = ("C4", "C7", "T6", "T8", "L4", "S5")


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
    person = Person("woman", TILTED, yaw_deg=35.0, x_m=0.1, z_m=-0.2)
    truth = render(person, camera=camera).people[0]
    c, s = math.cos(math.radians(35.0)), math.sin(math.radians(35.0))
    for name, (left, behind, up) in zip(
        NAMES, standing("woman", TILTED).points_m.tolist(), strict=True
    ):
        # Turned by 35 deg the left side comes nearer to the camera.
        world = np.array([left * c + behind * s + 0.1, up, left * s - behind * c - 0.2])
        keypoint = truth.keypoints[name]
        assert (keypoint.x_px, keypoint.y_px) == pytest.approx(by_hand(camera, world), abs=1e-9)


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize(("view", "roll_sign"), [("front", 1.0), ("back", -1.0)])
def test_frontal_angles_asked_for_are_the_angles_seen(who, view, roll_sign) -> None:
    person = Person(who, TILTED, yaw_deg=YAW_DEG[view])
    seen = render(person, camera=FAR).people[0].measures_deg
    assert {name: seen[name] for name in FRONTAL} == pytest.approx(FRONTAL, abs=0.5)
    # A rolled camera adds its roll to every tilt, and takes it away from behind.
    rolled = render(person, camera=replace(FAR, roll_deg=2.0)).people[0].measures_deg
    tilt = rolled["shoulder_tilt"] - seen["shoulder_tilt"]
    assert tilt == pytest.approx(2.0 * roll_sign, abs=1e-5)


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("view", ["right", "left"])
def test_sagittal_angles_asked_for_are_the_angles_seen(who, view) -> None:
    asked = {"head_forward_angle": 14.0, "head_sagittal_tilt": 17.0, "trunk_inclination": 3.0}
    seen = render(Person(who, asked, yaw_deg=YAW_DEG[view]), camera=FAR).people[0].measures_deg
    assert {name: seen[name] for name in asked} == pytest.approx(asked, abs=0.5)
    points = standing(who, asked).points_m
    chain = ("C4", "T6", "T8", "L4", "S5")
    for i, (upper, lower) in enumerate(pairwise(chain), start=1):
        back = float(inclination(lower, upper)(points))
        assert seen[f"spine_alpha_{i}"] == pytest.approx(back, abs=1e-5)


def test_a_roll_turns_every_line_under_perspective_too() -> None:
    level, rolled = (
        render(Person(), camera=replace(SMALL, roll_deg=roll)).people[0].measures_deg
        for roll in (0.0, 1.0)
    )
    for name in ("shoulder_tilt", "pelvis_tilt", "head_tilt_ear"):
        assert rolled[name] - level[name] == pytest.approx(1.0, abs=1e-6)


def test_yaw_and_height_fake_a_tilt_by_the_formula() -> None:
    camera = replace(SMALL, distance_m=3.0)
    truth = render(Person(yaw_deg=-10.0), camera=camera).people[0]
    left, right = (
        standing("man", {}).points_m[INDEX[f"{side}_shoulder"]] for side in ("left", "right")
    )
    height_m = left[2] - camera.height_m
    middle_m = -(left[1] + right[1]) / 2 * math.cos(math.radians(10))
    false_tilt = math.atan(height_m * math.tan(math.radians(10)) / (3.0 - middle_m))
    # Turned to the left, the right shoulder comes nearer and so, over the lens, looks higher.
    assert truth.measures_deg["shoulder_tilt"] == pytest.approx(math.degrees(false_tilt), abs=1e-2)


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("asked", [{}, TILTED])
def test_both_feet_stand_on_the_floor(who, asked) -> None:
    body = standing(who, asked)
    skin = body.vertices_m[bodies().mesh.skin]
    assert skin[:, 2].min() == pytest.approx(0.0, abs=6e-3)
    points = body.points_m
    heels = [points[INDEX[f"{side}_heel"], 2] for side in ("left", "right")]
    assert heels[0] == pytest.approx(heels[1], abs=5e-3)


def test_a_bent_body_stands_on_the_lower_foot() -> None:
    _, _, points = bent(standing("man", {}), {"upperleg01.L": (-0.6, 0.0, 0.0)})
    left, right = (points[INDEX[f"{side}_heel"], 2] for side in ("left", "right"))
    assert left > right + 0.05
    assert right == pytest.approx(standing("man", {}).points_m[INDEX["right_heel"], 2], abs=2e-3)


def test_the_people_are_a_man_a_woman_and_a_child() -> None:
    man, woman, child = (stature_m(who) for who in PEOPLE)
    assert 1.5 > child > 1.3
    assert 2.0 > man > woman > 1.6


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
    ("yaw_deg", "near", "far"), [(270, "right", "left"), (90, "left", "right")]
)
def test_from_the_side_the_near_half_is_seen(yaw_deg: float, near: str, far: str) -> None:
    assert view_of(yaw_deg) == near
    keypoints = render(Person(yaw_deg=yaw_deg), camera=SMALL).people[0].keypoints
    for joint in ("ear", "shoulder", "elbow", "trochanter"):
        assert keypoints[f"{near}_{joint}"].visible
        assert not keypoints[f"{far}_{joint}"].visible


def test_what_lies_outside_the_picture_is_not_visible() -> None:
    close = replace(SMALL, distance_m=1.2)
    truth = render(Person(), camera=close).people[0]
    assert truth.keypoints["nose"].y_px < 0
    assert not truth.keypoints["nose"].visible
    assert truth.box_px[1] < truth.keypoints["nose"].y_px


def test_somebody_beside_the_picture_leaves_it_as_it_is() -> None:
    empty = render(camera=SMALL)
    assert np.array_equal(render(Person(x_m=9.0), camera=SMALL).image, empty.image)


def test_a_person_in_front_hides_the_one_behind() -> None:
    alone = render(Person(z_m=-0.8), camera=SMALL).people[0]
    both = render(Person(z_m=-0.8), Person(z_m=0.2, outfit=Outfit(4)), camera=SMALL)
    behind = both.people[0]
    hips = ("left_hip", "right_hip", "sternal_notch")
    assert all(alone.keypoints[name].visible for name in hips)
    assert not any(behind.keypoints[name].visible for name in hips)
    assert behind.keypoints["left_hip"].x_px == alone.keypoints["left_hip"].x_px
    turned_round = render(Person(z_m=0.2, outfit=Outfit(4)), Person(z_m=-0.8), camera=SMALL)
    apart = cv2.absdiff(both.image, turned_round.image)
    assert apart.max() <= 2, "whoever is named first"


@pytest.mark.parametrize("who", PEOPLE)
def test_stickers_stand_on_the_spine_points(who) -> None:
    """Seen from behind the middle of a half ball is where it sits, but for its height."""
    camera = CameraPose(focal_px=1300.0, width_px=480, height_px=1100, distance_m=3.0)
    camera = replace(camera, height_m=0.75 * stature_m(who))
    outfit = Outfit(2, SPINE, (0.0, 255.0, 0.0))
    drawn = render(Person(who, outfit=outfit, yaw_deg=180.0), camera=camera)
    b, g, r = cv2.split(drawn.image.astype(np.float64))
    green = np.clip(g - np.maximum(b, r) - 20, 0, 60)
    (truth,) = drawn.people
    assert tuple(truth.stickers_px) == SPINE
    for name in ("C7", "T6", "T8", "L4"):
        x, y = truth.stickers_px[name]
        landmark = truth.keypoints[name]
        assert (landmark.x_px, landmark.y_px) == pytest.approx((x, y), abs=3.0), "over cloth"
        left, top = round(x) - 9, round(y) - 9
        patch = green[top : top + 19, left : left + 19]
        rows, columns = np.mgrid[top : top + 19, left : left + 19]
        found = (np.sum(columns * patch) / patch.sum(), np.sum(rows * patch) / patch.sum())
        assert found == pytest.approx((x, y), abs=1.5), name


def test_the_same_people_are_the_same_picture() -> None:
    first, second = (render(Person("child", TILTED, Outfit(4)), camera=SMALL) for _ in range(2))
    other = render(Person("child", TILTED, Outfit(5)), camera=SMALL)
    assert first.image.tobytes() == second.image.tobytes()
    assert first.people[0].keypoints == second.people[0].keypoints
    assert first.image.tobytes() != other.image.tobytes()
    assert np.array_equal(other.people[0].points_m, first.people[0].points_m)


def test_clothes_follow_the_pose_and_keep_their_colours() -> None:
    """A bent knee moves the leg in the picture, and hardly a shade above the hips."""
    straight = render(Person(), camera=SMALL)
    raised = render(Person(bent={"lowerleg01.L": (0.8, 0.0, 0.0)}), camera=SMALL)
    hips = round(straight.people[0].keypoints["left_hip"].y_px)
    apart = cv2.absdiff(straight.image, raised.image).astype(float)
    assert apart[: hips - 20].mean() < 0.05
    assert apart[hips + 20 :].mean() > 0.5


def belly_shows(body: Body, dressed: Dressed) -> bool:
    """Whether somewhere on the front of the trunk no cloth lies before the skin."""
    camera = Camera(0.0, 3.0, 1.0, 500.0, (400, 300))
    figure = shade(dressed.parts, camera, DAYLIGHT)
    bare = shade(dressed.parts[:1], camera, DAYLIGHT)
    navel = (body.points_m[INDEX["left_hip"]] + body.points_m[INDEX["right_hip"]]) / 2
    chest = body.points_m[INDEX["sternal_notch"]] * 0.3 + navel * 0.7
    for place in np.linspace(navel, chest, 12):
        (x, y), _ = (part[0] for part in camera.project(place[None] * [0.0, 1.0, 1.0]))
        row, column = (round((each + 0.5) * SAMPLES - 0.5) for each in (y, x))
        if figure.nearness[row, column] <= bare.nearness[row, column]:
            return True
    return False


@pytest.mark.parametrize("for_spine", [False, True])
@pytest.mark.parametrize("who", PEOPLE)
def test_everybody_is_decently_dressed(who, for_spine) -> None:
    """Women and children have a top, children cover belly and thighs, all have shorts."""
    body, dresser = standing(who, {}), _dresser()
    dress = dresser.dress_for_spine if for_spine else dresser.dress
    for seed in range(12):
        dressed = dress(body, Palette("test", np.random.default_rng(seed)))
        pieces = " ".join(dressed.worn)
        below = ("suit", "shorts", "leggings", "trousers", "skirt")
        assert any(piece in pieces for piece in below), pieces
        assert who == "man" or dressed.upper != "bare", pieces
        if who == "child":
            assert dressed.lower != "bare", pieces
            assert "sports" not in pieces
            assert not belly_shows(body, dressed), pieces


def test_everyday_postures_are_found_on_the_body() -> None:
    rng = np.random.default_rng(11)
    for n in range(6):
        asked = everyday(rng)
        found = measured(standing(PEOPLE[n % 3], asked).points_m)
        for name in ("shoulder_tilt", "pelvic_obliquity", "trunk_lean", "head_forward_angle"):
            assert found[name] == pytest.approx(asked[name], abs=0.5), name


def test_what_there_is_not_cannot_be_asked_for() -> None:
    with pytest.raises(KeyError):
        standing("man", {"sholder_tilt": 3.0})
    with pytest.raises(KeyError):
        standing("giant", {})


def test_an_empty_room_shows_nobody() -> None:
    drawn = render(camera=SMALL, background=Room(clutter=3, seed=2))
    assert not drawn.people
    assert not drawn.coverage.any()


def test_light_changes_colours_and_no_truth() -> None:
    one, two = (
        render(Person(), camera=SMALL, light=random_light(np.random.default_rng(n)))
        for n in range(2)
    )
    assert not np.array_equal(one.image, two.image)
    assert np.array_equal(one.coverage, two.coverage)
    assert one.people[0].keypoints == two.people[0].keypoints


def test_a_photograph_fills_the_picture_behind_the_person() -> None:
    photograph = np.zeros((50, 90, 3), np.uint8)
    photograph[:] = (10, 200, 30)
    drawn = render(Person(), camera=SMALL, background=photograph)
    bare = drawn.coverage == 0
    feet = round(drawn.people[0].keypoints["left_ankle"].y_px)
    assert (drawn.image[: feet - 30][bare[: feet - 30]] == (10, 200, 30)).all()
    assert drawn.coverage.max() == pytest.approx(1.0)
    assert (photograph == (10, 200, 30)).all(), "it was copied"
