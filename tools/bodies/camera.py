"""A pinhole camera with a lens, looking at somebody who stands at the origin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]


@dataclass(frozen=True)
class Camera:
    """Where the camera is and what it sees.

    yaw_deg: the person's turn; 0 faces the camera, 90 shows the left side, 180 the back, 270 the
    right side. distance_m and height_m of the lens from the person's axis and the floor; right_m
    moves the camera sideways. roll_deg, pitch_deg (down is +): its attitude. focal_px, size_hw.
    k1: radial distortion of the lens (OpenCV's).
    """

    yaw_deg: float
    distance_m: float
    height_m: float
    focal_px: float
    size_hw: tuple[int, int]
    pitch_deg: float = 0.0
    roll_deg: float = 0.0
    right_m: float = 0.0
    k1: float = 0.0

    def turned(self, directions: Float64) -> Float64:
        """Directions of the body's space (N, 3) in the camera's: x right, y down, z forward."""
        return np.asarray(directions @ (self._attitude @ self._facing).T)

    def project(self, points_m: Float64) -> tuple[Float64, Float64]:
        """Points (N, 3) m to pixels (N, 2), centres at whole numbers, and 1 / depth (N,)."""
        room = points_m @ self._facing.T - np.array([self.right_m, -self.distance_m, self.height_m])
        seen = room @ self._attitude.T
        plane = seen[:, :2] / seen[:, 2:]
        bent = plane * (1.0 + self.k1 * (plane**2).sum(axis=1, keepdims=True))
        h, w = self.size_hw
        return bent * self.focal_px + np.array([w / 2 - 0.5, h / 2 - 0.5]), 1.0 / seen[:, 2]

    @property
    def _attitude(self) -> Float64:
        p, r = np.radians([self.pitch_deg, self.roll_deg])
        axes = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
        pitch = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
        roll = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
        return np.asarray(roll @ pitch @ axes)

    @property
    def _facing(self) -> Float64:
        a = np.radians(self.yaw_deg)
        return np.array([[np.cos(a), np.sin(a), 0], [-np.sin(a), np.cos(a), 0], [0, 0, 1]])
