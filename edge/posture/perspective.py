"""Where landmarks lie in depth, and what that does to their picture.

A camera a few metres away sees near points larger: of an ear and an eye at one height the nearer
ear looks higher. Average proportions say how far in front of the ankles a landmark lies, so its
picture can be brought to the plane of the ankles, and what a turned body does can be foretold.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edge.posture.angles import Float64
from edge.posture.calibration import Calibration
from edge.posture.landmarks import Landmarks
from edge.records import View

# Where the lens is unknown: an adult of 1.7 m seen from 3 m, the lens at the height of the hips.
_STATURE_PER_DISTANCE = 1.7 / 3.0

# Parts of stature: half breadth of the pair (from the poses of the error budget; the feet stand
# apart) and how far it is ahead of the ankles (Woodhull 1985, 1.7 m).
_HALF_BREADTH = {"eye": 0.018, "ear": 0.048, "shoulder": 0.1, "hip": 0.055, "knee": 0.065}
_LIMB_HALF_BREADTH = 0.075
_AHEAD = {"ear": 0.035, "eye": 0.085, "shoulder": 0.022, "hip": 0.036, "knee": 0.022}
# On the skin, from the joint beside it: means over 500 bodies of the body model.
_HALF_BREADTH |= {
    "tragus": 0.047, "acromion": 0.112, "asis": 0.074, "psis": 0.026, "trochanter": 0.107,
    "scap_inf": 0.054, "patella": 0.063, "tib_tub": 0.065, "lat_mal": 0.095,
}  # fmt: skip
_AHEAD |= {
    "tragus": 0.041, "acromion": 0.015, "sternal_notch": 0.061, "asis": 0.086, "psis": -0.020,
    "trochanter": 0.036, "scap_inf": -0.034, "C7": -0.006, "T8": -0.033, "L4": -0.011,
    "patella": 0.058, "tib_tub": 0.046, "lat_mal": -0.006, "achilles": -0.030, "heel": -0.036,
}  # fmt: skip
# How far heads are carried forward varies most; a turned body shows it: mean and one deviation.
_AHEAD_OFTEN = _AHEAD | {"ear": 0.044, "eye": 0.094}


def _part(name: str) -> str:
    return name.removeprefix("left_").removeprefix("right_")


def ahead_of_ankles(name: str) -> float:
    """How far a keypoint lies ahead of the ankles in an average body, in parts of stature."""
    return _AHEAD.get(_part(name), 0.0)


def beside(name: str) -> float:
    """Distance of a keypoint from the body's middle; 0 for what is not one of a pair."""
    part = _part(name)
    return 0.0 if part == name else _HALF_BREADTH.get(part, _LIMB_HALF_BREADTH)


def _depth(name: str, view: View) -> float:
    """How much nearer than the ankles' middle a keypoint is to the camera, in parts of stature."""
    if view in ("front", "back"):
        return _AHEAD.get(_part(name), 0.0) * (1.0 if view == "front" else -1.0)
    return beside(name) * (1.0 if name.startswith(view) else -1.0)


def _camera(
    body: Landmarks, stature_px: float, calibration: Calibration
) -> tuple[float, Float64] | None:
    """Focal length, px, and the foot of the horizontal axis in the picture; None without hips."""
    if calibration.focal_px is not None and calibration.centre_px is not None:
        return calibration.focal_px, np.array(calibration.centre_px)
    if not body.seen("mid_hip"):
        return None
    return stature_px / _STATURE_PER_DISTANCE, body.point("mid_hip")


def depth_shift_px(
    body: Landmarks, names: tuple[str, ...], view: View, calibration: Calibration
) -> Float64:
    """(N, 2), what to add to keypoints to bring them to the plane of the ankles.

    Zero where the picture does not tell how large the person is.
    """
    points = body.points_px[[body.index[name] for name in names]]
    stature = body.stature_px
    camera = None if stature is None else _camera(body, stature, calibration)
    if stature is None or camera is None:
        return np.zeros_like(points)
    focal, centre = camera
    nearer = stature / focal * np.array([_depth(name, view) for name in names])
    return np.asarray((centre - points) * nearer[:, None])


def depth_slope_px(body: Landmarks, names: tuple[str, ...], calibration: Calibration) -> Float64:
    """(N, 2), how far keypoints move per stature that they are nearer to the camera, px."""
    points = body.points_px[[body.index[name] for name in names]]
    stature = body.stature_px
    camera = None if stature is None else _camera(body, stature, calibration)
    if stature is None or camera is None:
        return np.zeros_like(points)
    focal, centre = camera
    return np.asarray((points - centre) * (stature / focal))


def in_ankle_plane(body: Landmarks, view: View, calibration: Calibration) -> Landmarks:
    """The landmarks as a camera far away would see them; as they are where the lens is unknown."""
    if calibration.focal_px is None or view == "unknown":
        return body
    shift = depth_shift_px(body, tuple(body.index), view, calibration)
    return replace(body, points_px=body.points_px + shift)


def yaw_slope_px(
    body: Landmarks, names: tuple[str, ...], view: View, calibration: Calibration
) -> Float64:
    """d points / d yaw, (N, 2) px per rad, of the keypoints `names` of one person.

    Zero where the picture does not tell how large the person is.
    """
    points = body.points_px[[body.index[name] for name in names]]
    slope = np.zeros_like(points)
    stature = body.stature_px
    if stature is None:
        return slope
    if view in ("right", "left"):
        slope[:, 0] = stature * np.array([beside(name) for name in names])
        return slope
    slope += near_slope_px(body, names, calibration)
    slope[:, 0] += stature * np.array([_AHEAD_OFTEN.get(_part(name), 0.0) for name in names])
    return slope


def near_slope_px(body: Landmarks, names: tuple[str, ...], calibration: Calibration) -> Float64:
    """The part of it, in a front or back view, that comes of one side being nearer.

    A point w to the side of the body's axis comes nearer by w tan(yaw): it grows by that over Z.
    """
    points = body.points_px[[body.index[name] for name in names]]
    stature = body.stature_px
    camera = None if stature is None else _camera(body, stature, calibration)
    if camera is None or not body.seen("mid_hip"):
        return np.zeros_like(points)
    focal, centre = camera
    lateral = points[:, 0] - body.point("mid_hip")[0]
    return np.asarray(lateral[:, None] / focal * (points - centre))
