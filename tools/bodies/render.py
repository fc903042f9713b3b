"""A picture of a dressed body in a room, and its truth."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from posture_tools.bodies import room
from posture_tools.bodies.body import Bodies, Body
from posture_tools.bodies.camera import Camera
from posture_tools.bodies.dress import Cover, Dresser
from posture_tools.bodies.fabric import Palette, Split
from posture_tools.bodies.measures import measured
from posture_tools.bodies.mesh import Shape
from posture_tools.bodies.model import BodyModel
from posture_tools.bodies.people import Person, draw_person
from posture_tools.bodies.points import BURIED_M, LANDMARKS, NAMES
from posture_tools.bodies.shade import SAMPLES, Figure, draw_light, shade
from posture_tools.bodies.shells import Regions
from posture_tools.bodies.stickers import stuck

Float32 = NDArray[np.float32]
Picture = NDArray[np.uint8]
Rng = np.random.Generator

SIZE_HW = (576, 432)
# Two thirds of the pictures are larger: of those a close look has more pixels than a network takes
# in, as it has on a station.
SIZES_HW = (SIZE_HW, (864, 648), (1152, 864))
_NEIGHBOURS = 12


@dataclass(frozen=True, eq=False)
class Rendered:
    """A picture (H, W, 3) BGR and its truth.

    points_px (61, 3): x, y in px (pixel centres at whole numbers) and 2 seen, 1 hidden, in the
    order of `NAMES`; points_m (61, 3): the same in the body's space; box: x0, y0, x1, y1 of the
    person's pixels; mask (H, W): the person's pixels that nothing covers; measures: of the body in
    space.
    """

    picture: Picture
    points_px: Float32
    points_m: Float32
    box: Float32
    mask: NDArray[np.bool_]
    camera: Camera
    shape: Shape
    measures: dict[str, float]
    active: bool
    upper: Cover
    lower: Cover
    worn: tuple[str, ...]


@dataclass(frozen=True)
class Views:
    """How people are turned and how the camera stands. yaw_deg around views; heights in m."""

    yaws_deg: tuple[float, ...] = (0.0, 180.0, 90.0, 270.0)
    shares: tuple[float, ...] = (0.32, 0.28, 0.2, 0.2)
    yaw_sd_deg: float = 9.0
    any_yaw: float = 0.25
    roll_deg: float = 0.0
    roll_sd_deg: float = 4.0
    height_m: tuple[float, float] = (0.35, 1.7)
    distance_m: tuple[float, float] = (1.9, 5.5)
    fills: tuple[float, float] = (0.78, 0.97)
    k1_sd: float = 0.015
    size_hw: tuple[int, int] = SIZE_HW


class Renderer:
    """Renders people of one set of pictures; backgrounds are that set's photographs."""

    def __init__(self, split: Split, photographs: Sequence[Picture] = ()) -> None:
        self.model = BodyModel()
        self.bodies = Bodies(self.model)
        self.dresser = Dresser(self.model.mesh, Regions(self.model.mesh))
        self._split: Split = split
        self._photographs = photographs
        self._others: deque[Figure] = deque(maxlen=_NEIGHBOURS)

    def anybody(self, rng: Rng, views: Views | None = None) -> Rendered:
        """Somebody drawn at random, in a picture of one of three sizes."""
        views = views or Views(size_hw=SIZES_HW[int(rng.integers(len(SIZES_HW)))])
        return self.render(draw_person(self.model, rng), rng, views)

    def render(
        self, person: Person, rng: Rng, views: Views, camera: Camera | None = None
    ) -> Rendered:
        """A picture of this person, everything around them drawn at random.

        camera : one that hangs there already; without one it is drawn by `views`.
        """
        body = (
            self.bodies.move(person.shape, person.prior)
            if person.active
            else self.bodies.stand(person.shape, person.asked, person.prior)
        )
        palette = Palette(self._split, rng)
        dressed = self.dresser.dress(body, palette)
        if rng.random() < 0.12:
            names = rng.choice(LANDMARKS, rng.integers(3, 14), replace=False)
            dressed = stuck(
                dressed, body, list(names), outer_bgr=palette.colour(), inner_bgr=palette.colour()
            )
        camera = camera or _camera(body, views, rng)
        figure = shade(dressed.parts, camera, draw_light(rng))
        box = figure.box
        scene, before = self._in_room(figure, box, camera, palette)
        picture = _as_taken(scene, rng)
        points = _points(body, camera, figure, before)
        return Rendered(
            picture, points, body.points_m.astype(np.float32), box,
            (figure.coverage > 0.5) & ~before, camera, person.shape,
            measured(body.points_m), person.active, dressed.upper, dressed.lower, dressed.worn,
        )  # fmt: skip

    def _in_room(
        self, figure: Figure, box: Float32, camera: Camera, palette: Palette
    ) -> tuple[Float32, NDArray[np.bool_]]:
        """The picture, and where something is in front of the person."""
        rng = palette.rng
        h, w = camera.size_hw
        feet = camera.project(np.zeros((1, 3)))[0][0]
        picture = room.backdrop((h, w), self._photographs, palette, float(feet[1]))
        before = np.zeros((h, w), bool)
        behind = rng.random()
        others = [one for one in self._others if one.coverage.shape == (h, w)]
        other = others[rng.integers(len(others))] if others else None
        if other is not None and behind < 0.12:
            picture, _ = _beside(picture, other, box, rng, near=False)
        room.shadow(picture, feet, (box[3] - box[1]) * rng.uniform(0.3, 0.6), rng.uniform(0, 0.5))
        picture = picture * (1.0 - figure.coverage[..., None]) + figure.bgr
        if other is not None and behind > 0.95:
            picture, before = _beside(picture, other, box, rng, near=True)
        if rng.random() < 0.15:
            before = before | room.occlude(picture, box, palette)
        self._others.append(figure)
        return picture.astype(np.float32), before


