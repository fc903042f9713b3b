"""A picture of one or more people, and the exact truth about each of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from posture_tools.bodies import raster, rig
from posture_tools.bodies.points import BURIED_M, INDEX, NAMES
from posture_tools.bodies.shade import Light, crevices
from posture_tools.mannequin.colouring import colour_pixels
from posture_tools.mannequin.lens import CameraPose
from posture_tools.mannequin.measures import measured
from posture_tools.mannequin.outfit import Dressed, dressed
from posture_tools.mannequin.person import Person, view_of
from posture_tools.mannequin.room import DAYLIGHT, Room, cast_shadow, cover, paint
from posture_tools.mannequin.standing import bent

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Uint8 = NDArray[np.uint8]

_FINE = 2  # a pixel's side, in samples
_NEAREST_M = 0.15
_NECK_INSIDE_M = 0.13  # as `BURIED_M`
_SHOULDERS = [INDEX["left_shoulder"], INDEX["right_shoulder"]]
_FEET = [INDEX[f"{side}_{name}"] for side in ("left", "right") for name in ("ankle", "big_toe")]


@dataclass(frozen=True, slots=True)
class Keypoint:
    """visible : in the picture, and hidden by nothing (the person's own body included)."""

    x_px: float
    y_px: float
    visible: bool


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """What is exactly so for one person.

    keypoints : by name, all of `bodies.points.NAMES` and the `neck` of OpenPose, the middle of the
        shoulders; also those outside the picture.
    points_m : (61, 3) of the body, in the order of NAMES; `bodies.measures` reads them.
    measures_deg : of the view nearest to the person's yaw, from the exact keypoints in the picture.
    box_px : x, y, width, height of all that is drawn of the person, also outside the picture.
    stickers_px : sticker -> where it is stuck on.
    """

    person: Person
    keypoints: dict[str, Keypoint]
    points_m: Float64
    measures_deg: dict[str, float]
    box_px: tuple[float, float, float, float]
    stickers_px: dict[str, tuple[float, float]]

    def array(self, names: Iterable[str]) -> Float32:
        """float32 (K, 3): x px, y px and 2 visible, 1 not (COCO's v for labelled points)."""
        rows = [(k.x_px, k.y_px, 1 + k.visible) for k in map(self.keypoints.__getitem__, names)]
        return np.array(rows, np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Rendered:
    """image : uint8 (H, W, 3) BGR. coverage : float32 (H, W), share of each pixel that is a person.

    people : the truth about each, in the order given.
    """

    image: Uint8
    coverage: Float32
    people: tuple[Truth, ...]


@dataclass(frozen=True, eq=False)
class _Cast:
    """One person's points and vertices, posed: of the body's axes and of the camera's, m."""

    person: Person
    dressed: Dressed
    turn: Float64
    shift: Float64
    points_m: Float64
    seen_m: Float64

    @classmethod
    def of(cls, person: Person, camera: CameraPose) -> _Cast:
        who = dressed(person.who, person.asked, person.outfit)
        turn, shift, points = bent(who.body, person.bent)
        vertices = who.painted.posed(turn, shift)
        return cls(person, who, turn, shift, points, camera.to_camera(person.place(vertices)))


@dataclass(frozen=True, eq=False)
class _Drawn:
    """The part of the picture that one person touches.

    depth : 1/z of its samples, `_FINE` a pixel each way. bgr is premultiplied by coverage.
    """

    left: int
    top: int
    depth: Float64
    bgr: Float32
    coverage: Float32
    box_px: tuple[float, float, float, float]

    @property
    def there(self) -> tuple[slice, slice]:
        height, width = self.coverage.shape
        return slice(self.top, self.top + height), slice(self.left, self.left + width)

    def hides(self, x_px: float, y_px: float, nearness: float) -> bool:
        """Whether something drawn here lies nearer than that."""
        column = round((x_px - self.left + 0.5) * _FINE - 0.5)
        row = round((y_px - self.top + 0.5) * _FINE - 0.5)
        inside = 0 <= row < self.depth.shape[0] and 0 <= column < self.depth.shape[1]
        return inside and bool(self.depth[row, column] > nearness)


def render(
    *people: Person,
    camera: CameraPose | None = None,
    background: Room | Uint8 | None = None,
    light: Light = DAYLIGHT,
) -> Rendered:
    """Draw people before a room or a photograph; one of the camera's size is taken as it is.

    Of people who overlap the farther one is hidden.
    """
    camera = camera or CameraPose()
    if background is None or isinstance(background, Room):
        picture = paint(background or Room(), camera)
    else:
        picture = cover(background, camera)
    casts = [_Cast.of(person, camera) for person in people]
    for cast in casts:
        cast_shadow(picture, camera, cast.person.place(cast.points_m[_FEET]))
    drawn = [_draw(cast, camera, light) for cast in casts]
    coverage = np.zeros(picture.shape[:2], np.float32)
    for n in sorted(range(len(casts)), key=lambda n: -float(casts[n].seen_m[:, 2].mean())):
        one = drawn[n]
        behind = picture[one.there] * (1.0 - one.coverage[..., None])
        picture[one.there] = np.round(behind + one.bgr).astype(np.uint8)
        coverage[one.there] += (1.0 - coverage[one.there]) * one.coverage
    truths = tuple(_truth(cast, camera, drawn, n) for n, cast in enumerate(casts))
    return Rendered(picture, coverage, truths)


def _draw(cast: _Cast, camera: CameraPose, light: Light) -> _Drawn:
    painted, seen_m = cast.dressed.painted, cast.seen_m
    before = seen_m[:, 2] > _NEAREST_M
    nearness = np.where(before, 1.0 / np.maximum(seen_m[:, 2], _NEAREST_M), 0.0)
    pixels = camera.project(seen_m)
    low, high = pixels.min(axis=0), pixels.max(axis=0)
    size = np.array([camera.width_px, camera.height_px])
    left, top = np.clip(np.floor(low) - 1, 0, size - 1).astype(int)
    right, bottom = np.clip(np.ceil(high) + 2, (left + 1, top + 1), size).astype(int)
    corners = np.ascontiguousarray((pixels - (left, top) + 0.5) * _FINE - 0.5)
    height, width = int(bottom - top), int(right - left)
    depth = np.zeros((height * _FINE, width * _FINE))
    seen = np.full(depth.shape, -1, np.int32)
    raster.fill(corners, nearness, painted.triangles, depth, seen)
    bgr, coverage = np.zeros((height, width, 3), np.float32), np.zeros((height, width), np.float32)
    one_side = painted.triangles[~painted.flipped].astype(np.int64)
    colour_pixels(
        seen, crevices(depth), corners, nearness, raster.vertex_normals(seen_m, one_side),
        painted.triangles, painted.first, painted.steps, painted.flipped, painted.gloss,
        painted.samples, _to_camera(camera) @ cast.person.turn, _packed(light), _FINE,
        bgr, coverage,
    )  # fmt: skip
    box = float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1])
    return _Drawn(int(left), int(top), depth, bgr, coverage, box)


