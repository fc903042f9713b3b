"""What a body truly measures, by the product's own definitions: in its picture, or in space.

Of the picture: what an exact reading of it gives, turned and seen in perspective as the body is.
That judges a network. In space: as a camera far away would see it, level and square to the person.
That judges the interval against the world, of which turn and perspective are a part.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from posture_tools.evaluate.body_pack import Body

from edge.errors import LabelsInvalid
from edge.posture.calibration import LEVEL, Calibration
from edge.posture.catalogue import EVERY
from edge.posture.catalogue.definition import Definition
from edge.posture.landmarks import Landmarks, Side
from edge.posture.perspective import in_ankle_plane
from edge.records import Pose
from edge.skeletons import COCO_18, Skeleton

# (code, version of its definition) -> value, in deg, %, 1 or mm of somebody of this stature, whom
# everybody's lengths are brought to.
STATURE_MM = 1700.0
Truth = dict[tuple[str, str], float]
DEFINITIONS: tuple[Definition, ...] = EVERY
# The person's turn in each view, as packs of bodies have it.
_YAW_DEG = {"front": 0.0, "back": 180.0, "left": 90.0, "right": 270.0}


def in_picture(body: Body, calibration: Calibration) -> Truth:
    """Measures of the picture's true keypoints, made as a station makes them of its own."""
    landmarks = Landmarks.of(_pose(body.names, body.keypoints), calibration, _near(body))
    return dict(_values(in_ankle_plane(landmarks, body.view, calibration), body))


def in_space(body: Body) -> Truth:
    """Measures of the body in space, whatever the picture shows of it.

    Raises
    ------
    LabelsInvalid : its pack does not say where its points lie in space.
    """
    if body.points_m is None:
        raise LabelsInvalid(
            f"{body.set_name} has no xyz: it does not say where points lie in space.",
            "Make it again with this version's `python -m posture_tools.bodies exam`.",
        )
    turn = np.radians(_YAW_DEG[body.view])
    across = np.array([np.cos(turn), np.sin(turn), 0.0])
    points = np.stack([body.points_m @ across, -body.points_m[:, 2]], axis=1) * 1000.0
    seen = np.concatenate([points, np.ones((len(points), 1))], axis=1)
    return dict(_values(Landmarks.of(_pose(body.names, seen), LEVEL, _near(body)), body))


def with_scale(pose: Pose, calibration: Calibration) -> Calibration:
    """What reports lengths of this person as those of somebody of `STATURE_MM`."""
    stature_px = Landmarks.of(pose, calibration).stature_px
    if stature_px is None:
        return calibration
    return replace(calibration, mm_per_px=STATURE_MM / stature_px, scale_sd=0.0)


def _values(landmarks: Landmarks, body: Body) -> Iterator[tuple[tuple[str, str], float]]:
    facing = 1.0 if body.view in ("front", "right") else -1.0
    stature = landmarks.stature_px or np.nan
    for definition in DEFINITIONS:
        seen = body.view in definition.views and landmarks.seen(*definition.landmarks)
        on_floor = definition.plane == "floor"  # takes a lens, which a picture does not tell
        if on_floor or definition.formula is None or not seen or definition.gate(landmarks):
            continue
        points = np.stack([landmarks.point(mark) for mark in definition.landmarks])
        with np.errstate(divide="ignore", invalid="ignore"):
            value = definition.formula(points, facing)
        if definition.unit == "length":
            value *= STATURE_MM / stature
        if np.isfinite(value):
            yield (definition.code, definition.version), value


def _near(body: Body) -> Side:
    return body.view if body.view == "left" or body.view == "right" else ""  # noqa: PLR1714


def _pose(names: tuple[str, ...], keypoints: NDArray[np.float64]) -> Pose:
    ends = [names.index(end) for end in COCO_18.middles["neck"]]
    neck = np.append(keypoints[ends, :2].mean(axis=0), keypoints[ends, 2].min())
    names, keypoints = (*names, "neck"), np.vstack([keypoints, neck])
    skeleton = Skeleton("body", names, ())
    covariance = np.zeros((len(names), 2, 2), np.float32)
    points = np.where(keypoints[:, 2:] > 0, keypoints[:, :2], np.nan)
    scores = np.where(keypoints[:, 2:] > 0, 1.0, 0.0)
    return Pose(skeleton, np.hstack([points, scores]).astype(np.float32), covariance, 1.0)
