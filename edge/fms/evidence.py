"""What was measured on a movement, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from edge.fms.rules import FilmedFrom
from edge.fms.sequence import PoseSequence
from edge.fms.smooth import Float64
from edge.posture.angles import inclination_deg, inner_deg

Films = Mapping[FilmedFrom, PoseSequence]


@dataclass(frozen=True)
class Evidence:
    """A number and the moment it was read at, seconds from the clip's begin."""

    value: float
    at_s: float


# Evidence by (view, measure); what is not seen is not there.
Found = dict[tuple[FilmedFrom, str], Evidence]


def other(side: str) -> str:
    """The side of the body that is not this one."""
    return "left" if side == "right" else "right"


def percent(px: float, film: PoseSequence) -> float:
    """A length in the picture as a share of stature, %."""
    return 100.0 * px / film.stature_px


def inclinations_deg(film: PoseSequence, lower: str, upper: str) -> Float64:
    """(N,) of the line between two landmarks, forward +, over all frames."""
    pairs = zip(film.track(lower), film.track(upper), strict=True)
    return np.array([inclination_deg(a, b, film.facing) for a, b in pairs])


def inner_angles_deg(film: PoseSequence, a: str, b: str, c: str) -> Float64:
    """(N,) inner angle at b of each of N frames, 0 to 180; NaN where one of them is not seen.

    a, b, c : names of keypoints.
    """
    triples = zip(film.track(a), film.track(b), film.track(c), strict=True)
    return np.array([inner_deg(*triple) for triple in triples])


def largest(film: PoseSequence, series: Float64) -> Evidence:
    """The largest of a series (N,), and when."""
    frame = int(np.argmax(series))
    return Evidence(float(series[frame]), film.at_s(frame))


def smallest(film: PoseSequence, series: Float64) -> Evidence:
    """The smallest of a series (N,), and when."""
    frame = int(np.argmin(series))
    return Evidence(float(series[frame]), film.at_s(frame))


def around(film: PoseSequence, series: Float64, frame: int) -> Evidence:
    """The median of a series (N,) about one frame."""
    return Evidence(float(np.median(series[film.around(frame)])), film.at_s(frame))


def change(film: PoseSequence, series: Float64) -> Evidence:
    """The largest departure of a series (N,) from its value before the movement."""
    return largest(film, np.abs(series - np.median(series[film.start])))


def moved(film: PoseSequence, landmark: str) -> Evidence:
    """How far a foot strayed from where it stood, % of stature."""
    track = film.track(landmark)
    away = np.hypot(*(track - np.median(track[film.start], axis=0)).T)
    return largest(film, 100.0 * away / film.stature_px)
