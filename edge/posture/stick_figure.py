"""A pose as a coarse stick figure, for pages that show no picture."""

from __future__ import annotations

from edge.posture.angles import Float64
from edge.posture.calibration import LEVEL, Calibration
from edge.posture.landmarks import USABLE, Landmarks
from edge.records import Figure, Pose

_FAR = 4000  # thousandths of stature; a keypoint farther away is none of this body


def figure_of(pose: Pose, calibration: Calibration = LEVEL) -> Figure:
    """The keypoints seen, rectified, in thousandths of stature; empty where stature is unknown."""
    body = Landmarks.of(pose, calibration)
    if body.stature_px is None:
        return {}
    origin = _between_the_ankles(body)
    figure: Figure = {}
    for name, row in body.index.items():
        if body.scores[row] >= USABLE:
            x, y = (body.points_px[row] - origin) * (1000.0 / body.stature_px)
            if abs(x) <= _FAR and abs(y) <= _FAR:
                figure[name] = round(float(x)), round(float(y))
    return figure


def _between_the_ankles(body: Landmarks) -> Float64:
    """The figure's origin: the middle of the ankles, the one that is seen, or else the point below
    the lowest keypoint."""
    ankles = [side for side in ("left_ankle", "right_ankle") if body.seen(side)]
    if ankles:
        points = [body.point(ankle) for ankle in ankles]
        middle: Float64 = sum(points[1:], points[0]) / len(points)
        return middle
    seen = body.points_px[body.scores >= USABLE]
    lowest: Float64 = seen[seen[:, 1].argmax()]
    return lowest
