"""Where a landmark should be, and how surely: from a network's joints, and from its landmarks.

Anatomy leads from the joints of COCO to the skin: part of the way from one joint towards another,
and a constant step aside and ahead, in parts of stature. The table holds means and scatter over
660 bodies of the body model, of both sexes and 8 to 80 years. Where a network places the landmark
itself, that is a second opinion, weighed against anatomy's by what each is good for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edge.markers.protocol import AWAY, Placement
from edge.markers.target import STANDING_MM
from edge.posture.landmarks import Landmarks
from edge.records import Pose, View
from edge.skeletons import part_of

Float64 = NDArray[np.float64]


class _Way(NamedTuple):
    """How to come to a landmark from two joints.

    start, towards : joints; in a side view a `mid_` joint is that of the near side. share : part of
    the way from one to the other. aside, ahead : then away from the body's middle and forward, in
    parts of stature. sd : one deviation of what anatomy leaves open; ahead_sd : the same, forward.
    """

    start: str
    towards: str
    share: float
    aside: float
    ahead: float
    sd: float
    ahead_sd: float


_WAYS = {
    "tragus": _Way("ear", "shoulder", 0.06, -0.001, 0.006, 0.004, 0.004),
    "acromion": _Way("shoulder", "hip", -0.063, 0.014, -0.007, 0.009, 0.016),
    "sternal_notch": _Way("mid_shoulder", "mid_hip", 0.0, 0.0, 0.039, 0.011, 0.011),
    "C7": _Way("mid_shoulder", "mid_hip", -0.159, 0.0, -0.028, 0.012, 0.033),
    "T8": _Way("mid_shoulder", "mid_hip", 0.178, 0.0, -0.055, 0.012, 0.030),
    "L4": _Way("mid_hip", "mid_shoulder", 0.306, 0.0, -0.047, 0.011, 0.012),
    "scap_inf": _Way("shoulder", "hip", 0.215, -0.033, -0.056, 0.014, 0.030),
    "asis": _Way("hip", "shoulder", 0.140, 0.010, 0.050, 0.010, 0.010),
    "psis": _Way("hip", "shoulder", 0.200, -0.040, -0.056, 0.010, 0.012),
    "trochanter": _Way("hip", "shoulder", 0.0, 0.049, -0.004, 0.008, 0.008),
    "patella": _Way("knee", "ankle", 0.020, -0.002, 0.036, 0.007, 0.007),
    "tib_tub": _Way("knee", "ankle", 0.147, -0.003, 0.028, 0.006, 0.006),
    "knee": _Way("knee", "knee", 0.0, 0.0, 0.0, 0.008, 0.010),
    "ankle": _Way("ankle", "ankle", 0.0, 0.0, 0.0, 0.006, 0.006),
    "lat_mal": _Way("ankle", "knee", -0.050, 0.020, -0.008, 0.005, 0.005),
    "achilles": _Way("ankle", "knee", 0.030, -0.003, -0.030, 0.008, 0.006),
    "heel": _Way("ankle", "knee", -0.179, -0.003, -0.031, 0.008, 0.006),
}
# How far joints found in photographs are off, one deviation, in parts of stature, where none is
# astray: hips, which nobody sees, the most.
_JOINT_SD = {"ear": 0.0105, "shoulder": 0.0165, "hip": 0.021, "knee": 0.021, "ankle": 0.0225}
# Now and then a joint is found somewhere else altogether: on the other knee, on a shadow, on a
# hem. So often, and by so much, one deviation, in parts of stature.
ASTRAY_OFTEN, ASTRAY_SD = 0.03, 0.10
# A landmark that a network places, from where a sticker is stuck: 0.004 to 0.013 on bodies, more on
# photographs. One that contradicts anatomy is elsewhere, on an elbow or on a hem.
_NETWORK_SD, _CONTRADICTS_SD = 0.015, 3.0
_ADULT_MM = 1700.0
_TAB_SD = 0.5  # of how far a standing target stands off: tabs are bent this way and that


@dataclass(frozen=True, eq=False)
class Expected:
    """Landmarks that may carry a target.

    names : N of them. points_px (N, 2). covariance_px2 (2, N, N), of x and of y: what several
    landmarks have from one joint is off together. ordered : pairs of rows; the first is seen to
    the left of the second. joints : of each landmark, joint -> how much it moves with that.
    """

    names: tuple[str, ...]
    points_px: Float64
    covariance_px2: Float64
    ordered: tuple[tuple[int, int], ...] = ()
    joints: tuple[Mapping[str, float], ...] = ()

    @property
    def deviations_px(self) -> Float64:
        """(N, 2), of each landmark's x and y."""
        return np.asarray(np.sqrt(np.diagonal(self.covariance_px2, axis1=1, axis2=2)).T)


