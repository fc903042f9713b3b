"""Stick figures that move: the true geometry of seven movements, seen from one side.

Lengths are fractions of stature (trunk .288, thigh .245, shank .246); pictures have 700 px of it.
Every movement goes from its start to its end position and back, over 1.6 s.
"""

from __future__ import annotations

import math

import numpy as np

from edge.fms.sequence import PoseSequence
from edge.skeletons import BODY_25, Skeleton

H_PX = 700.0
TRUNK, THIGH, SHANK = 0.288, 0.245, 0.246
FRAMES, RATE_HZ = 60, 25.0


def film(view, points_at, *, skeleton: Skeleton = BODY_25, noise_px=0.0, hidden=()):
    """points_at(phase) -> name -> (x, y up), of stature; phase runs 0, 1, 0, with rests."""
    rng = np.random.default_rng(0)
    seconds = np.arange(FRAMES) / RATE_HZ
    phases = np.sin(np.pi * np.clip((seconds - 0.5) / 1.6, 0.0, 1.0)) ** 2
    keypoints = np.zeros((FRAMES, len(skeleton.keypoints), 3))
    keypoints[..., :2] = np.nan
    for frame, phase in enumerate(phases):
        for name, (x, y) in points_at(float(phase)).items():
            if name in skeleton.index and name not in hidden:
                dx, dy = rng.normal(0, noise_px, 2)
                place = 500 + H_PX * x + dx, 900 - H_PX * y + dy, 0.9
                keypoints[frame, skeleton.index[name]] = place
    return PoseSequence(skeleton, view, seconds, keypoints)


def _both(**points):
    return {f"{side}_{name}": point for name, point in points.items() for side in ("left", "right")}


def _up(deg):
    """Unit vector inclined forward (image right) from the vertical."""
    return np.array([math.sin(math.radians(deg)), math.cos(math.radians(deg))])


def squat_from_the_right(*, tibia=30.0, femur=-8.0, trunk=25.0, dowel=0.0, heel_rise=0.0):
    """femur : deg above the horizontal, hip against knee; negative is below."""

    def points(phase):
        ankle = np.array([0.0, 0.045])
        knee = ankle + SHANK * _up(tibia * phase)
        thigh = math.radians(90.0 + (femur - 90.0) * phase)
        hip = knee + THIGH * np.array([-math.cos(thigh), math.sin(thigh)])
        shoulder = hip + TRUNK * _up(trunk * phase)
        feet = {"heel": (-0.05, heel_rise * phase), "big_toe": (0.1, 0.0)}
        wrist = (0.025 + dowel, shoulder[1] + 0.25)
        return _both(ankle=ankle, knee=knee, hip=hip, shoulder=shoulder, wrist=wrist, **feet)

    return points


def _standing_frontal(lean_deg=0.0, tilt_deg=0.0, hip_y=0.536):
    """Subject's right at image left."""
    points = {}
    for side, sign in (("right", -1.0), ("left", 1.0)):
        drop = -sign * 0.5 * math.tan(math.radians(tilt_deg))
        aside = math.tan(math.radians(lean_deg)) * TRUNK
        points |= {
            f"{side}_hip": (sign * 0.055, hip_y),
            f"{side}_knee": (sign * 0.055, 0.29),
            f"{side}_ankle": (sign * 0.055, 0.045),
            f"{side}_shoulder": (sign * 0.1 + aside, hip_y + TRUNK),
            f"{side}_wrist": (sign * 0.25 + aside, hip_y + TRUNK + 0.5 * drop),
        }
    return points


def squat_from_the_front(*, knees=1.0):
    def points(phase):
        body = _standing_frontal(hip_y=0.536 - 0.25 * phase)
        for side, sign in (("right", -1.0), ("left", 1.0)):
            body[f"{side}_knee"] = (sign * 0.055 * (1 + (knees - 1) * phase), 0.29)
        return body

    return points


