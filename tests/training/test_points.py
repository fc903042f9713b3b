"""The points' order, and what the mirror does to them."""

from __future__ import annotations

import numpy as np
from posture_tools.training.points import BODY_MIRROR, BODY_POINTS, CLOSE_ABOUT, COCO_POINTS


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
