"""A picture of one or more people, and the exact truth about each of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray
from posture_tools.bodies import raster
from posture_tools.mannequin import parts, skin
from posture_tools.mannequin.body import Body, Joints, articulate
from posture_tools.mannequin.dressed import dressed
from posture_tools.mannequin.lens import CameraPose
from posture_tools.mannequin.light import creases, folded, lit
from posture_tools.mannequin.look import Look
from posture_tools.mannequin.measures import joint_angles, measured
from posture_tools.mannequin.posture import Posture
from posture_tools.mannequin.room import Room, cast_shadow, cover, paint
from posture_tools.mannequin.surface import Mesh

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Uint8 = NDArray[np.uint8]

# How far the skin may lie before a keypoint that is still seen, fractions of stature: joints lie
# inside the limb.
_BURIED = {
    "nose": 0.014, "eye": 0.010, "ear": 0.016, "shoulder": 0.055, "elbow": 0.036, "wrist": 0.030,
    "hip": 0.090, "knee": 0.050, "ankle": 0.036, "heel": 0.030, "big_toe": 0.030, "neck": 0.070,
    "head_top": 0.060,
}  # fmt: skip
_BURIED |= dict.fromkeys(("C7", "C4", "T6", "T8", "L4", "S5"), 0.014)
KEYPOINTS = (
    "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder",
    "left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip",
    "left_knee", "right_knee", "left_ankle", "right_ankle", "neck", "head_top", "left_heel",
    "right_heel", "left_big_toe", "right_big_toe", "C7", "C4", "T6", "T8", "L4", "S5",
)  # fmt: skip
_GLOSS = {parts.FOOT: 0.10, parts.HAIR: 0.12, parts.HEAD: 0.07, parts.NOSE: 0.09}


@dataclass(frozen=True, slots=True)
class Person:
    """Who stands where.

    yaw_deg : turned about the vertical: 0 faces the camera, 90 shows the right side, 180 the back,
        270 the left side.
    x_m, z_m : place of the middle of the ankles against the stance mark, right in the picture and
        towards the camera.
    """

    posture: Posture = field(default_factory=Posture)
    body: Body = field(default_factory=Body)
    look: Look = field(default_factory=Look)
    yaw_deg: float = 0.0
    x_m: float = 0.0
    z_m: float = 0.0


@dataclass(frozen=True, slots=True)
class Keypoint:
    """visible : in the picture, and hidden by nothing (the person's own body included)."""

    x_px: float
    y_px: float
    visible: bool


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """What is exactly so for one person.

    keypoints : by name, all of KEYPOINTS, also those outside the picture.
    measures_deg : of the view nearest to the person's yaw, from the exact keypoints in the picture.
    joint_angles_deg : inner angles in space.
    box_px : x, y, width, height of the keypoints with head and feet.
    """

    person: Person
    keypoints: dict[str, Keypoint]
    measures_deg: dict[str, float]
    joint_angles_deg: dict[str, float]
    box_px: tuple[float, float, float, float]

    def array(self, names: tuple[str, ...]) -> Float32:
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


@dataclass(frozen=True)
class _Cast:
    """One person's joints and mesh in the camera's axes."""

    person: Person
    camera: CameraPose

    @cached_property
    def joints(self) -> Joints:
        return articulate(self.person.body, self.person.posture)

    def place(self, points_m: Float64) -> Float64:
        """From the body's axes (N, 3) to the world's."""
        return np.asarray(
            points_m @ self.turn.T + np.array([self.person.x_m, 0.0, self.person.z_m])
        )

    @cached_property
    def turn(self) -> Float64:
        angle = np.radians(self.person.yaw_deg)
        c, s = np.cos(angle), np.sin(angle)
        return np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])

    @cached_property
    def mesh(self) -> Mesh:
        return dressed(self.person.body, self.joints, self.person.look)


