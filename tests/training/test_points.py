"""The points' order, and what the mirror does to them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from posture_tools.training.points import (
    BODY_MIRROR,
    BODY_POINTS,
    CLOSE_ABOUT,
    COCO_POINTS,
    SEGMENTS,
)

from edge.posture.catalogue.sagittal import SAGITTAL


def test_the_joints_stand_first():
    assert BODY_POINTS[:17] == COCO_POINTS
    assert len(set(BODY_POINTS)) == 55


def test_the_mirror_is_an_involution_that_changes_every_side():
    assert (BODY_MIRROR[BODY_MIRROR] == np.arange(55)).all()
    for i, name in enumerate(BODY_POINTS):
        other = BODY_POINTS[BODY_MIRROR[i]]
        assert ("left" in name) == ("right" in other)
        assert name.split("_")[-1] == other.split("_")[-1]


def test_close_crops_lie_about_both_sides():
    for about, _ in CLOSE_ABOUT:
        names = {COCO_POINTS[i].split("_")[-1] for i in about}
        assert len(names) == (2 if 0 in about else 1)


def test_what_is_read_as_an_angle_from_the_side_is_a_line_that_is_learnt():
    learnt = {frozenset(BODY_POINTS[i] for i in ends) for ends in SEGMENTS}
    angles = [d for d in SAGITTAL if d.unit == "deg" and len(d.landmarks) in (2, 3)]
    assert len(angles) > 10
    for definition in angles:
        for ends in pairwise(definition.landmarks):
            names = [n if n in BODY_POINTS else f"left_{n}" for n in ends]
            if set(names) <= set(BODY_POINTS):
                assert frozenset(names) in learnt, (definition.code, ends)


def test_lines_of_a_side_come_on_both_and_never_cross():
    learnt = {tuple(ends) for ends in SEGMENTS.tolist()}
    assert len(learnt) == len(SEGMENTS)
    for ends in learnt:
        assert tuple(BODY_MIRROR[list(ends)].tolist()) in learnt
        sides = {BODY_POINTS[i].split("_")[0] for i in ends} & {"left", "right"}
        assert len(sides) <= 1
