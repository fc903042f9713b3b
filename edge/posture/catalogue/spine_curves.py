"""Kyphosis and lordosis by region, from the skin over seven levels of the spine.

Two cubics, one for each coordinate, are laid by least squares through C7, T3, T6, T8, T12, L4 and
S2, as photogrammetry does it (Furlanetto 2016, World J Orthop 7:136, reviews it). The thoracic
angle lies between their tangents at T1 and T12, the lumbar one between the tangent at T12 and the
line from L4 to S2. These are angles of the skin, as a wheel finds them that rolls along the back;
they are no Cobb angles.
"""

from __future__ import annotations

import numpy as np

from edge.posture.angles import Float64, inclination_deg
from edge.posture.catalogue.definition import Definition
from edge.posture.catalogue.sagittal import SIDE_VIEWS

_LEVELS = ("C7", "T3", "T6", "T8", "T12", "L4", "S2")
# Where along the skin from C7 to S2 the levels lie: means of 27 exact bodies, which differ by at
# most 0.014 (one deviation). T1 is a third of the way from C7 to T3, S1 two thirds from L4 to S2.
_WAY = (0.0, 0.125, 0.269, 0.365, 0.608, 0.903, 1.0)
_T1, _T12 = 0.042, 0.608
_DEGREE = 3
# A cubic rounds a spine off: on 71 exact bodies its angles lie so far, one deviation, from those of
# a natural spline through the same points.
_ROUNDED_SD_DEG = {"thoracic": 3.6, "lumbar": 4.3}


def _tangent(at: float) -> Float64:
    """(7,), the weights of the points in the direction of their cubic at one place."""
    powers = np.vander(_WAY, _DEGREE + 1)
    slope = [k * at ** (k - 1) if k else 0.0 for k in range(_DEGREE, -1, -1)]
    return np.asarray(slope @ np.linalg.pinv(powers))


_AT_T1, _AT_T12 = _tangent(_T1), _tangent(_T12)


def _leans(down: Float64, facing: float) -> float:
    """Inclination of the spine where it runs that way down."""
    return inclination_deg(down, np.zeros(2), facing)


def _kyphosis(p: Float64, facing: float) -> float:
    return _leans(_AT_T1 @ p, facing) - _leans(_AT_T12 @ p, facing)


def _lordosis(p: Float64, facing: float) -> float:
    return _leans(p[6] - p[5], facing) - _leans(_AT_T12 @ p, facing)


SPINE_CURVES: tuple[Definition, ...] = (
    Definition("thoracic_kyphosis", "deg", _kyphosis, _LEVELS, SIDE_VIEWS,
               version="1-cubic", open_sd=_ROUNDED_SD_DEG["thoracic"]),
    Definition("lumbar_lordosis", "deg", _lordosis, _LEVELS, SIDE_VIEWS,
               version="1-cubic", open_sd=_ROUNDED_SD_DEG["lumbar"]),
)  # fmt: skip
