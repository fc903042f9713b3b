"""Measures and their intervals on exact keypoints, over postures, views, distances, rolls, yaws.

No network looks: the keypoints of the mannequin are projected and given noise of known covariance,
so what shows is the measures, the calibration and the stated intervals alone. The truth of a
measure is what a level camera far away reads of a person standing square to it. Everything the
intervals claim to cover is drawn: keypoint noise, the errors of the calibrated roll and scale, and
a yaw within the gate.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product

import numpy as np
from numpy.typing import NDArray
from posture_tools.bodies.points import NAMES
from posture_tools.evaluate.angle_error import Pair, measure_errors
from posture_tools.evaluate.mannequin import ViewErrors
from posture_tools.mannequin import PEOPLE, YAW_DEG, CameraPose, Person, everyday, standing

from edge.posture.assess import assess
from edge.posture.calibration import Calibration
from edge.posture.views import view_of
from edge.records import Pose, View
from edge.skeletons import COCO_17, SPINE_5, Skeleton

Float64 = NDArray[np.float64]

POSTURES = 16
DISTANCES_M = (2.4, 3.0, 4.0)
ROLLS_DEG = (-3.0, 0.0, 3.0)
PITCH_DEG = 2.0
ERRORS_DEG = (-4.0, -2.0, 0.0, 2.0, 4.0)  # of yaw: the middles of five slices of the gate
FOCAL_PX = 1300.0
ROLL_SD_DEG = 0.1
SCALE_SD = 0.01
SIGMA_PX = (0.8, 2.0)  # of a keypoint along the axes of its ellipse
_FAR_M = 3000.0
_SEEN: tuple[tuple[View, Skeleton], ...] = (
    *((view, COCO_17) for view in YAW_DEG), ("right", SPINE_5), ("left", SPINE_5),
)  # fmt: skip
_FACE = ("nose", "left_eye", "right_eye")


def people(view: View, count: int) -> list[Person]:
    """Standing people of three builds in many postures, square to the camera in this view."""
    return [
        Person(
            PEOPLE[seed % len(PEOPLE)], everyday(np.random.default_rng(seed)), yaw_deg=YAW_DEG[view]
        )
        for seed in range(count)
    ]


def keypoints_px(person: Person, camera: CameraPose) -> dict[str, Float64]:
    """Every point of the mannequin as the camera sees it, hidden or not."""
    points = standing(person.who, person.asked).points_m
    pixels = camera.project(camera.to_camera(person.place(points)))
    return dict(zip(NAMES, pixels, strict=True))


def pose_of(
    points: Mapping[str, Float64 | tuple[float, float]],
    skeleton: Skeleton,
    view: View,
    covariance: Float64,
) -> Pose:
    """A pose as a sure estimator would report it: no face from behind, far sides weaker.

    covariance : (K, 2, 2) px2, of the positions.
    """
    keypoints = np.full((len(skeleton.keypoints), 3), 0.9, np.float32)
    for i, name in enumerate(skeleton.keypoints):
        keypoints[i, :2] = points[name]
        if view == "back" and name in _FACE:
            keypoints[i] = (np.nan, np.nan, 0.0)
        elif view in ("right", "left") and name.startswith("left" if view == "right" else "right"):
            keypoints[i, 2] = 0.6
    return Pose(skeleton, keypoints, covariance.astype(np.float32), 0.9)


def calibration_of(camera: CameraPose, rng: np.random.Generator | None = None) -> Calibration:
    """What a calibration of this camera finds: the truth, or (rng) the truth within its errors."""
    roll_error, scale_error = (0.0, 0.0) if rng is None else rng.normal(0.0, 1.0, 2)
    return Calibration(
        roll_deg=camera.roll_deg + ROLL_SD_DEG * roll_error,
        pitch_deg=camera.pitch_deg,
        roll_sd_deg=ROLL_SD_DEG,
        focal_px=camera.focal_px,
        centre_px=((camera.width_px - 1) / 2, (camera.height_px - 1) / 2),
        distortion=camera.distortion,
        mm_per_px=1000.0 * camera.distance_m / camera.focal_px * (1 + SCALE_SD * scale_error),
        scale_sd=SCALE_SD,
    )


def _noise(rng: np.random.Generator, count: int) -> tuple[Float64, Float64]:
    """Errors (N, 2) px and their covariances (N, 2, 2), each an ellipse of its own."""
    angle = rng.uniform(0.0, np.pi, count)
    turn = np.stack([np.cos(angle), -np.sin(angle), np.sin(angle), np.cos(angle)], axis=1)
    root = turn.reshape(count, 2, 2) * rng.uniform(*SIGMA_PX, (count, 1, 2))
    errors = np.einsum("nij,nj->ni", root, rng.normal(0.0, 1.0, (count, 2)))
    return errors, root @ root.transpose(0, 2, 1)


def _pairs(view: View, skeleton: Skeleton, postures: int) -> Iterator[Pair]:
    rng = np.random.default_rng(1)
    count = len(skeleton.keypoints)
    for person in people(view, postures):
        far = CameraPose(_FAR_M, focal_px=FOCAL_PX * _FAR_M / DISTANCES_M[1])
        exact = pose_of(keypoints_px(person, far), skeleton, view, np.zeros((count, 2, 2)))
        truth = assess(exact, view, calibration_of(far))
        for distance, roll, error in product(DISTANCES_M, ROLLS_DEG, ERRORS_DEG):
            camera = CameraPose(distance, 0.95, PITCH_DEG, roll, FOCAL_PX)
            turned = replace(person, yaw_deg=person.yaw_deg + error)
            noise, covariance = _noise(rng, count)
            points = keypoints_px(turned, camera)
            noisy = {n: points[n] + e for n, e in zip(skeleton.keypoints, noise, strict=True)}
            pose = pose_of(noisy, skeleton, view, covariance)
            yield assess(pose, view, calibration_of(camera, rng)), truth


def measure_grid(postures: int = POSTURES) -> list[ViewErrors]:
    """Every measure in every view over the whole grid."""
    name = f"exact keypoints, {SIGMA_PX[0]} to {SIGMA_PX[1]} px of noise"
    views = []
    for view, skeleton in _SEEN:
        errors = measure_errors(_pairs(view, skeleton, postures))
        views.append(ViewErrors(name, view, tuple(errors.values())))
    return views


def findings(views: list[ViewErrors]) -> list[str]:
    """What the grid shows as a whole, in words."""
    measures = [m for view in views for m in view.measures]
    held = sum(m.covered * m.n for m in measures) / sum(m.n for m in measures)
    inside = sum(0.93 <= m.covered <= 0.97 for m in measures)
    said = ", ".join(f"{key} {count}" for key, count in sorted(mirrored_views().items()))
    return [
        f"The intervals hold {held:.1%} of all values; {inside} of {len(measures)} measures lie"
        " between 93 and 97 %.",
        f"A camera rolled by 3 deg and calibrated changes angles by {rolled_change_deg(3.0):.4f}"
        " deg at most.",
        f"Mirrored keypoints: {said}.",
    ]


def rolled_change_deg(roll_deg: float) -> float:
    """The most that an angle changes when the camera is rolled and calibrated again."""
    changes = [0.0]
    for view, skeleton in _SEEN:
        exact = np.zeros((len(skeleton.keypoints), 2, 2))
        for person in people(view, POSTURES):
            upright, rolled = (
                assess(
                    pose_of(keypoints_px(person, camera), skeleton, view, exact),
                    view,
                    calibration_of(camera),
                )
                for camera in (CameraPose(roll_deg=roll) for roll in (0.0, roll_deg))
            )
            changes += [
                abs(b.value - a.value)
                for a, b in zip(upright, rolled, strict=True)
                if a.unit == "deg" and a.value is not None and b.value is not None
            ]
    return max(changes)


def mirrored_views() -> Counter[str]:
    """Where x is mirrored and no label swapped: how often the facing test said what.

    Keys are "front refused", "back refused", "front silently wrong", ...
    """
    said: Counter[str] = Counter()
    camera = CameraPose()
    exact = np.zeros((len(COCO_17.keypoints), 2, 2))
    for view in YAW_DEG:
        for person in people(view, POSTURES):
            points = keypoints_px(person, camera)
            mirror = {n: (camera.width_px - 1 - x, y) for n, (x, y) in points.items()}
            found = view_of(pose_of(mirror, COCO_17, view, exact)).view
            named = view == "front" and found == "back"
            right = found == "unknown" or named
            said[f"{view} {'refused' if right else f'silently taken for {found}'}"] += 1
    return said
