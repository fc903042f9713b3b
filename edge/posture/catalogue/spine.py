"""Measures of the spine from the side: C4, T6, T8, L4 and S5 on the skin line of the back.

Kyphosis and lordosis here are differences of segment inclinations: proxies, not Cobb angles.
Facing as in `sagittal`.
"""

from __future__ import annotations

import math

from edge.posture.angles import Float64, distance_px, inclination_deg
from edge.posture.catalogue.definition import Definition
from edge.posture.catalogue.sagittal import SIDE_VIEWS, ahead_px
from edge.posture.compat import arccos_angle

# To resolve a change of 3 deg the standard error must not exceed 3 / (1.96 sqrt 2).
_RESOLVES_3_DEG = 1.08


def _aigo(p: Float64, _: float) -> float:
    """Inclination of a segment as the AIGO course prints it: from the horizontal, without sign."""
    angle = arccos_angle(p[0].tolist(), p[1].tolist())
    return math.nan if angle is None else angle


def _segment(p: Float64, facing: float) -> float:
    return inclination_deg(p[1], p[0], facing)


def _difference(p: Float64, facing: float) -> float:
    """Difference of the inclinations of two segments, each given as upper and lower end."""
    return inclination_deg(p[1], p[0], facing) - inclination_deg(p[3], p[2], facing)


def _apex(p: Float64, facing: float) -> float:
    """x of the more posterior of T6 and T8, forward counted +."""
    return min(facing * float(p[1, 0]), facing * float(p[2, 0]))


def _cervical_arrow(p: Float64, facing: float) -> float:
    return facing * float(p[0, 0]) - _apex(p, facing)


def _lumbar_arrow(p: Float64, facing: float) -> float:
    return facing * float(p[3, 0]) - _apex(p, facing)


def _kyphosis_index(p: Float64, facing: float) -> float:
    """(cervical arrow + lumbar arrow) / 2, after Stagnara."""
    return 0.5 * (_cervical_arrow(p, facing) + _lumbar_arrow(p, facing))


def _kyphosis_index_relative(p: Float64, facing: float) -> float:
    """The kyphosis index in % of the distance C4 to S5."""
    return 100.0 * _kyphosis_index(p, facing) / distance_px(p[0], p[4])


_TO_L4 = ("C4", "T6", "T8", "L4")

SPINE: tuple[Definition, ...] = (
    Definition("spine_c4_t6", "deg", _segment, ("C4", "T6"), SIDE_VIEWS),
    Definition("spine_t6_t8", "deg", _segment, ("T6", "T8"), SIDE_VIEWS,
               resolves_deg=_RESOLVES_3_DEG),
    Definition("spine_t8_l4", "deg", _segment, ("T8", "L4"), SIDE_VIEWS),
    Definition("spine_l4_s5", "deg", _segment, ("L4", "S5"), SIDE_VIEWS),
    Definition("kyphosis_proxy", "deg", _difference, ("C4", "T6", "T8", "L4"), SIDE_VIEWS),
    Definition("lordosis_proxy", "deg", _difference, ("L4", "S5", "T8", "L4"), SIDE_VIEWS),
    Definition("cervical_arrow", "length", _cervical_arrow, _TO_L4, SIDE_VIEWS),
    Definition("lumbar_arrow", "length", _lumbar_arrow, _TO_L4, SIDE_VIEWS),
    Definition("kyphosis_index", "length", _kyphosis_index, _TO_L4, SIDE_VIEWS),
    Definition("kyphosis_index_relative", "%", _kyphosis_index_relative, (*_TO_L4, "S5"),
               SIDE_VIEWS),
    Definition("spine_offset", "length", ahead_px, ("S5", "C4"), SIDE_VIEWS),
    Definition("aigo_angle_c4_t6", "deg", _aigo, ("C4", "T6"), SIDE_VIEWS),
    Definition("aigo_angle_t6_t8", "deg", _aigo, ("T6", "T8"), SIDE_VIEWS,
               resolves_deg=_RESOLVES_3_DEG),
    Definition("aigo_angle_t8_l4", "deg", _aigo, ("T8", "L4"), SIDE_VIEWS),
    Definition("aigo_angle_l4_s5", "deg", _aigo, ("L4", "S5"), SIDE_VIEWS),
)  # fmt: skip