def anatomy_sd(name: str) -> float:
    """How far a landmark lies from where anatomy leads, one deviation, in parts of stature."""
    return _WAYS[part_of(name)].sd


def expected(
    pose: Pose, view: View, targets: Mapping[str, Placement], measured: Pose | None = None
) -> Expected:
    """Where the centres of these targets should be seen; those without a joint are left out.

    measured : the same person in the same picture, with landmarks; those of `pose`, if any, without
    it.
    """
    body = _uncrossed(Landmarks.of(pose), view)
    stature = body.stature_px
    if stature is None:
        return Expected((), np.zeros((0, 2)), np.zeros((2, 0, 0)))
    names, points, leans = [], [], []
    for name, placement in targets.items():
        placed = _place(name, body, view, stature)
        if placed is None:
            continue
        point, lean = placed
        off = stands_off_px(name, placement, view, stature / _ADULT_MM)
        bent = _TAB_SD * float(np.hypot(*off)) / stature
        lean[f"own:{name}"] = np.hypot(lean.pop(""), bent)
        names.append(name)
        points.append(point + off)
        leans.append(lean)
    covariance = np.zeros((2, len(names), len(names)))
    for i, a in enumerate(leans):
        for j, b in enumerate(leans):
            for cause in a.keys() & b.keys():
                covariance[:, i, j] += a[cause] * b[cause]
    by_anatomy = Expected(
        tuple(names),
        np.array(points).reshape(-1, 2),
        covariance * stature**2,
        _ordered(names, view),
        tuple(_moves_with(lean) for lean in leans),
    )
    return _weighed(by_anatomy, Landmarks.of(measured or pose), view, targets, stature)


def _weighed(
    by_anatomy: Expected, body: Landmarks, view: View, targets: Mapping[str, Placement],
    stature_px: float,
) -> Expected:  # fmt: skip
    """The places with what a network says of the landmarks themselves."""
    points, covariance = by_anatomy.points_px.copy(), by_anatomy.covariance_px2.copy()
    noise = (_NETWORK_SD * stature_px) ** 2
    rows, offs = [], []
    for row, name in enumerate(by_anatomy.names):
        if part_of(name) in _JOINT_SD or not body.seen(name):
            continue
        away = stands_off_px(name, targets[name], view, stature_px / _ADULT_MM)
        off = body.point(name) + away - points[row]
        if (np.abs(off) < _CONTRADICTS_SD * np.sqrt(covariance[:, row, row] + noise)).all():
            rows.append(row)
            offs.append(off)
    if not rows:
        return by_anatomy
    for axis, of_axis in enumerate(np.transpose(offs)):
        told = covariance[axis][np.ix_(rows, rows)] + noise * np.eye(len(rows))
        gain = np.linalg.solve(told, covariance[axis][rows]).T
        points[:, axis] += gain @ of_axis
        covariance[axis] -= gain @ covariance[axis][rows]
    return replace(by_anatomy, points_px=points, covariance_px2=covariance)


def _moves_with(lean: Mapping[str, Float64]) -> dict[str, float]:
    """Joint -> how much a landmark moves with it."""
    return {
        cause: float(off[0]) / _JOINT_SD[part_of(cause)]
        for cause, off in lean.items()
        if not cause.startswith("own:")
    }


