"""From parts in front of a camera to a picture of the person alone, with its coverage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from posture_tools.bodies import raster
from posture_tools.bodies.camera import Camera
from posture_tools.bodies.dress import Part

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

SAMPLES = 2  # a pixel's side, in samples


@dataclass(frozen=True)
class Light:
    """A key and a fill light from any side, ambient light, and the light's tint (BGR)."""

    key: tuple[float, float, float]
    fill: tuple[float, float, float]
    key_power: float
    fill_power: float
    ambient: float
    tint: tuple[float, float, float]


def draw_light(rng: np.random.Generator) -> Light:
    """Rarely from below, as rooms are lit."""
    key = rng.normal(0, 1, 3) - (0, 1.2, 0.8)
    fill = rng.normal(0, 1, 3)
    return Light(
        tuple(key / np.linalg.norm(key)), tuple(fill / np.linalg.norm(fill)),
        float(rng.uniform(0.4, 1.0)), float(rng.uniform(0, 0.4)), float(rng.uniform(0.35, 0.8)),
        tuple(rng.normal(1, 0.05, 3)),
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Figure:
    """The person alone: bgr (H, W, 3) premultiplied by coverage (H, W) 0..1, and the samples'
    1 / depth (H x SAMPLES, W x SAMPLES), 0 where nothing is."""

    bgr: Float32
    coverage: Float32
    nearness: Float64

    @property
    def box(self) -> Float32:
        """x0, y0, x1, y1 of the person's pixels; ValueError where nobody is seen."""
        rows, columns = np.nonzero(self.coverage > 0.5)
        if not len(rows):
            raise ValueError("the camera sees nobody")
        return np.array([columns.min(), rows.min(), columns.max(), rows.max()], np.float32)


def shade(parts: Sequence[Part], camera: Camera, light: Light) -> Figure:
    """Draw the parts."""
    h, w = (side * SAMPLES for side in camera.size_hw)
    corners, nearness, triangles, attributes, first = _gathered(parts, camera)
    depth, seen = np.zeros((h, w)), np.full((h, w), -1, np.int32)
    raster.fill(corners, nearness, triangles, depth, seen)
    rows, columns = (np.ascontiguousarray(i) for i in np.nonzero(seen >= 0))
    which = np.ascontiguousarray(seen[rows, columns])
    values = np.empty((len(rows), 6), np.float32)
    raster.interpolate(corners, nearness, triangles, attributes, rows, columns, which, values)
    part_of = np.searchsorted(first, which, side="right") - 1
    colour, gloss = np.empty((len(rows), 3), np.float32), np.empty(len(rows), np.float32)
    normal = values[:, :3]
    for index, part in enumerate(parts):
        mine = np.flatnonzero(part_of == index)
        if not len(mine):
            continue
        places = np.ascontiguousarray(values[mine, 3:])
        colour[mine] = np.clip(part.paint(places), 2, 253)
        gloss[mine] = part.gloss
        if part.bump is not None:
            turned = camera.turned(part.bump(places).astype(np.float64)).astype(np.float32)
            normal[mine] += turned
    lit = _lit(normal, colour, gloss, light)
    lit *= crevices(depth)[rows, columns][:, None]
    bgr, mask = np.zeros((h, w, 3), np.float32), np.zeros((h, w), np.float32)
    bgr[rows, columns], mask[rows, columns] = np.clip(lit, 0, 255), 1.0
    size = (w // SAMPLES, h // SAMPLES)
    return Figure(
        cv2.resize(bgr, size, interpolation=cv2.INTER_AREA).astype(np.float32, copy=False),
        cv2.resize(mask, size, interpolation=cv2.INTER_AREA).astype(np.float32, copy=False),
        depth,
    )


def _gathered(
    parts: Sequence[Part], camera: Camera
) -> tuple[Float64, Float64, NDArray[np.int32], Float32, NDArray[np.int64]]:
    """All parts as one mesh in samples, and each part's first triangle."""
    corners, nearness, triangles, attributes, first = [], [], [], [], []
    vertex = count = 0
    for part in parts:
        uv, inverse = camera.project(part.posed_m)
        corners.append((uv + 0.5) * SAMPLES - 0.5)
        nearness.append(np.where(inverse > 0, inverse, 0.0))
        faces = part.triangles
        normals = camera.turned(raster.vertex_normals(part.posed_m, faces))
        if part.two_sided:
            faces = np.concatenate([faces, faces[:, ::-1]])
        triangles.append(faces + vertex)
        attributes.append(np.concatenate([normals, part.rest_m], axis=1))
        first.append(count)
        vertex, count = vertex + len(uv), count + len(faces)
    return (
        np.ascontiguousarray(np.concatenate(corners)),
        np.ascontiguousarray(np.concatenate(nearness)),
        np.ascontiguousarray(np.concatenate(triangles).astype(np.int32)),
        np.ascontiguousarray(np.concatenate(attributes).astype(np.float32)),
        np.array(first),
    )


def _lit(normal: Float32, colour: Float32, gloss: Float32, light: Light) -> Float32:
    n = normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-6)
    n = np.where(n[:, 2:3] > 0, -n, n)  # towards the camera
    key, fill = (np.array(way, np.float32) for way in (light.key, light.fill))
    half = key + np.array([0, 0, -1], np.float32)
    half /= np.linalg.norm(half)
    power = (
        light.ambient * (0.75 - 0.25 * n[:, 1])
        + light.key_power * np.clip(n @ key, 0, None)
        + light.fill_power * np.clip(n @ fill, 0, None)
    )
    shine = gloss * np.clip(n @ half, 0, None) ** 20 * 255.0
    tint = np.array(light.tint, np.float32)
    return np.asarray(colour * power[:, None] * tint + shine[:, None], np.float32)


def crevices(nearness: Float64) -> Float32:
    """Darker where the surroundings are nearer to the camera: arms beside a trunk, folds, chins."""
    h, w = nearness.shape
    coarse = max(w // 4, 1), max(h // 4, 1)
    small = cv2.resize(nearness.astype(np.float32), coarse, interpolation=cv2.INTER_AREA)
    around = cv2.GaussianBlur(small, (0, 0), 5)
    inside = cv2.GaussianBlur((small > 0).astype(np.float32), (0, 0), 5)
    around = around / np.maximum(inside, 0.05)
    dip = np.clip((around - small) / np.maximum(around, 1e-6) * 12.0, 0.0, 1.0)
    dark = 1.0 - 0.35 * dip - 0.12 * (1.0 - inside)
    return np.asarray(cv2.resize(dark, (w, h), interpolation=cv2.INTER_LINEAR), np.float32)
