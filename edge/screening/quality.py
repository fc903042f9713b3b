"""The quality gate: what is wrong with a picture or with how a person stands, worst first.

Each failure is a code of `prompts`, so that the person in front of the camera can mend it.
"""

from __future__ import annotations

import math
from statistics import fmean

import cv2

from edge.inference.halves import shrunk
from edge.posture.angles import STRAIGHT_KNEE_DEG, distance_px, inner_deg, lean_deg, tilt_deg
from edge.posture.calibration import Calibration
from edge.posture.catalogue.frontal import thigh_seen
from edge.posture.landmarks import Landmarks
from edge.posture.views import Facing, is_turned
from edge.records import Frame, Uint8
from edge.screening.subject import Subject

# Of stature: free space around the body, and what lies beyond the outermost keypoints (the crown
# above the ears, the soles below the ankles).
_MARGIN = 0.03
_CROWN = 0.07
_SOLES = 0.04
# The gate lets in whoever stands naturally; what needs a straight knee (leg length) refuses itself.
_KNEE_SLACK_DEG = 5.0
_UNEQUAL_LEGS = 0.15
# A rolled camera tilts every line, the line of the feet on the floor too, by the same angle.
_CAMERA_TILT_DEG = 3.0
_CAMERA_TILT_SPREAD_DEG = 1.5
_DARK, _BRIGHT = 30.0, 235.0  # mean grey of the person's box, of 255
# Sharpness is judged at this body height, whatever the camera's resolution: networks see no more.
_BODY_ROWS = 320
# Variance of the Laplacian over variance of the grey values. Of 45 people in photographs it takes
# all as they are, a third when blurred by 0.4 % of their height, and none from 0.6 % on.
_SHARP = 0.02


def failures(
    frame: Frame,
    subject: Subject,
    body: Landmarks,
    facing: Facing,
    calibration: Calibration,
    *,
    least_stature_px: float,
) -> tuple[str, ...]:
    """Codes of all that fails, in the order in which a person should mend it; empty when good.

    body : the subject's landmarks, rectified. facing : from which side they are seen, or why nobody
    can tell. least_stature_px : a smaller person is too far away.
    """
    stature = body.stature_px
    whole = is_whole(frame, subject, body)
    found = {
        "two_people": subject.disturbed,
        "cut_off": not whole,
        "too_far": stature is not None and stature < least_stature_px,
        **_exposure(_body(frame, subject)),
        "view_unclear": facing.view == "unknown",
    }
    if whole and facing.view != "unknown":
        found |= _stance(body, facing, calibration)
    return tuple(code for code, failed in found.items() if failed)


def is_whole(frame: Frame, subject: Subject, body: Landmarks) -> bool:
    """Whether the whole body lies in the picture, with some space about it."""
    stature = body.stature_px
    return stature is not None and _inside(frame, subject, stature) and _feet_seen(body)


def _inside(frame: Frame, subject: Subject, stature_px: float) -> bool:
    left, top, right, bottom = subject.box_px
    margin = _MARGIN * stature_px
    return (
        left >= margin
        and right <= frame.width_px - 1 - margin
        and top >= margin + _CROWN * stature_px
        and bottom <= frame.height_px - 1 - margin - _SOLES * stature_px
    )


def _feet_seen(body: Landmarks) -> bool:
    return body.seen("left_ankle") or body.seen("right_ankle")


def _body(frame: Frame, subject: Subject) -> Uint8:
    """The picture of the body, from the frame's half that comes near the rows wanted."""
    left, top, right, bottom = subject.box_px
    times, image = 1, frame.image
    while bottom - top >= 1.5 * times * _BODY_ROWS:
        if (half := shrunk(frame, 2 * times)) is None:
            break
        times, image = 2 * times, half
    rows, columns = (
        slice(max(0, round(low / times)), max(1, round(high / times)))
        for low, high in ((top, bottom), (left, right))
    )
    body = image[rows, columns]
    return body if body.size else image


def _exposure(body: Uint8) -> dict[str, bool]:
    grey = _grey(body)
    mean = float(cv2.mean(grey)[0])
    dark, bright = mean < _DARK, mean > _BRIGHT
    blurred = not (dark or bright) and _sharpness(grey) < _SHARP
    return {"dark": dark, "bright": bright, "blurred": blurred}


def sharpness(frame: Frame, subject: Subject) -> float:
    """Sharpness of the subject's picture: edges against contrast, comparable between frames of one
    person."""
    return _sharpness(_grey(_body(frame, subject)))


def _sharpness(grey: Uint8) -> float:
    laplacian = cv2.Laplacian(grey, cv2.CV_16S)  # its mean is 0: the mean square is its variance
    edges = cv2.norm(laplacian, cv2.NORM_L2SQR) / laplacian.size
    deviation = float(cv2.meanStdDev(grey)[1][0, 0])
    return edges / deviation**2 if deviation > 0.0 else math.inf  # nothing there to be blurred


def _grey(body: Uint8) -> Uint8:
    grey = cv2.cvtColor(body, cv2.COLOR_BGR2GRAY)
    if (scale := _BODY_ROWS / grey.shape[0]) < 1.0:
        how = cv2.INTER_LINEAR if scale > 0.5 else cv2.INTER_AREA
        grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=how)
    return grey  # type: ignore[return-value]


def _stance(body: Landmarks, facing: Facing, calibration: Calibration) -> dict[str, bool]:
    frontal = facing.view in ("front", "back")
    sides = ("right", "left") if frontal else (body.near,)
    joints = ("shoulder", "hip", "knee", "ankle")
    if not all(body.seen(f"{side}_{joint}") for side in sides for joint in joints):
        return {"hidden": True}
    legs = {side: [body.point(f"{side}_{j}") for j in joints[1:]] for side in sides}
    lengths = [distance_px(h, k) + distance_px(k, a) for h, k, a in legs.values()]
    return {
        "camera_tilted": frontal and _camera_tilted(body, facing),
        "turned": frontal and is_turned(body, facing.view, calibration),
        "knees_bent": any(
            inner_deg(*leg) <= STRAIGHT_KNEE_DEG - _KNEE_SLACK_DEG for leg in legs.values()
        )
        or (frontal and any(thigh_seen(side)(body) for side in sides)),
        "sides_unequal": max(lengths) - min(lengths) > _UNEQUAL_LEGS * fmean(lengths),
    }


def _camera_tilted(body: Landmarks, facing: Facing) -> bool:
    roll_deg = roll_seen_deg(body, facing)
    return roll_deg is not None and abs(roll_deg) > _CAMERA_TILT_DEG


def roll_seen_deg(
    body: Landmarks, facing: Facing, alike_deg: float = _CAMERA_TILT_SPREAD_DEG
) -> float | None:
    """Angle by which all lines of a body seen from the front or back are turned, + clockwise. None
    where they are not all seen, or differ by more than `alike_deg`: then it may be the body that
    leans."""
    joints = ("shoulder", "hip", "knee", "ankle")
    if facing.view not in ("front", "back") or not body.seen(
        *(f"{side}_{joint}" for side in ("left", "right") for joint in joints)
    ):
        return None
    sign = 1.0 if facing.view == "front" else -1.0
    turns = [
        sign * tilt_deg(body.point(f"right_{joint}"), body.point(f"left_{joint}"))
        for joint in joints
    ]
    turns.append(-sign * lean_deg(body.point("mid_ankle"), body.point("mid_shoulder"), sign))
    alike = max(turns) - min(turns) <= alike_deg
    return fmean(turns) if alike else None
