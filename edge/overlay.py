"""The picture of what was measured: skeleton, plumb line, and each angle beside its line.

And of what a network saw: its heatmaps over the picture.

Widths and letters scale with the picture. What is missing or lies far outside is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np

from edge.field_maps import FieldMaps
from edge.posture.angles import Float64
from edge.posture.applying import alternatives
from edge.posture.catalogue.definition import Definition
from edge.posture.landmarks import USABLE, Box, Landmarks, box_px
from edge.records import Measure, Pose, Quality, Uint8

Colour = tuple[int, int, int]  # BGR

_FONT = cv2.FONT_HERSHEY_SIMPLEX
_LEFT: Colour = (80, 160, 255)
_RIGHT: Colour = (255, 190, 70)
_MIDDLE: Colour = (210, 210, 210)
_PLUMB: Colour = (90, 90, 255)
_MEASURED: dict[Quality, Colour] = {Quality.OK: (120, 240, 120), Quality.LOW: (90, 220, 250)}
_PAPER: Colour = (24, 24, 24)
# Heatmaps below the first are not drawn; the second is how much of the picture a peak hides.
_FAINT, _HEAT_SHARE = 0.1, 0.7
# OpenCV keeps coordinates as 32-bit fixed point: a line to a point far outside would wrap around.
_FARTHEST_PX = 16_000.0


def draw(image: Uint8, poses: Sequence[Pose], measures: Sequence[Sequence[Measure]]) -> Uint8:
    """A new picture with everybody's skeleton, plumb line and measured angles.

    image : uint8 (H, W, 3), BGR. measures : for each pose what `assess` said of it; angles are
        written as JSON rounds them to 0.1 deg, green where the quality is ok, yellow where low.
    """
    if len(poses) != len(measures):
        raise ValueError(f"{len(poses)} poses, but measures of {len(measures)}")
    pen = _Pen(np.array(image))
    bodies = []
    for pose, of_pose in zip(poses, measures, strict=True):
        view = of_pose[0].view if of_pose else "unknown"
        sides = [m.side for m in of_pose if m.side and view in ("right", "left")]
        body = Landmarks.of(pose, near=sides[0] if sides else "")
        _draw_skeleton(pen, pose)
        _draw_plumb_line(pen, body)
        bodies.append((pose, body, of_pose))
    for pose, body, of_pose in bodies:  # labels last: nobody's limbs cross them
        for measure in of_pose:
            if measure.value is not None and measure.unit == "deg":
                _draw_angle(pen, pose, body, _definition_of(measure, pose), measure)
    return pen.canvas


def blend_heatmaps(image: Uint8, maps: FieldMaps) -> Uint8:
    """A new picture under the highest of the keypoints' heatmaps: blue for low, red for 1.

    image : uint8 (H, W, 3), BGR, the picture that the maps were made of. What lies below a tenth
        is left as it is.
    """
    box, stride = maps.letterbox, maps.stride
    to_map = np.array(
        [
            [box.scale_x / stride, 0, (box.offset_x_px + 0.5) / stride - 0.5],
            [0, box.scale_y / stride, (box.offset_y_px + 0.5) / stride - 0.5],
        ]
    )
    height = cv2.warpAffine(
        maps.heatmaps.max(axis=0),
        to_map,
        (image.shape[1], image.shape[0]),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
    ).clip(0, 1)
    colours = cv2.applyColorMap(np.rint(255 * height).astype(np.uint8), cv2.COLORMAP_TURBO)
    share = np.where(height < _FAINT, 0, _HEAT_SHARE * np.sqrt(height))[:, :, None]
    blended: Uint8 = np.rint(image * (1 - share) + colours * share).astype(np.uint8)
    return blended


def angle_text(value_deg: float) -> str:
    """One decimal and a sign, as numbers in JSON round; no minus before a zero."""
    return f"{round(value_deg, 1) + 0.0:+.1f}"


def _definition_of(measure: Measure, pose: Pose) -> Definition:
    known = alternatives(pose.skeleton, measure.view)
    kind = measure.code, measure.definition
    return next(d for of_code in known for d in of_code if (d.code, d.version) == kind)


class _Pen:
    """Lines, dots and labels of a size that fits the picture."""

    def __init__(self, canvas: Uint8) -> None:
        self.canvas = canvas
        self._height, self._width = canvas.shape[:2]
        self.unit = max(0.5, min(self._height, self._width) / 600.0)
        self.thickness = max(1, round(2.0 * self.unit))
        self._labels: list[Box] = []

    def line(self, a: Float64, b: Float64, colour: Colour, thickness: int) -> None:
        ends = np.array([a, b])
        if np.isfinite(ends).all() and (np.abs(ends) < _FARTHEST_PX).all():
            (ax, ay), (bx, by) = np.rint(ends).astype(int).tolist()
            cv2.line(self.canvas, (ax, ay), (bx, by), colour, thickness, cv2.LINE_AA)

    def dot(self, at: Float64, colour: Colour) -> None:
        if np.isfinite(at).all() and (np.abs(at) < _FARTHEST_PX).all():
            x, y = np.rint(at).astype(int).tolist()
            cv2.circle(self.canvas, (x, y), self.thickness + 1, colour, -1, cv2.LINE_AA)

    def label(self, text: str, anchor: Float64, beside: Box, colour: Colour) -> None:
        """Text right or left of the box `beside`, where no other label is, tied to its anchor."""
        scale = 0.42 * self.unit
        (width, height), _ = cv2.getTextSize(text + " o", _FONT, scale, 1)
        scale *= min(1.0, 0.45 * self._width / width)
        thin = max(1, round(self.unit))
        (width, height), _ = cv2.getTextSize(text, _FONT, scale, thin)
        pad = max(1.0, 0.35 * height)
        full = width + 0.8 * height + 2.0 * pad, height + 2.0 * pad
        left, top, right, bottom = self._place(full, float(anchor[1]), beside)
        toward = left if left > anchor[0] else right
        middle = 0.5 * (top + bottom)
        self.line(anchor, np.array([toward, middle]), colour, thin)
        corner, opposite = (round(left), round(top)), (round(right), round(bottom))
        cv2.rectangle(self.canvas, corner, opposite, _PAPER, -1)
        origin = round(left + pad), round(bottom - pad)
        cv2.putText(self.canvas, text, origin, _FONT, scale, colour, thin, cv2.LINE_AA)
        degree = round(left + pad + width + 0.35 * height), round(top + pad + 0.15 * height)
        cv2.circle(self.canvas, degree, max(1, round(0.2 * height)), colour, thin, cv2.LINE_AA)

    def _place(self, size: tuple[float, float], y: float, beside: Box) -> Box:
        """The free box nearest to height y; where the picture is full, over another label."""
        width, height = size
        gap = 8.0 * self.unit
        columns = [
            min(max(0.0, x), max(0.0, self._width - 1 - width))
            for x in (beside[2] + gap, beside[0] - gap - width)
        ]
        lowest = max(0.0, self._height - 1 - height)
        wanted = min(max(0.0, y - 0.5 * height), lowest)
        for step in range(2 * int(self._height / height) + 2):
            top = wanted + (-1.0) ** step * ((step + 1) // 2) * (height + 1.0)
            for left in columns:
                box = (left, top, left + width, top + height)
                if 0.0 <= top <= lowest and not any(_overlap(box, other) for other in self._labels):
                    self._labels.append(box)
                    return box
        return columns[0], wanted, columns[0] + width, wanted + height


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _draw_skeleton(pen: _Pen, pose: Pose) -> None:
    names = pose.skeleton.keypoints
    points = pose.keypoints[:, :2].astype(np.float64)
    seen = pose.keypoints[:, 2] >= USABLE
    for a, b in pose.skeleton.limbs:
        if seen[a] and seen[b]:
            colours = _colour(names[a]), _colour(names[b])
            shared = colours[0] if colours[0] == colours[1] else _MIDDLE
            pen.line(points[a], points[b], shared, pen.thickness)
    for row in np.flatnonzero(seen):
        pen.dot(points[row], _colour(names[row]))


def _colour(keypoint: str) -> Colour:
    if keypoint.startswith("left_"):
        return _LEFT
    return _RIGHT if keypoint.startswith("right_") else _MIDDLE


def _draw_plumb_line(pen: _Pen, body: Landmarks) -> None:
    """Draw the plumb line from the middle of the ankles (the near ankle of a side view) up the
    whole picture."""
    ankle = "ankle" if body.near else "mid_ankle"
    if body.seen(ankle):
        foot = body.point(ankle)
        pen.line(np.array([foot[0], 0.0]), foot, _PLUMB, max(1, pen.thickness // 2))


def _draw_angle(
    pen: _Pen, pose: Pose, body: Landmarks, definition: Definition, measure: Measure
) -> None:
    """The line or the joint that an angle belongs to, and its value beside the person.

    A difference of two angles has no line of its own and stays in the table, and so does the AIGO
    form of an angle that is drawn already.
    """
    box = box_px(pose)
    repeated = measure.code.startswith("aigo_")
    if box is None or measure.value is None or repeated or len(definition.landmarks) > 3:
        return
    colour = _MEASURED[measure.quality]
    points = np.array([body.point(landmark) for landmark in definition.landmarks])
    for a, b in pairwise(points):
        pen.line(a, b, colour, max(1, pen.thickness // 2))
    anchor = points[1] if len(points) == 3 else points.mean(axis=0)
    pen.label(f"{measure.code.replace('_', ' ')} {angle_text(measure.value)}", anchor, box, colour)