@dataclass(frozen=True, eq=False)
class _Window:
    """The part of the picture that people touch, at `fine` samples a pixel each way."""

    left: int
    top: int
    right: int
    bottom: int
    fine: int

    def samples(self, pixels: Float64) -> Float64:
        corner = np.array([self.left, self.top])
        return np.ascontiguousarray((pixels - corner + 0.5) * self.fine - 0.5)

    @property
    def shape(self) -> tuple[int, int]:
        return (self.bottom - self.top) * self.fine, (self.right - self.left) * self.fine


def render(
    *people: Person,
    camera: CameraPose | None = None,
    background: Room | Uint8 | Float32 | None = None,
) -> Rendered:
    """Draw people before a room, a photograph (uint8) or a picture of the right size (float32)."""
    camera = camera or CameraPose()
    match background:
        case None:
            picture = paint(Room(), camera)
        case Room():
            picture = paint(background, camera)
        case _ if background.dtype == np.uint8:
            picture = cover(np.asarray(background, np.uint8), camera)
        case _:
            picture = np.array(background, np.float32)
    casts = [_Cast(person, camera) for person in people]
    for cast in casts:
        if not isinstance(background, np.ndarray) or background.dtype != np.uint8:
            feet = [cast.joints.points[f"{s}_{j}"] for s in ("left", "right")
                    for j in ("ankle", "big_toe")]  # fmt: skip
            cast_shadow(picture, camera, cast.place(np.array(feet)))
    coverage = np.zeros(picture.shape[:2], np.float32)
    depth = _draw(picture, coverage, casts, camera) if casts else _nothing(camera)
    truths = tuple(_truth(cast, camera, *depth) for cast in casts)
    image = cv2.convertScaleAbs(picture, alpha=255.0)
    return Rendered(np.asarray(image, np.uint8), coverage, truths)


def _nothing(camera: CameraPose) -> tuple[Float64, _Window]:
    return np.zeros((1, 1)), _Window(0, 0, 1, 1, 1)


def _draw(
    picture: Float32, coverage: Float32, casts: list[_Cast], camera: CameraPose
) -> tuple[Float64, _Window]:
    """Compose people into the picture; the z-buffer (1/z) and its window for visibility."""
    meshes = [cast.mesh for cast in casts]
    counts = np.cumsum([0] + [len(mesh.vertices) for mesh in meshes])
    placed = camera.to_camera(
        np.concatenate([c.place(m.vertices) for c, m in zip(casts, meshes, strict=True)])
    )
    pixels = camera.project(placed)
    nearness = np.where(placed[:, 2] > 0.15, 1.0 / np.maximum(placed[:, 2], 0.15), 0.0)
    window = _window(pixels[nearness > 0], camera)
    corners = window.samples(pixels)
    triangles = np.concatenate(
        [m.triangles + np.int32(n) for m, n in zip(meshes, counts[:-1], strict=True)]
    )
    owner = np.repeat(np.arange(len(meshes)), [len(m.triangles) for m in meshes])
    kinds = np.concatenate([m.triangle_part for m in meshes])
    z_buffer = np.zeros(window.shape)
    seen = np.full(window.shape, -1, np.int32)
    raster.fill(corners, nearness, triangles, z_buffer, seen)
    rows, columns = np.divmod(np.flatnonzero(seen >= 0), seen.shape[1])
    if not rows.size:
        return z_buffer, window
    hit = seen[rows, columns]
    carried = np.concatenate([m.attributes for m in meshes])
    values = np.empty((len(hit), carried.shape[1]), np.float32)
    raster.interpolate(corners, nearness, triangles, carried, rows, columns, hit, values)
    with np.errstate(divide="ignore"):
        depth = np.reciprocal(z_buffer, dtype=np.float32)
    middle = float(np.median(depth[rows, columns]))
    spread = max(0.03 * camera.focal_px / middle * window.fine, 1.0)
    crease = creases(depth, spread)[rows, columns]
    colour = np.empty((len(hit), 3), np.float32)
    kind = owner[hit] * 64 + kinds[hit]
    for key in np.flatnonzero(np.bincount(kind)):
        person, part = divmod(int(key), 64)
        at = np.flatnonzero(kind == key)
        colour[at] = _shaded(casts[person], part, values[at], crease[at])
    _compose(picture, coverage, window, (rows, columns, colour))
    return z_buffer, window


