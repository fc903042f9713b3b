"""Who is in a picture, how they are dressed, and whether its truth is true."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

pytest.importorskip("anny")
from posture_tools.bodies.camera import Camera
from posture_tools.bodies.fabric import Palette, owner
from posture_tools.bodies.garments import HELD_OUT, wardrobe
from posture_tools.bodies.points import INDEX, NAMES
from posture_tools.bodies.render import SIZE_HW, Views

if TYPE_CHECKING:
    from posture_tools.bodies.render import Rendered, Renderer

MANY = 24


@pytest.fixture(scope="module")
def pictures(renderer: Renderer) -> list[Rendered]:
    rng = np.random.default_rng(4)
    return [renderer.anybody(rng) for _ in range(MANY)]


def test_everybody_is_decently_dressed(renderer: Renderer) -> None:
    from posture_tools.bodies.people import draw_shape
    from posture_tools.bodies.solve import Pose

    rng = np.random.default_rng(1)
    seen = set()
    for _ in range(60):
        body = renderer.bodies.move(draw_shape(renderer.model, rng), Pose())
        dressed = renderer.dresser.dress(body, Palette("train", rng))
        shape, pieces = body.rest.shape, " ".join(dressed.worn)
        below = ("suit", "shorts", "leggings", "trousers", "skirt")
        assert any(piece in pieces for piece in below), pieces
        if shape.female or shape.child:
            above = ("suit", "top", "t-shirt", "long sleeves")
            assert any(piece in pieces for piece in above), pieces
            assert dressed.upper != "bare"
        if shape.child:
            assert "sports top" not in pieces
            assert dressed.lower != "bare"
        seen.add((shape.female, shape.child))
    assert len(seen) == 4


def test_training_pictures_lack_what_is_held_out(pictures: list[Rendered]) -> None:
    worn = {name for picture in pictures for name in picture.worn}
    assert not worn & HELD_OUT
    assert set(wardrobe()) > HELD_OUT
    kinds = [name.split("/")[1][:5] for name in HELD_OUT]
    assert sorted(kinds) == ["bob02", "femal", "male_", "shoes", "short"]


@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_colours_belong_to_one_set(split: str) -> None:
    palette = Palette(split, np.random.default_rng(2))  # type: ignore[arg-type]
    assert {owner(palette.colour()) for _ in range(200)} == {split}


def test_points_lie_on_the_person(pictures: list[Rendered]) -> None:
    for picture in pictures:
        x0, y0, x1, y1 = picture.box
        seen = picture.points_px[picture.points_px[:, 2] == 2]
        slack = 0.03 * (y1 - y0)
        assert (seen[:, 0] > x0 - slack).all()
        assert (seen[:, 0] < x1 + slack).all()
        assert (seen[:, 1] > y0 - slack).all()
        assert (seen[:, 1] < y1 + slack).all()


def test_the_mask_is_the_person_without_what_is_in_front(pictures: list[Rendered]) -> None:
    whole = 0
    for picture in pictures:
        rows, columns = np.nonzero(picture.mask)
        x0, y0, x1, y1 = picture.box
        assert x0 <= columns.min() <= columns.max() <= x1
        assert y0 <= rows.min() <= rows.max() <= y1
        whole += (columns.min(), rows.min(), columns.max(), rows.max()) == (x0, y0, x1, y1)
        inside = picture.points_px[picture.points_px[:, 2] == 2][:, :2].round().astype(int)
        h, w = picture.mask.shape
        on = [picture.mask[y, x] for x, y in inside if y < h and x < w]
        assert np.mean(on) > 0.8
    assert MANY > whole > MANY / 2, "somebody is partly covered, most are not"


def test_the_same_seed_draws_the_same_picture(renderer: Renderer) -> None:
    from posture_tools.bodies.render import Renderer as Fresh

    one, two = (Fresh("train").anybody(np.random.default_rng(9)) for _ in range(2))
    assert np.array_equal(one.points_px, two.points_px)
    assert np.abs(one.picture.astype(int) - two.picture).mean() < 6  # noise is the camera's own


def test_a_yaw_of_90_shows_the_left_side(renderer: Renderer) -> None:
    views = Views(yaws_deg=(90.0,), shares=(1.0,), yaw_sd_deg=0.0, any_yaw=0.0)
    rng = np.random.default_rng(3)
    from posture_tools.bodies.people import draw_shape, draw_standing

    person = draw_standing(renderer.model, rng, draw_shape(renderer.model, rng))
    picture = renderer.render(person, rng, views)
    nose, ear = (picture.points_px[INDEX[name]] for name in ("nose", "left_ear"))
    assert nose[0] < ear[0]  # somebody who shows the left side looks to the left of the picture
    assert picture.points_px[INDEX["right_ear"], 2] == 1  # behind the head


def test_the_camera_is_opencv_s() -> None:
    camera = Camera(30.0, 3.0, 1.1, 700.0, SIZE_HW, pitch_deg=4.0, roll_deg=-3.0, k1=0.05)
    rng = np.random.default_rng(5)
    points = rng.normal(0, 0.3, (20, 3)) + np.array([0, 0, 1.0])
    turned, _ = camera.project(points)
    rotation = camera.turned(np.eye(3)).T
    # In the camera's axes OpenCV needs only where the lens is.
    yaw = np.radians(30.0)
    place = np.linalg.inv(np.array([[np.cos(yaw), np.sin(yaw), 0], [-np.sin(yaw), np.cos(yaw), 0],
                                    [0, 0, 1]])) @ np.array([0.0, -3.0, 1.1])  # fmt: skip
    h, w = SIZE_HW
    matrix = np.array([[700.0, 0, w / 2 - 0.5], [0, 700.0, h / 2 - 0.5], [0, 0, 1]])
    expected, _ = cv2.projectPoints(
        points, cv2.Rodrigues(rotation)[0], -rotation @ place, matrix,
        np.array([0.05, 0, 0, 0, 0.0]),
    )  # fmt: skip
    assert turned == pytest.approx(expected[:, 0], abs=1e-6)


def test_a_pack_holds_what_was_rendered(pictures: list[Rendered], tmp_path: Path) -> None:
    from posture_tools.bodies.pack import PackWriter

    writer = PackWriter(tmp_path / "some")
    for picture in pictures[:3]:
        writer.add(picture, 90)
    writer.write()
    with np.load(tmp_path / "some.npz") as table:
        assert list(table["names"]) == list(NAMES)
        assert np.array_equal(table["kp"][1], pictures[1].points_px)
        stream = (tmp_path / "some.bin").read_bytes()[table["off"][1] : table["off"][2]]
        read = cv2.imdecode(np.frombuffer(stream, np.uint8), cv2.IMREAD_COLOR)
        assert np.abs(read.astype(int) - pictures[1].picture).mean() < 12
        assert float(table["body/trunk_lean"][2]) == pytest.approx(
            pictures[2].measures["trunk_lean"], abs=1e-4
        )
    assert not list(tmp_path.glob("*partial*"))
