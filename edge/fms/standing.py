"""Evidence of the three movements done standing: deep squat, hurdle step, in-line lunge."""

from __future__ import annotations

import numpy as np

from edge.fms.evidence import (
    Evidence,
    Films,
    Found,
    around,
    change,
    inclinations_deg,
    largest,
    moved,
    other,
    percent,
)
from edge.fms.sequence import PoseSequence, excursion_px
from edge.fms.smooth import Float64

_WRISTS = ("left_wrist", "right_wrist")


def _lowest_hip(film: PoseSequence) -> int:
    """The frame at the bottom of the movement."""
    return int(np.argmax(film.track("mid_hip")[:, 1]))


def _tilts_deg(film: PoseSequence, part: str) -> Float64:
    """(N,) slope of a left-right pair, + right side higher."""
    left, right = film.track(f"left_{part}"), film.track(f"right_{part}")
    rise, run = left[:, 1] - right[:, 1], np.abs(right[:, 0] - left[:, 0])
    return np.asarray(np.degrees(np.arctan2(rise, run)))


def _leans_deg(film: PoseSequence) -> Float64:
    """(N,) sideways lean of the trunk."""
    up = film.track("mid_shoulder") - film.track("mid_hip")
    return np.asarray(np.degrees(np.arctan2(up[:, 0], -up[:, 1])))


def deep_squat(films: Films, _side: str) -> Found:
    """Evidence of a deep squat where the hips are lowest. From the side: trunk, tibia, femur,
    dowel, heel. From the front: knees over ankles."""
    found: Found = {}
    film = films.get("lateral")
    if film is not None and film.seen("mid_hip"):
        bottom = _lowest_hip(film)
        drop = percent(excursion_px(film.track("mid_hip")), film)
        found["lateral", "hip_drop_pct_h"] = Evidence(drop, film.at_s(bottom))
        if film.seen("hip", "shoulder", "ankle", "knee"):
            trunk = inclinations_deg(film, "hip", "shoulder")
            tibia = inclinations_deg(film, "ankle", "knee")
            found["lateral", "trunk_minus_tibia_deg"] = around(film, trunk - tibia, bottom)
        if film.seen("hip", "knee"):
            thigh = film.track("knee") - film.track("hip")
            femur = np.degrees(np.arctan2(thigh[:, 1], np.abs(thigh[:, 0])))
            found["lateral", "femur_deg"] = around(film, femur, bottom)
        foot = _mid_foot(film)
        if foot is not None and film.seen(*_WRISTS):
            hands = sum(film.track(wrist)[:, 0] for wrist in _WRISTS) / 2.0
            ahead = film.facing * (hands - foot)
            share = 100.0 * ahead / film.stature_px
            found["lateral", "dowel_ahead_pct_h"] = around(film, share, bottom)
        heel = f"{film.near}_heel"
        if film.seen(heel):
            height = film.track(heel)[:, 1]
            rise = 100.0 * (np.median(height[film.start]) - height) / film.stature_px
            found["lateral", "heel_rise_pct_h"] = around(film, rise, bottom)
    film = films.get("frontal")
    if film is not None and film.seen("mid_hip", "mid_knee", "mid_ankle"):
        knees, ankles = (
            np.abs(film.track(f"right_{part}")[:, 0] - film.track(f"left_{part}")[:, 0])
            for part in ("knee", "ankle")
        )
        ratio = knees / np.maximum(ankles, 1.0)
        found["frontal", "knee_ankle_ratio"] = around(film, ratio, _lowest_hip(film))
    return found


def _mid_foot(film: PoseSequence) -> Float64 | None:
    """(N,) x of the middle of the near foot; of its ankle where the skeleton has no feet."""
    heel, toe = f"{film.near}_heel", f"{film.near}_big_toe"
    if film.seen(heel, toe):
        return np.asarray((film.track(heel)[:, 0] + film.track(toe)[:, 0]) / 2.0)
    return film.track("ankle")[:, 0] if film.seen("ankle") else None


def hurdle_step(films: Films, side: str) -> Found:
    """Evidence of a hurdle step from the front, from start to return; `side` is the leg that
    steps."""
    found: Found = {}
    film = films.get("frontal")
    if film is None:
        return found
    hip, knee, ankle = (f"{side}_{part}" for part in ("hip", "knee", "ankle"))
    if film.seen(hip, knee, ankle):
        height = film.track(ankle)[:, 1]
        lift = 100.0 * (np.median(height[film.start]) - height) / film.stature_px
        found["frontal", "step_height_pct_h"] = largest(film, lift)
        off = [
            np.abs(aside - np.median(aside[film.start]))
            for aside in (
                film.track(joint)[:, 0] - film.track(hip)[:, 0] for joint in (knee, ankle)
            )
        ]
        share = 100.0 * np.maximum(*off) / film.stature_px
        found["frontal", "leg_off_line_pct_h"] = largest(film, share)
    if film.seen("mid_shoulder", "mid_hip"):
        found["frontal", "trunk_lean_change_deg"] = change(film, _leans_deg(film))
        found["frontal", "pelvis_change_deg"] = change(film, _tilts_deg(film, "hip"))
        # The dowel lies across the shoulders, held by the hands at its ends.
        held = "wrist" if film.seen(*_WRISTS) else "shoulder"
        found["frontal", "dowel_change_deg"] = change(film, _tilts_deg(film, held))
    stance = f"{other(side)}_ankle"
    if film.seen(stance):
        found["frontal", "stance_foot_moved_pct_h"] = moved(film, stance)
    return found


def inline_lunge(films: Films, side: str) -> Found:
    """`side` is the front leg. Lateral and frontal, down and up."""
    found: Found = {}
    front, rear_knee = f"{side}_ankle", f"{other(side)}_knee"
    film = films.get("lateral")
    if film is not None and film.seen("mid_hip"):
        bottom = _lowest_hip(film)
        drop = percent(excursion_px(film.track("mid_hip")), film)
        found["lateral", "hip_drop_pct_h"] = Evidence(drop, film.at_s(bottom))
        if film.seen("hip", "shoulder"):
            trunk = inclinations_deg(film, "hip", "shoulder")
            found["lateral", "trunk_inclination_range_deg"] = change(film, trunk)
        if film.seen(front, rear_knee):
            above = film.track(front)[:, 1] - film.track(rear_knee)[:, 1]
            share = 100.0 * above / film.stature_px
            found["lateral", "rear_knee_above_ankle_pct_h"] = around(film, share, bottom)
        if film.seen(front):
            found["lateral", "front_foot_moved_pct_h"] = moved(film, front)
    film = films.get("frontal")
    if film is not None:
        if film.seen("mid_shoulder", "mid_hip"):
            found["frontal", "trunk_lean_range_deg"] = change(film, _leans_deg(film))
        if film.seen("mid_ankle"):
            apart = film.track("left_ankle")[:, 0] - film.track("right_ankle")[:, 0]
            found["frontal", "feet_apart_pct_h"] = largest(
                film, 100.0 * np.abs(apart) / film.stature_px
            )
    return found
