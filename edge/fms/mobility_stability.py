"""Evidence of the movements done on the floor, and of shoulder mobility."""

from __future__ import annotations

import numpy as np

from edge.fms.evidence import (
    Evidence,
    Films,
    Found,
    around,
    change,
    inner_angles_deg,
    largest,
    other,
    percent,
    smallest,
)
from edge.fms.sequence import PoseSequence, excursion_px
from edge.fms.smooth import Float64

_SIDES = ("right", "left")


def _angles_deg(film: PoseSequence, a: str, b: str) -> Float64:
    """(N,) direction of the line a to b in the picture, unwrapped."""
    line = film.track(b) - film.track(a)
    return np.asarray(np.degrees(np.unwrap(np.arctan2(-line[:, 1], line[:, 0]))))


def shoulder_mobility(films: Films, hand_pct_h: float | None) -> Found:
    """Evidence of shoulder mobility from behind: how far the fists are apart, in hand lengths.

    hand_pct_h : the hand's length, % of stature; without it nothing can be said. A fist reaches
        half a hand beyond its wrist.
    """
    film = films.get("back")
    if film is None or hand_pct_h is None or not film.seen("left_wrist", "right_wrist"):
        return {}
    gap = film.track("left_wrist") - film.track("right_wrist")
    hands = 100.0 * np.hypot(gap[:, 0], gap[:, 1]) / film.stature_px / hand_pct_h
    fists = np.maximum(hands - 1.0, 0.0)
    return {("back", "fists_apart_hands"): around(film, fists, int(np.argmin(fists)))}


def active_straight_leg_raise(films: Films, side: str) -> Found:
    """Lying on the back, from the side; `side` is the leg that is raised.

    A plumb line from the raised ankle meets the other thigh: at 0 its knee, at 1 its hip.
    """
    found: Found = {}
    film = films.get("lateral")
    if film is None:
        return found
    ankle = f"{side}_ankle"
    down = [f"{other(side)}_{part}" for part in ("hip", "knee", "ankle")]
    if not film.seen(ankle, *down):
        return found
    top = int(np.argmin(film.track(ankle)[:, 1]))
    rise = percent(excursion_px(film.track(ankle)), film)
    found["lateral", "ankle_rise_pct_h"] = Evidence(rise, film.at_s(top))
    hip_x, knee_x = film.track(down[0])[:, 0], film.track(down[1])[:, 0]
    along = (film.track(ankle)[:, 0] - knee_x) / np.where(hip_x == knee_x, np.nan, hip_x - knee_x)
    found["lateral", "ankle_along_thigh"] = around(film, along, top)
    resting = change(film, _angles_deg(film, down[0], down[2]))
    found["lateral", "other_leg_rise_deg"] = resting
    if film.seen(f"{side}_hip", f"{side}_knee"):
        knees = [
            inner_angles_deg(film, f"{s}_hip", f"{s}_knee", f"{s}_ankle")[film.around(top)]
            for s in _SIDES
        ]
        found["lateral", "least_knee_deg"] = Evidence(
            float(np.median(knees, axis=1).min()), film.at_s(top)
        )
    return found


def trunk_stability_push_up(films: Films, _side: str) -> Found:
    """Prone, from the side: shoulders, hips and ankles rise as one line."""
    found: Found = {}
    film = films.get("lateral")
    if film is None or not film.seen("shoulder", "hip"):
        return found
    shoulder, hip = film.track("shoulder")[:, 1], film.track("hip")[:, 1]
    risen = np.median(shoulder[film.start]) - shoulder
    top = int(np.argmax(risen))
    found["lateral", "shoulder_rise_pct_h"] = Evidence(
        percent(float(risen[top]), film), film.at_s(top)
    )
    if not film.seen("ankle"):
        return found
    body = inner_angles_deg(film, "shoulder", "hip", "ankle")[: top + 1]
    found["lateral", "least_body_line_deg"] = smallest(film, body)
    # In one line the hips rise by their share of the way from the ankles to the shoulders.
    line = film.track("shoulder") - film.track("ankle")
    reach = ((film.track("hip") - film.track("ankle")) * line).sum(axis=1) / (line**2).sum(axis=1)
    share = float(np.median(reach[film.start]))
    lag = share * risen - (np.median(hip[film.start]) - hip)
    found["lateral", "hip_lag_pct_h"] = largest(film, 100.0 * lag[: top + 1] / film.stature_px)
    return found


def rotary_stability(films: Films, side: str, variation: str) -> Found:
    """On hands and knees, from the side; `side` is the arm that moves.

    variation : same_side moves the knee of that side, diagonal the other one.
    """
    found: Found = {}
    film = films.get("lateral")
    knee = f"{side if variation == 'same_side' else other(side)}_knee"
    elbow = f"{side}_elbow"
    if film is None or not film.seen(elbow, knee):
        return found
    gap = film.track(elbow) - film.track(knee)
    apart = 100.0 * np.hypot(gap[:, 0], gap[:, 1]) / film.stature_px
    touch = int(np.argmin(apart))
    found["lateral", "elbow_to_knee_pct_h"] = around(film, apart, touch)
    found["lateral", "reach_pct_h"] = Evidence(float(np.ptp(apart)), film.at_s(touch))
    if film.seen("hip", "shoulder"):
        found["lateral", "trunk_change_deg"] = change(film, _angles_deg(film, "hip", "shoulder"))
    return found