def hurdle_step(*, side="right", off_line=0.0, lean=0.0, dowel=0.0, stance_moves=0.0):
    """The leg `side` steps over; `off_line` moves its ankle outwards."""

    def points(phase):
        body = _standing_frontal(lean * phase, dowel * phase)
        sign = -1.0 if side == "right" else 1.0
        body[f"{side}_knee"] = (sign * 0.055, 0.29 + 0.15 * phase)
        body[f"{side}_ankle"] = (sign * (0.055 + off_line * phase), 0.045 + 0.2 * phase)
        stance = "left" if side == "right" else "right"
        x, y = body[f"{stance}_ankle"]
        body[f"{stance}_ankle"] = (x + stance_moves * phase, y)
        return body

    return points


def lunge_from_the_right(*, side="right", lean=0.0, knee_above=0.0):
    """The foot `side` stands ahead; at the bottom the rear knee is `knee_above` the ankle."""

    def points(phase):
        rear = "left" if side == "right" else "right"
        hip = np.array([-0.1, 0.5 - 0.18 * phase])
        body = _both(hip=hip, shoulder=hip + TRUNK * _up(lean * phase))
        body[f"{side}_ankle"], body[f"{rear}_ankle"] = (0.15, 0.045), (-0.35, 0.06)
        body[f"{side}_knee"] = (0.14, 0.29)
        body[f"{rear}_knee"] = (-0.2, 0.27 + (0.045 + knee_above - 0.27) * phase)
        return body

    return points


def lunge_from_the_front(*, feet_apart=0.0, lean=0.0):
    def points(phase):
        body = _standing_frontal(lean * phase, hip_y=0.5 - 0.18 * phase)
        body["right_ankle"], body["left_ankle"] = (-feet_apart / 2, 0.045), (feet_apart / 2, 0.05)
        return body

    return points


def leg_raise(*, side="right", raise_deg=80.0, knee_deg=180.0, other_rise_deg=0.0):
    """Supine, head at image left. A straight leg meets knee and mid-thigh at 60 and 75.5 deg."""

    def leg(angle_deg, bend_deg):
        first, second = math.radians(angle_deg), math.radians(angle_deg - bend_deg)
        knee = THIGH * np.array([math.cos(first), math.sin(first)])
        return knee, knee + SHANK * np.array([math.cos(second), math.sin(second)])

    def points(phase):
        body = _both(hip=(0.0, 0.0), shoulder=(-TRUNK, 0.0))
        down = "left" if side == "right" else "right"
        body[f"{side}_knee"], body[f"{side}_ankle"] = leg(
            raise_deg * phase, (180.0 - knee_deg) * phase
        )
        body[f"{down}_knee"], body[f"{down}_ankle"] = leg(other_rise_deg * phase, 0.0)
        return body

    return points


def push_up(*, sag=0.0):
    """Prone, the body turns about the feet; `sag` leaves the hips behind, of stature."""

    def points(phase):
        along = _up(90.0 - 14.0 * phase)
        lag = np.array([0.0, -sag * math.sin(math.pi * phase)])
        hip = (THIGH + SHANK) * along + lag
        return _both(ankle=(0.0, 0.0), knee=SHANK * along, hip=hip,
                     shoulder=(THIGH + SHANK + TRUNK) * along)  # fmt: skip

    return points


def birddog(*, side="right", knee="right", gap=0.0, trunk_turn=0.0):
    """On hands and knees; elbow and knee come within `gap` of stature."""

    def points(phase):
        trunk = TRUNK * _up(90.0 + trunk_turn * phase)
        hip = np.array([0.0, THIGH])
        body = _both(hip=hip, shoulder=hip + trunk, knee=(0.0, 0.0), ankle=(-SHANK, 0.0),
                     elbow=(TRUNK, 0.1))  # fmt: skip
        away, meet = (TRUNK + 0.3, 0.3), (0.12, 0.2)
        body[f"{side}_elbow"] = np.array(away) + phase * (np.array(meet) - away)
        start = np.array([-0.2, 0.1])
        body[f"{knee}_knee"] = start + phase * (np.array(meet) - (gap, 0.0) - start)
        return body

    return points


def fists_behind_the_back(*, wrists_apart=0.2):
    def points(_phase):
        body = _standing_frontal()
        body["right_wrist"], body["left_wrist"] = (0.0, 0.75), (0.0, 0.75 - wrists_apart)
        return body

    return points
