"""Boards, plumb lines and wall markers as a camera of known lens and stance sees them.

A flat picture is warped into place by ray casting: each pixel's ray, through the lens's distortion,
hits the plane or it does not. Slow and obvious; written apart from the calibration code.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

import cv2
import numpy as np
from posture_tools.mannequin import CameraPose


@dataclass(frozen=True)
class Plane:
    """A grey picture on a plane: its corner, and the steps of one pixel right and down, mm.

    In the level camera's axes: x right, y down, z forward, from the lens.
    """

    picture: np.ndarray
    corner_mm: np.ndarray
    right_mm: np.ndarray
    down_mm: np.ndarray


@cache
def _rays(camera: CameraPose) -> np.ndarray:
    """(H * W, 3) of each pixel in the level camera's axes, by repeated projection."""
    v, u = np.indices((camera.height_px, camera.width_px), np.float64)
    pixels = np.stack([u.ravel(), v.ravel()], axis=1)
    one = np.ones((len(pixels), 1))
    straight = (pixels - camera.matrix[:2, 2]) / camera.focal_px
    for _ in range(12):
        seen_at = camera.project(np.concatenate([straight, one], axis=1))
        straight += (pixels - seen_at) / camera.focal_px
    return np.concatenate([straight, one], axis=1) @ camera.rotation


@dataclass(frozen=True)
class Scene:
    camera: CameraPose
    planes: list[Plane] = field(default_factory=list)

    def render(self) -> np.ndarray:
        """uint8 (H, W, 3) BGR."""
        rays = _rays(self.camera)
        height, width = self.camera.height_px, self.camera.width_px
        grey = np.full((height, width), 190.0, np.float32)
        for plane in self.planes:
            system = np.stack([plane.right_mm, plane.down_mm], axis=1)
            normal = np.cross(plane.right_mm, plane.down_mm)
            with np.errstate(divide="ignore", invalid="ignore"):
                hit = rays * ((plane.corner_mm @ normal) / (rays @ normal))[:, None]
            at = np.linalg.pinv(system) @ (hit - plane.corner_mm).T
            x, y = at.reshape(2, height, width).astype(np.float32)
            # a picture of its own grey levels, averaged over what one pixel covers
            seen = cv2.remap(
                cv2.GaussianBlur(plane.picture, (0, 0), 1.2), x, y, cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_CONSTANT, borderValue=0,
            )  # fmt: skip
            inside = (x > -0.5) & (y > -0.5)
            inside &= (x < plane.picture.shape[1] - 0.5) & (y < plane.picture.shape[0] - 0.5)
            grey = np.where(inside, seen, grey)
        noisy = grey + np.random.default_rng(0).normal(0.0, 1.0, grey.shape)
        return cv2.cvtColor(np.clip(np.round(noisy), 0, 255).astype(np.uint8), cv2.COLOR_GRAY2BGR)


def hung(picture: np.ndarray, mm_per_pixel: float, at_mm, turn_deg=(0.0, 0.0, 0.0)) -> Plane:
    """A picture with its middle at a place, turned about x, y, z (0: facing the level camera)."""
    rotation = np.eye(3)
    for axis, degrees in zip(np.eye(3), turn_deg, strict=True):
        rotation = cv2.Rodrigues(axis * np.radians(degrees))[0] @ rotation
    right, down = rotation[:, 0] * mm_per_pixel, rotation[:, 1] * mm_per_pixel
    height, width = picture.shape
    corner = np.array(at_mm, float) - right * (width - 1) / 2 - down * (height - 1) / 2
    return Plane(picture, corner, right, down)
