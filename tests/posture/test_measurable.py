"""What is announced is what comes: no result holds a code or a unit that the birth did not name."""

from __future__ import annotations

from typing import get_args

import pytest

from edge.posture.assess import refuse
from edge.posture.measurable import measurable
from edge.records import View
from edge.skeletons import COCO_17, COCO_18, SPINE_5


@pytest.mark.parametrize("view", get_args(View))
def test_every_measure_of_every_view_is_announced(view: View) -> None:
    units = measurable([COCO_17, SPINE_5], in_mm=False)
    measures = [
        m for skeleton in (COCO_17, COCO_18, SPINE_5) for m in refuse(skeleton, view, ("nobody",))
    ]
    assert measures
    assert {(m.code, m.unit) for m in measures} <= units.items()


def test_what_no_model_sees_is_not_announced() -> None:
    assert "shoulder_tilt" not in measurable([SPINE_5], in_mm=False)
    assert measurable([], in_mm=False) == {}


def test_lengths_are_in_mm_where_a_scale_was_calibrated() -> None:
    plain, scaled = (measurable([COCO_17], in_mm=in_mm) for in_mm in (False, True))
    assert plain.keys() == scaled.keys()
    changed = {code: (plain[code], scaled[code]) for code in plain if plain[code] != scaled[code]}
    assert changed["sway_hips_velocity"] == ("%H/s", "mm/s")
    assert changed["ear_ahead_of_ankle"] == ("%H", "mm")
    assert "shoulder_tilt" not in changed
