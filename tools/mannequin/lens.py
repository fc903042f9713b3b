"""From metres in front of the camera to pixels: pose, pinhole and lens distortion."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CameraPose:
    """Where the camera hangs and what its lens does.

    The world has x to the right in the picture, y up from the floor and z from the stance mark
    towards the camera, which hangs above z = distance_m.

    height_m : of the lens above the floor.
    pitch_deg : + looks down. roll_deg : + adds to every tilt of a subject seen from the front.
    distortion : k1, k2, p1, p2, k3 as OpenCV writes them (Brown-Conrady).

    Pixel centres lie at whole numbers; the optical axis meets the middle of the picture.
    """

    distance_m: float = 3.0
    height_m: float = 0.95
    pitch_deg: float = 0.0
    roll_deg: float = 0.0
    focal_px: float = 1300.0
    distortion: tuple[float, float, float, float, float] = (0.0, 0.0, 0.0, 0.0, 0.0)
    width_px: int = 720
    height_px: int = 1280

    def __post_init__(self) -> None:
        if self.width_px < 16 or self.height_px < 16:
            raise ValueError(f"a picture of {self.width_px} x {self.height_px} px is too small")
        if self.distance_m <= 0 or self.focal_px <= 0:
            raise ValueError("distance and focal length must be above zero")

    @property
    def matrix(self) -> Float64:
        """Intrinsics (3, 3), px."""
        return np.array(
            [
                [self.focal_px, 0.0, (self.width_px - 1) / 2],
                [0.0, self.focal_px, (self.height_px - 1) / 2],
                [0.0, 0.0, 1.0],
            ]
        )

    @property
    def rotation(self) -> Float64:
        """Rotation (3, 3) from the level camera's axes (x right, y down, z forward) to the mounted
        one's."""
        pitch, roll = math.radians(self.pitch_deg), math.radians(self.roll_deg)
        cp, sp, cr, sr = math.cos(pitch), math.sin(pitch), math.cos(roll), math.sin(roll)
        pitched = np.array([[1.0, 0.0, 0.0], [0.0, cp, -sp], [0.0, sp, cp]])
        rolled = np.array([[cr, -sr, 0.0], [sr, cr, 0.0], [0.0, 0.0, 1.0]])
        return np.asarray(rolled @ pitched)

    def to_camera(self, world_m: Float64) -> Float64:
        """World points (N, 3), m, in the camera's axes: x right, y down, z along the axis."""
        level = np.empty_like(world_m)
        level[:, 0] = world_m[:, 0]
        level[:, 1] = self.height_m - world_m[:, 1]
        level[:, 2] = self.distance_m - world_m[:, 2]
        return np.asarray(level @ self.rotation.T)

    def project(self, camera_m: Float64) -> Float64:
        """Points in the camera's axes (N, 3) to pixels (N, 2)."""
        no_motion = np.zeros(3)
        pixels, _ = cv2.projectPoints(
            camera_m, no_motion, no_motion, self.matrix, np.array(self.distortion)
        )
        return np.asarray(pixels.reshape(-1, 2), np.float64)
