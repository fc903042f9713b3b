"""A person's box a little larger or smaller, or beside where it was.

Where the box comes from a finder it is the finder's pose that is changed: whatever is cropped by
it, in one crop or several, changes alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from posture_tools.evaluate.labelled import Box

from edge.estimation.estimator import Estimator
from edge.estimation.refined import person_box
from edge.records import Frame, ModelIdentity, Pose


@dataclass(frozen=True, slots=True)
class BoxChange:
    """scale : of both sides, about the centre. right, down : in heights of the box as it was."""

    scale: float = 1.0
    right: float = 0.0
    down: float = 0.0

    def of(self, box_px: Box) -> Box:
        x, y, width, height = box_px
        return (
            x + width * (1.0 - self.scale) / 2 + self.right * height,
            y + height * (1.0 - self.scale) / 2 + self.down * height,
            width * self.scale,
            height * self.scale,
        )


AS_IT_IS = BoxChange()


class MovedFinder:
    """A finder whose poses are moved so that the boxes about them are the changed ones.

    A picture that is shown again, with another change, is not searched again.
    """

    def __init__(self, finder: Estimator) -> None:
        self.models: tuple[ModelIdentity, ...] = finder.models
        self.timings: Mapping[str, float] = {}
        self.change = AS_IT_IS
        self._finder = finder
        self._frame: Frame | None = None
        self._found: list[Pose] = []

    def estimate(self, frame: Frame) -> list[Pose]:
        if frame is not self._frame:
            self._found = self._finder.estimate(frame)
            self._frame = frame
            self.timings = self._finder.timings
        if self.change == AS_IT_IS:
            return self._found
        return [_moved(pose, self.change, frame) for pose in self._found]


def _moved(pose: Pose, change: BoxChange, frame: Frame) -> Pose:
    x, y, width, height = person_box(pose, (frame.height_px, frame.width_px))
    centre = np.array([x + width / 2, y + height / 2])
    keypoints = pose.keypoints.copy()
    from_centre = keypoints[:, :2] - centre
    shift = np.array([change.right, change.down]) * height
    keypoints[:, :2] = centre + change.scale * from_centre + shift
    return replace(pose, keypoints=keypoints)
