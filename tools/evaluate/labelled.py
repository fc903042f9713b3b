"""A labelled person and a found one: what every metric compares."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.records import Pose
from edge.skeletons import COCO_17

Box = tuple[float, float, float, float]
Float64 = NDArray[np.float64]

# A figure's own share of its box, for the area that OKS divides by where nobody drew an outline.
AREA_SHARE = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """One label of a photograph.

    keypoints : float64 (17, 3) in COCO order: x px, y px, v (0 unlabelled, 1 hidden, 2 visible).
    area_px2 : the person's area, the s^2 of OKS.
    box_px : x, y, width, height.
    crowd : a region of many people; may absorb any number of detections, is never missed.
    ignored : whoever finds this person is neither rewarded nor punished.
    view : front | back | right | left | unknown; side, where labels do not say which.
    hips_show : waist and both hips can be followed by eye, as a person judged.
    head_box_px : as box_px, of the head alone; only MPII's labels have it.
    """

    keypoints: Float64
    area_px2: float
    box_px: Box
    crowd: bool = False
    ignored: bool = False
    view: str = "unknown"
    upright: bool = False
    hips_show: bool = False
    head_box_px: Box | None = None

    def __post_init__(self) -> None:
        self.keypoints.setflags(write=False)

    @property
    def labelled(self) -> int:
        """Number of keypoints with v > 0."""
        return int(np.count_nonzero(self.keypoints[:, 2] > 0))

    @property
    def wanted(self) -> bool:
        """Somebody whom an estimator should find, and place."""
        return not self.crowd and not self.ignored and self.labelled > 0


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    """One person as an estimator found them.

    keypoints : float64 (17, 2) in COCO order, px; NaN where a keypoint was not found.
    """

    keypoints: Float64
    score: float

    @property
    def area_px2(self) -> float:
        """Area of the box around the found keypoints, as COCO measures a detection's size."""
        found = self.keypoints[~np.isnan(self.keypoints).any(-1)]
        return float(np.prod(np.ptp(found, axis=0))) if len(found) else 0.0


def detection(pose: Pose) -> Detection:
    """A pose of any skeleton, in COCO order; keypoints that its skeleton lacks are NaN."""
    keypoints = np.full((len(COCO_17.keypoints), 2), np.nan)
    for i, name in enumerate(COCO_17.keypoints):
        if name in pose.skeleton.index:
            keypoints[i] = pose.keypoints[pose.skeleton.index[name], :2]
    return Detection(keypoints, pose.score)
