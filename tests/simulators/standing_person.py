"""A person of seventeen points in space, seen by a pinhole camera: the truth that measures meet.

Written without the product's geometry: rotations and a projection, nothing about measures.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.records import Pose
from edge.skeletons import COCO_17, Skeleton

TURN_DEG = {"front": 0.0, "right": 90.0, "back": 180.0, "left": 270.0}


@dataclass(frozen=True)
class Person:
    """Metres and degrees; tilts + right side higher, lean + to the subject's right."""

    stature_m: float = 1.7
    shoulder_tilt_deg: float = 0.0
    pelvis_tilt_deg: float = 0.0
    trunk_lean_deg: float = 0.0
    head_lean_deg: float = 0.0
    head_forward_deg: float = 15.0

    def points_m(self) -> dict[str, NDArray[np.float64]]:
        """name -> (to the subject's left, up, forward), from the floor between the ankles."""
        h = self.stature_m
        hips = np.array([0.0, 0.53, 0.036]) * h
        lean = math.radians(self.trunk_lean_deg)
        shoulders = hips + 0.288 * h * np.array([-math.sin(lean), math.cos(lean), -0.05])
        side, ahead = math.radians(self.head_lean_deg), math.radians(self.head_forward_deg)
        ears = shoulders + 0.115 * h * np.array([-math.tan(side), 1.0, math.tan(ahead)])

        def pair(centre, half_width, tilt_deg=0.0):
            tilt = math.radians(tilt_deg)
            left = half_width * h * np.array([math.cos(tilt), -math.sin(tilt), 0.0])
            return {"left": centre + left, "right": centre - left}

        pairs = {
            "eye": pair(ears + h * np.array([0.0, 0.02, 0.045]), 0.018),
            "ear": pair(ears, 0.045),
            "shoulder": pair(shoulders, 0.1, self.shoulder_tilt_deg),
            "elbow": pair(shoulders + h * np.array([0.0, -0.186, 0.0]), 0.13),
            "wrist": pair(shoulders + h * np.array([0.0, -0.33, 0.02]), 0.14),
            "hip": pair(hips, 0.055, self.pelvis_tilt_deg),
            "knee": pair(np.array([0.0, 0.285, 0.02]) * h, 0.055),
            "ankle": pair(np.array([0.0, 0.039, 0.0]) * h, 0.055),
        }
        points = {f"{s}_{name}": p for name, both in pairs.items() for s, p in both.items()}
        points["nose"] = ears + h * np.array([0.0, -0.005, 0.06])
        return points


@dataclass(frozen=True)
class Pinhole:
    """A level camera, rolled by `roll_deg` clockwise in the picture, at the height of the hips."""

    focal_px: float = 1300.0
    width_px: int = 1080
    height_px: int = 1920
    distance_m: float = 3.0
    lens_height_m: float = 0.9
    roll_deg: float = 0.0

    def project(self, points_m, turn_deg: float, aside_m: float = 0.0):
        """name -> (x, y) px of a person turned by `turn_deg` (0 faces the camera)."""
        turn, roll = math.radians(turn_deg), math.radians(self.roll_deg)
        image = {}
        for name, (left, up, ahead) in points_m.items():
            x = left * math.cos(turn) + ahead * math.sin(turn) + aside_m
            z = self.distance_m - ahead * math.cos(turn) + left * math.sin(turn)
            u = self.focal_px * x / z
            v = self.focal_px * (self.lens_height_m - up) / z
            image[name] = np.array(
                [
                    self.width_px / 2 + u * math.cos(roll) - v * math.sin(roll),
                    self.height_px / 2 + u * math.sin(roll) + v * math.cos(roll),
                ]
            )
        return image


def scores_seen(view: str) -> dict[str, float]:
    """What an estimator says of each keypoint: faces vanish from behind, far sides weaken."""
    scores = dict.fromkeys(COCO_17.keypoints, 0.9)
    face = ("nose", "left_eye", "right_eye")
    if view == "back":
        scores |= dict.fromkeys(face, 0.05)
    if view in ("right", "left"):
        far = "left" if view == "right" else "right"
        scores |= {name: 0.6 for name in scores if name.startswith(far)}
        scores |= {f"{far}_eye": 0.1, f"{far}_ear": 0.1}
    return scores


def pose_of(
    points, scores=None, *, sigma_px: float = np.nan, skeleton: Skeleton = COCO_17, score=0.9
) -> Pose:
    """A pose from name -> (x, y); what is not named is missing."""
    keypoints = np.full((len(skeleton.keypoints), 3), np.nan, np.float32)
    keypoints[:, 2] = 0.0
    for name, point in points.items():
        keypoints[skeleton.index[name]] = (*point, 0.9 if scores is None else scores[name])
    covariance = np.broadcast_to(sigma_px**2 * np.eye(2, dtype=np.float32), (len(keypoints), 2, 2))
    return Pose(skeleton, keypoints, covariance.astype(np.float32), score)


def seen(view: str, person: Person | None = None, camera: Pinhole | None = None, **options) -> Pose:
    """A person in a view, as an estimator would report."""
    yaw_deg, aside_m = options.pop("yaw_deg", 0.0), options.pop("aside_m", 0.0)
    points = (camera or Pinhole()).project(
        (person or Person()).points_m(), TURN_DEG[view] + yaw_deg, aside_m
    )
    return pose_of(points, scores_seen(view), **options)