def _to_camera(camera: CameraPose) -> Float64:
    """Rotation (3, 3) from the world's axes to the camera's."""
    return np.asarray(camera.rotation * np.array([1.0, -1.0, -1.0]))


def _packed(light: Light) -> Float64:
    half = np.array(light.key) + np.array([0.0, 0.0, -1.0])
    half /= np.linalg.norm(half)
    return np.array(
        [*light.key, *light.fill, *half, light.key_power, light.fill_power, light.ambient,
         *light.tint]
    )  # fmt: skip


def _truth(cast: _Cast, camera: CameraPose, drawn: list[_Drawn], own: int) -> Truth:
    person, stuck = cast.person, cast.dressed.stuck
    neck = cast.points_m[_SHOULDERS].mean(axis=0)
    placed = camera.to_camera(person.place(np.vstack([cast.points_m, neck])))
    pixels = camera.project(placed)
    keypoints = {}
    names, inside_m = (*NAMES, "neck"), (*BURIED_M, _NECK_INSIDE_M)
    for name, (x, y), z, buried in zip(names, pixels, placed[:, 2], inside_m, strict=True):
        inside = -0.5 <= x < camera.width_px - 0.5 and -0.5 <= y < camera.height_px - 0.5
        in_front = 1.0 / max(z - buried, 0.01)
        seen = z > _NEAREST_M and not any(one.hides(x, y, in_front) for one in drawn)
        keypoints[name] = Keypoint(float(x), float(y), bool(inside and seen))
    stickers: dict[str, tuple[float, float]] = {}
    if stuck is not None:
        at = np.empty_like(stuck.rest_m)
        rig.skin(stuck.rest_m, stuck.weights, stuck.bones, cast.turn, cast.shift, at)
        where = camera.project(camera.to_camera(person.place(at)))
        stickers = {n: (float(x), float(y)) for n, (x, y) in zip(stuck.names, where, strict=True)}
    return Truth(
        person,
        keypoints,
        cast.points_m,
        measured(dict(zip(names, pixels, strict=True)), view_of(person.yaw_deg)),
        drawn[own].box_px,
        stickers,
    )