def _ordered(names: list[str], view: View) -> tuple[tuple[int, int], ...]:
    """Rows of the pairs, as they stand side by side in a picture from the front or behind."""
    first, second = ("right", "left") if view == "front" else ("left", "right")
    if view not in ("front", "back"):
        return ()
    return tuple(
        (row, names.index(other))
        for row, name in enumerate(names)
        if name.startswith(f"{first}_") and (other := second + name.removeprefix(first)) in names
    )


def stands_off_px(name: str, placement: Placement, view: View, px_per_mm: float) -> Float64:
    """(2,) px from the landmark on the skin to the centre of its target; zero for a flat one.

    name : of the landmark. placement : how its target is stuck on. px_per_mm : in its plane.
    """
    if not placement.stands:
        return np.zeros(2)
    outwards, ahead, up = AWAY[placement.stands]
    right = _image_sides(view)
    x = outwards * _outwards(name, view) + ahead * right.ahead
    return np.array([x, -up]) * STANDING_MM * px_per_mm


def _uncrossed(body: Landmarks, view: View) -> Landmarks:
    """Pairs seen from the front or behind, each with its right one on the person's right.

    Who stands for a measurement does not cross the legs: where a network crosses them it has taken
    one for the other.
    """
    right = _image_sides(view).right
    points = body.points_px.copy()
    for part in _JOINT_SD:
        names = f"left_{part}", f"right_{part}"
        if right and body.seen(*names):
            rows = [body.index[name] for name in names]
            if right * (points[rows[1], 0] - points[rows[0], 0]) < 0.0:
                points[rows] = points[rows[::-1]]
    return replace(body, points_px=points)


class _ImageSides(NamedTuple):
    """x of the picture, per unit, towards the person's right and ahead of them."""

    right: float
    ahead: float


def _image_sides(view: View) -> _ImageSides:
    return {
        "front": _ImageSides(-1.0, 0.0), "back": _ImageSides(1.0, 0.0),
        "right": _ImageSides(0.0, 1.0), "left": _ImageSides(0.0, -1.0),
        "unknown": _ImageSides(0.0, 0.0),
    }[view]  # fmt: skip


def _outwards(name: str, view: View) -> float:
    """x of the picture away from the body's middle, for a landmark of one side."""
    side = {"right": 1.0, "left": -1.0}.get(name.partition("_")[0], 0.0)
    return side * _image_sides(view).right


def _place(
    name: str, body: Landmarks, view: View, stature_px: float
) -> tuple[Float64, dict[str, Float64]] | None:
    """A landmark's place and what it is off by: cause -> (2,) in statures, "" its own."""
    side, _, part = name.partition("_")
    paired = side in ("left", "right")
    part = part if paired else name
    way = _WAYS[part]
    if not paired and view in ("left", "right"):
        side, paired = view, True  # what lies in the middle is seen beside the near side's joints

    def joint(of: str) -> str:
        if not paired:
            return of
        return f"{side}_{of.removeprefix('mid_')}"

    start, towards = joint(way.start), joint(way.towards)
    if not body.seen(start, towards):
        return None
    point = (1.0 - way.share) * body.point(start) + way.share * body.point(towards)
    sides = _image_sides(view)
    step = way.aside * _outwards(name, view) + way.ahead * sides.ahead
    across = way.sd if view in ("front", "back") else way.ahead_sd
    lean = {"": np.array([across, way.sd])}
    for cause, share in ((start, 1.0 - way.share), (towards, way.share)):
        for keypoint, weight in _halves(cause, share):
            of = _JOINT_SD[keypoint.partition("_")[2]]
            lean[keypoint] = lean.get(keypoint, np.zeros(2)) + weight * of
    return point + np.array([step * stature_px, 0.0]), lean


def _halves(joint: str, share: float) -> Iterable[tuple[str, float]]:
    """A joint's keypoints with their parts of a share."""
    part = joint.removeprefix("mid_")
    if part == joint:
        return ((joint, share),)
    return ((f"left_{part}", 0.5 * share), (f"right_{part}", 0.5 * share))
