"""Somebody who wears printed targets, standing before a wall: the picture, the pose, the truth."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from posture_tools.evaluate.drawn_stickers import Shot, with_targets
from simulators.standing_person import Pinhole, seen

from edge.markers.expected import expected
from edge.markers.protocol import PROTOCOLS, Placement, protocol_of
from edge.posture.landmarks import Landmarks
from edge.records import Pose, View

CAMERA = Pinhole(focal_px=1100.0, width_px=520, height_px=820)


@dataclass(frozen=True, eq=False)
class Stickered:
    """centres_px : landmark -> where its target's centre is drawn."""

    image: np.ndarray
    plain: np.ndarray
    pose: Pose
    view: View
    targets: dict[str, Placement]
    centres_px: dict[str, np.ndarray]
    px_per_mm: float


def wall(rng, height=CAMERA.height_px, width=CAMERA.width_px):
    """Light and dark patches of skin's colour, grain over them: nothing of it is a target."""
    rough = rng.normal(0.0, 1.0, (height // 16, width // 16, 4))
    patches = cv2.resize(rough, (width, height), interpolation=cv2.INTER_CUBIC)
    light, tint = 35.0 * patches[..., :1], 7.0 * patches[..., 1:]
    grain = rng.normal(0.0, 3.0, (height, width, 3))
    return np.clip(np.array([120, 140, 170]) + light + tint + grain, 5, 250).astype(np.uint8)


def stickered(view: View, seed=0, *, without=(), scatter=0.004, shot=None, joints_off=0.0):
    """A person in a view. scatter, joints_off : of targets and of joints, in statures."""
    rng = np.random.default_rng(seed)
    true = seen(view, camera=CAMERA, sigma_px=1.0)
    stature = Landmarks.of(true).stature_px
    targets = PROTOCOLS[protocol_of(view)].targets("left" if view == "left" else "right")
    should = expected(true, view, targets)
    centres = {
        name: point + rng.normal(0.0, scatter * stature, 2)
        for name, point in zip(should.names, should.points_px, strict=True)
        if name not in without
    }
    plain = wall(rng)
    shot = shot or Shot("neutral", 0.7)
    px_per_mm = stature / 1700.0
    image = with_targets(plain, np.array([*centres.values()]), px_per_mm, shot, rng)
    keypoints = true.keypoints.copy()
    keypoints[:, :2] += rng.normal(0.0, joints_off * stature, keypoints[:, :2].shape)
    pose = Pose(true.skeleton, keypoints, true.covariance_px2, true.score)
    return Stickered(image, plain, pose, view, targets, centres, px_per_mm)