def _camera(body: Body, views: Views, rng: Rng) -> Camera:
    """Somewhere in the room, framed on the person."""
    if rng.random() < views.any_yaw:
        yaw = rng.uniform(0, 360)
    else:
        yaw = rng.choice(views.yaws_deg, p=views.shares) + rng.normal(0, views.yaw_sd_deg)
    tall = float(body.points_m[:, 2].max()) + 0.12
    distance = rng.uniform(*views.distance_m)
    height = rng.uniform(*views.height_m)
    focal = rng.uniform(*views.fills) * views.size_hw[0] * distance / tall
    pitch = float(np.degrees(np.arctan2(height - tall / 2, distance)))
    return Camera(
        float(yaw % 360), distance, height, focal, views.size_hw, pitch,
        float(rng.normal(views.roll_deg, views.roll_sd_deg)), float(rng.normal(0, 0.05)),
        float(rng.normal(0, views.k1_sd)),
    )  # fmt: skip


def _beside(
    picture: Float32, other: Figure, box: NDArray[np.floating], rng: Rng, *, near: bool
) -> tuple[Float32, NDArray[np.bool_]]:
    """Somebody else, behind or in front of the person's edge: where they cover the picture."""
    h, w = picture.shape[:2]
    scale = rng.uniform(1.0, 1.4) if near else rng.uniform(0.45, 0.95)
    side = rng.choice([-1.0, 1.0])
    half = (box[2] - box[0]) / 2
    middle = (box[0] + box[2]) / 2 + side * half * rng.uniform(1.2, 2.4)
    matrix = np.array([[scale, 0, middle - scale * w / 2],
                       [0, scale, rng.uniform(-0.1, 0.15) * h]])  # fmt: skip
    if rng.random() < 0.5:
        matrix[0] = -scale, 0, middle + scale * w / 2
    cover = cv2.warpAffine(other.coverage, matrix, (w, h))[..., None]
    bgr = cv2.warpAffine(other.bgr, matrix, (w, h))
    return (picture * (1.0 - cover) + bgr).astype(np.float32), cover[..., 0] > 0.5


def _as_taken(picture: Float32, rng: Rng) -> Picture:
    """Blur, exposure and noise of a camera."""
    if rng.random() < 0.5:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.3, 1.1)).astype(np.float32)
    out = picture * rng.uniform(0.75, 1.2) + rng.normal(0, 6)
    noise = rng.standard_normal(picture.shape, np.float32) * np.float32(rng.uniform(0.5, 6))
    return np.asarray(np.clip(out + noise, 0, 255), np.uint8)


def _points(body: Body, camera: Camera, figure: Figure, before: NDArray[np.bool_]) -> Float32:
    """Every point in the picture, and whether it is seen."""
    uv, inverse = camera.project(body.points_m)
    out = np.concatenate([uv, np.ones((len(NAMES), 1))], axis=1).astype(np.float32)
    rows, columns = figure.nearness.shape
    for i, (x, y) in enumerate((uv + 0.5) * SAMPLES - 0.5):
        xi, yi = round(x), round(y)
        if not (0 <= xi < columns and 0 <= yi < rows) or before[yi // SAMPLES, xi // SAMPLES]:
            continue
        near = figure.nearness[yi, xi]
        if near <= 0 or 1 / inverse[i] - 1 / near < BURIED_M[i]:
            out[i, 2] = 2
    return out
