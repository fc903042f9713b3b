"""What stands behind the person: a room that the camera's pose makes, or a given picture."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from posture_tools.bodies.shade import Light
from posture_tools.mannequin.lens import CameraPose

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Uint8 = NDArray[np.uint8]
Colour = tuple[float, float, float]  # B, G, R, 0..1

# From the upper left before the person, with a bright room around.
DAYLIGHT = Light((-0.42, -0.70, -0.58), (0.70, -0.20, -0.69), 0.50, 0.12, 0.52, (1.0, 1.0, 1.0))


def random_light(rng: np.random.Generator) -> Light:
    """A light from above and anywhere before the person, as a screening is lit."""
    way = np.array([rng.uniform(-1.0, 1.0), rng.uniform(-1.2, -0.3), rng.uniform(-1.0, -0.3)])
    x, y, z = (way / np.linalg.norm(way)).tolist()
    ambient = float(rng.uniform(0.42, 0.62))
    warm, cold = rng.uniform(-0.03, 0.03, 2)
    return Light(
        (x, y, z), (-x, y / 2, z), float(rng.uniform(0.95, 1.1)) - ambient,
        float(rng.uniform(0.05, 0.2)), ambient, (1.0 + float(cold), 1.0, 1.0 + float(warm)),
    )  # fmt: skip


def random_colour(rng: np.random.Generator, low: float = 0.05, high: float = 0.95) -> Colour:
    """A colour whose grey lies between low and high, more often dull than bright."""
    grey = rng.uniform(low, high)
    spread = rng.uniform(0.0, 0.1) * rng.standard_normal(3)
    b, g, r = np.clip(grey + spread, 0.03, 0.97)
    return (float(b), float(g), float(r))


@dataclass(frozen=True, slots=True)
class Room:
    """A wall behind the stance mark, a floor, a skirting board, and things on the wall.

    wall_m : how far the wall is behind the mark. clutter : number of things on and before the wall.
    """

    wall: Colour = (0.80, 0.82, 0.83)
    floor: Colour = (0.44, 0.52, 0.60)
    wall_m: float = 1.2
    clutter: int = 0
    seed: int = 0


def _quad(
    picture: Float32, camera: CameraPose, corners_m: Float64, colour: Float32, rows: int = 32
) -> None:
    """Fill a flat quadrilateral of the world (4, 3); its edges follow the lens."""
    t = np.linspace(0.0, 1.0, rows, endpoint=False)[:, None]
    edges = [a + t * (b - a) for a, b in zip(corners_m, np.roll(corners_m, -1, 0), strict=True)]
    points = camera.to_camera(np.concatenate(edges))
    points[:, 2] = np.maximum(points[:, 2], 0.05)
    # The lens formula means nothing far outside the picture: such points are drawn inwards.
    corner = np.hypot(camera.width_px, camera.height_px) / camera.focal_px
    away = np.hypot(points[:, 0], points[:, 1]) / points[:, 2]
    points[:, :2] *= np.minimum(1.0, corner / np.maximum(away, 1e-9))[:, None]
    pixels = np.clip(camera.project(points), -8000, 8000)
    cv2.fillPoly(picture, [np.round(pixels * 16).astype(np.int32)], colour.tolist(), cv2.LINE_AA, 4)


def _flat(x0: float, x1: float, y0: float, y1: float, z: float) -> Float64:
    return np.array([[x0, y0, z], [x1, y0, z], [x1, y1, z], [x0, y1, z]])


def _ground(x0: float, x1: float, z0: float, z1: float) -> Float64:
    return np.array([[x0, 0.0, z0], [x1, 0.0, z0], [x1, 0.0, z1], [x0, 0.0, z1]])


def paint(room: Room, camera: CameraPose) -> Uint8:
    """The empty room, (H, W, 3) BGR."""
    rng = np.random.default_rng(room.seed)
    wall, floor = (np.array(c, np.float32) for c in (room.wall, room.floor))
    picture = np.empty((camera.height_px, camera.width_px, 3), np.float32)
    picture[:] = wall
    back, near = -room.wall_m, camera.distance_m - 0.2
    _quad(picture, camera, _ground(-9, 9, back, near), floor)
    board = 0.5 * wall + 0.5 * np.float32(0.9)
    width = float(rng.uniform(0.12, 0.4))
    start = -3.0 + float(rng.uniform(0, width))
    plank = floor * np.float32(rng.uniform(0.80, 0.94))
    for x in np.arange(start, 3.0, 2 * width):
        _quad(picture, camera, _ground(x, x + width, back, near), plank)
    _quad(picture, camera, _flat(-9, 9, 0.0, 0.09, back), board)
    for _ in range(room.clutter):
        colour = np.array(random_colour(rng), np.float32)
        x, wide = rng.uniform(-1.6, 1.6), rng.uniform(0.1, 0.8)
        if rng.random() < 0.5:  # a picture on the wall
            y, tall = rng.uniform(0.8, 2.2), rng.uniform(0.1, 0.6)
            frame = _flat(x - 0.03, x + wide + 0.03, y - 0.03, y + tall + 0.03, back)
            _quad(picture, camera, frame, colour * np.float32(0.3))
            _quad(picture, camera, _flat(x, x + wide, y, y + tall, back), colour)
        else:  # furniture before the wall
            tall, deep = rng.uniform(0.3, 2.0), rng.uniform(0.2, 0.6)
            _quad(
                picture, camera, _ground(x, x + wide, back, back + deep), colour * np.float32(0.4)
            )
            _quad(picture, camera, _flat(x, x + wide, 0, tall, back + deep), colour)
    return np.asarray(np.clip(picture * _uneven(camera, rng) * 255.0 + 0.5, 0, 255), np.uint8)


def _uneven(camera: CameraPose, rng: np.random.Generator) -> Float32:
    """Unequal light over the room, (H, W, 1)."""
    coarse = rng.uniform(0.88, 1.04, (4, 3)).astype(np.float32)
    size = (camera.width_px, camera.height_px)
    return np.asarray(cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)[:, :, None])


def cover(photograph: Uint8, camera: CameraPose) -> Uint8:
    """A copy of a photograph (h, w, 3) cut and scaled to fill the picture."""
    scale = max(camera.width_px / photograph.shape[1], camera.height_px / photograph.shape[0])
    size = (
        max(camera.width_px, round(photograph.shape[1] * scale)),
        max(camera.height_px, round(photograph.shape[0] * scale)),
    )
    filled = cv2.resize(photograph, size, interpolation=cv2.INTER_AREA if scale < 1 else 1)
    top = (filled.shape[0] - camera.height_px) // 2
    left = (filled.shape[1] - camera.width_px) // 2
    part = filled[top : top + camera.height_px, left : left + camera.width_px]
    return np.array(part, np.uint8)


def cast_shadow(picture: Uint8, camera: CameraPose, feet_m: Float64) -> None:
    """Darken the floor around feet (N, 3) on it, softly, in place."""
    turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    ring = np.stack([np.cos(turn), np.zeros(24), np.sin(turn)], axis=1)
    on_floor = feet_m * np.array([1.0, 0.0, 1.0])
    rings = [
        (camera.to_camera(foot + reach * ring), dark)
        for reach, dark in ((0.20, 0.22), (0.11, 0.45))
        for foot in on_floor
    ]
    rings = [(points, dark) for points, dark in rings if points[:, 2].min() > 0.1]
    if not rings:
        return
    pixels = np.stack([camera.project(points) for points, _ in rings])
    spread = max(1.0, 0.03 * camera.focal_px / min(float(p[:, 2].mean()) for p, _ in rings))
    margin = int(3 * spread) + 2
    size = (camera.width_px, camera.height_px)
    left, top = np.clip(pixels.min(axis=(0, 1)) - margin, 0, size).astype(int)
    right, bottom = np.clip(pixels.max(axis=(0, 1)) + margin, 0, size).astype(int)
    if right <= left or bottom <= top:
        return
    shade = np.zeros((bottom - top, right - left), np.float32)
    near = np.clip(pixels - (left, top), -8000, 8000)
    for outline, (_, dark) in zip(near, rings, strict=True):  # the darker ones last
        corners = np.round(outline * 16).astype(np.int32)
        cv2.fillPoly(shade, [corners], dark, cv2.LINE_AA, 4)
    soft = cv2.GaussianBlur(shade, (0, 0), spread)[:, :, None]
    there = picture[top:bottom, left:right]
    there[:] = (there * (1 - soft) + 0.5).astype(np.uint8)