def _compose(
    picture: Float32,
    coverage: Float32,
    window: _Window,
    drawn: tuple[NDArray[np.int64], NDArray[np.int64], Float32],
) -> None:
    """Average the samples (rows, columns, colours) into pixels, over the background, in place."""
    rows, columns, colour = drawn
    shape = window.bottom - window.top, window.right - window.left
    pixel = rows // window.fine * shape[1] + columns // window.fine
    per_pixel = window.fine**2
    there = slice(window.top, window.bottom), slice(window.left, window.right)
    share = np.bincount(pixel, minlength=shape[0] * shape[1]).reshape(shape) / per_pixel
    coverage[there] = share
    for channel in range(3):
        light = np.bincount(pixel, colour[:, channel], shape[0] * shape[1]).reshape(shape)
        behind = picture[there][..., channel]
        behind *= 1.0 - share.astype(np.float32)
        behind += light.astype(np.float32) / per_pixel


def _window(pixels: Float64, camera: CameraPose) -> _Window:
    if not len(pixels):
        return _Window(0, 0, 1, 1, 1)
    low, high = np.floor(pixels.min(axis=0)) - 1, np.ceil(pixels.max(axis=0)) + 2
    left, right = np.clip([low[0], high[0]], 0, camera.width_px).astype(int)
    top, bottom = np.clip([low[1], high[1]], 0, camera.height_px).astype(int)
    if right - left < 1 or bottom - top < 1:
        return _Window(0, 0, 1, 1, 1)
    fine = 3 if high[1] - low[1] < 400 else 2
    return _Window(int(left), int(top), int(right), int(bottom), fine)


def _shaded(cast: _Cast, part: int, values: Float32, crease: Float32) -> Float32:
    normals = values[:, :3] / np.sqrt(np.einsum("nc,nc->n", values[:, :3], values[:, :3]))[:, None]
    local, along = values[:, 3:6], values[:, 6]
    look = cast.person.look
    bent = folded(part, normals, local, along, look)
    world = bent @ cast.turn.T.astype(np.float32)
    return lit(skin.albedo(part, local, along, look), world, crease, look, _GLOSS.get(part, 0.03))


def _truth(cast: _Cast, camera: CameraPose, z_buffer: Float64, window: _Window) -> Truth:
    points = np.array([cast.joints.points[name] for name in KEYPOINTS])
    placed = camera.to_camera(cast.place(points))
    pixels = camera.project(placed)
    samples = np.round(window.samples(pixels)).astype(int)
    stature = cast.person.body.stature_m
    keypoints = {}
    for name, (x, y), (column, row), z in zip(
        KEYPOINTS, pixels, samples, placed[:, 2], strict=True
    ):
        inside = -0.5 <= x < camera.width_px - 0.5 and -0.5 <= y < camera.height_px - 0.5
        buried = _BURIED[name.removeprefix("left_").removeprefix("right_")] * stature
        hidden = False
        if 0 <= row < z_buffer.shape[0] and 0 <= column < z_buffer.shape[1]:
            hidden = z_buffer[row, column] > 1.0 / max(z - buried, 0.01)
        keypoints[name] = Keypoint(float(x), float(y), bool(inside and z > 0.15 and not hidden))
    by_name = dict(zip(KEYPOINTS, pixels, strict=True))
    low, high = pixels[:23].min(axis=0), pixels[:23].max(axis=0)
    return Truth(
        cast.person,
        keypoints,
        measured(by_name, cast.person.yaw_deg),
        joint_angles(cast.joints.points),
        (float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1])),
    )
