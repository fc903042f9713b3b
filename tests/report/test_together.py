"""What two views say of one quantity, and what became of it since, on numbers made by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from edge.records import Basis, Measure, Quality
from edge.report.change import change
from edge.report.reported_visit import ReportedView, ReportedVisit
from edge.report.together import APART, Combined, combined

BASIS = Basis(("ab" * 32,), "bodies-1", "2026 aa")


def tilt(value, u95=2.0, u95_change=1.0, view="front", code="shoulder_tilt", **options):
    return Measure(
        code, value, "deg", u95, 4.0, Quality.OK, view=view, u95_change=u95_change, **options
    )


def visit(*measures, basis=BASIS, origin="camera"):
    views = tuple(
        ReportedView(view, tuple(m for m in measures if m.view == view), {}, 5, 5, 0.9, origin,
                     basis=basis)
        for view in dict.fromkeys(m.view for m in measures)
    )  # fmt: skip
    return ReportedVisit("p", "2026-01-01", "s", "0", (), views)


def only(*measures, **options) -> Combined:
    (one,) = combined(visit(*measures, **options))
    return one


def test_a_line_seen_from_front_and_back_is_one_number():
    one = only(tilt(3.0), tilt(5.0, view="back"))
    assert one.views == ("front", "back")
    assert one.measure.value == pytest.approx(4.0)
    assert one.measure.n == 8.0
    # 2^2 is 0.5 of what a visit does not share and 3.5 of what it does: 0.5 / 2 + 3.5
    assert one.measure.u95 == pytest.approx(math.sqrt(0.25 + 3.5))
    assert one.measure.u95_change == pytest.approx(1.0 / math.sqrt(2.0))
    assert one.apart is None


def test_the_narrower_counts_more():
    one = only(tilt(0.0, 1.0, 1.0), tilt(5.0, 2.0, 1.0, view="back"))
    assert one.measure.value == pytest.approx(1.0)  # weights 1 and 1/4


def test_what_does_not_tell_its_change_shares_everything():
    one = only(tilt(1.0, 2.0, None), tilt(1.0, 2.0, None, view="back"))
    assert one.measure.u95 == pytest.approx(2.0)
    assert one.measure.u95_change is None


def test_readings_whose_errors_are_drawn_so_are_held_by_the_interval():
    """Monte Carlo of the model: 40 000 people, a part shared by both views."""
    rng = np.random.default_rng(5)
    own, shared, n = np.array([[0.6], [1.0]]), np.array([[0.8], [1.1]]), 40_000
    readings = own * rng.normal(size=(2, n)) + shared * rng.normal(size=(1, n))
    halves = 1.96 * np.hypot(own, shared)[:, 0]
    changes = 1.96 * math.sqrt(2.0) * own[:, 0]
    one = only(tilt(0.0, halves[0], changes[0]), tilt(0.0, halves[1], changes[1], view="back"))
    weights = halves**-2 / (halves**-2).sum()
    held = (np.abs(weights @ readings) <= one.measure.u95).mean()
    assert held == pytest.approx(0.95, abs=0.01)


def test_views_that_disagree_beyond_both_intervals_say_so():
    one = only(tilt(-3.0, 1.0, 0.5), tilt(3.0, 1.0, 0.5, view="back"))
    assert one.apart == pytest.approx(6.0)
    assert APART in one.measure.why
    assert one.measure.quality is Quality.LOW
    assert one.measure.u95 >= 3.0, "the interval reaches over both"
    assert only(tilt(-0.6, 1.0), tilt(0.6, 1.0, view="back")).apart is None


def test_asis_and_psis_are_lines_of_one_bone_and_the_hip_joints_are_not():
    asis = tilt(2.0, code="pelvis_tilt", definition="1-asis")
    psis = tilt(4.0, code="pelvis_tilt", definition="1-psis", view="back")
    hips = tilt(4.0, code="pelvis_tilt", view="back")
    assert only(asis, psis).measure.definition == "1-asis+1-psis"
    assert len(combined(visit(asis, hips))) == 2


def test_the_near_side_of_each_side_view_stays_its_own_and_the_midline_is_one():
    knees = [tilt(5.0, view=v, side=v, code="knee_sagittal") for v in ("right", "left")]
    spine = [tilt(40.0, view=v, code="thoracic_kyphosis") for v in ("right", "left")]
    found = combined(visit(*knees, *spine))
    assert [one.views for one in found] == [("right",), ("right", "left"), ("left",)]


def test_front_and_side_are_never_one_number():
    assert len(combined(visit(tilt(1.0), tilt(1.0, view="right")))) == 2


@pytest.mark.parametrize(
    ("now", "verdict", "why"),
    [
        (4.1, "changed", ""),  # u95_change of each is 1, so is that of the change
        (3.9, "not_changed", ""),
        (1.9, "changed", ""),
    ],
)
def test_a_change_is_judged_by_its_own_interval(now, verdict, why):
    found = change(only(tilt(3.0)), only(tilt(now)))
    assert (found.verdict, found.why) == (verdict, why)
    assert found.delta == pytest.approx(now - 3.0)
    assert found.least == pytest.approx(1.0)


def test_a_small_difference_under_a_wide_interval_is_not_called_unchanged():
    found = change(only(tilt(3.0, 4.0, 3.0)), only(tilt(3.5, 4.0, 3.0)))  # 2 deg are needed
    assert (found.verdict, found.why) == ("cannot_tell", "interval_wide")
    assert change(only(tilt(3.0, 4.0, 3.0)), only(tilt(6.5, 4.0, 3.0))).verdict == "changed"


@pytest.mark.parametrize(
    "other",
    [
        tilt(9.0, definition="1-acromion"),
        tilt(9.0, view="back"),
        replace(tilt(9.0), unit="mm"),
    ],
)
def test_another_definition_view_or_unit_is_not_compared(other):
    found = change(only(tilt(1.0)), only(other))
    assert (found.verdict, found.why) == ("cannot_tell", "other_definition")


def test_other_networks_are_compared_only_on_the_same_bodies():
    then = only(tilt(1.0))
    same_bodies = only(tilt(9.0), basis=BASIS.__class__(("cd" * 32,), "bodies-1", "2026 aa"))
    other_bodies = only(tilt(9.0), basis=Basis(("cd" * 32,), "bodies-2", "2026 aa"))
    untold = only(tilt(9.0), basis=Basis(("cd" * 32,)))
    assert change(then, same_bodies).least == pytest.approx(math.hypot(2.0, 2.0))
    assert change(then, other_bodies).why == "other_networks"
    assert change(then, untold).why == "other_networks"


def scaled_by(scale_by, value, code="stance_width"):
    length = replace(tilt(value, code=code), unit="mm" if code == "stance_width" else "deg")
    seen = visit(length)
    return only_of(replace(seen, views=(replace(seen.views[0], scale_by=scale_by),)))


def only_of(seen) -> Combined:
    (one,) = combined(seen)
    return one


def test_a_length_by_another_scale_must_exceed_the_intervals_against_the_world():
    then = scaled_by("stature", 100.0)
    assert change(then, scaled_by("stature", 103.0)).least == pytest.approx(1.0)
    assert change(then, scaled_by("stickers", 103.0)).least == pytest.approx(math.hypot(2.0, 2.0))
    angle = scaled_by("stature", 3.0, "shoulder_tilt")
    assert change(angle, scaled_by("stickers", 3.0, "shoulder_tilt")).least == pytest.approx(1.0)


def test_what_older_stations_sent_is_compared_by_the_wide_interval():
    old = only(tilt(1.0, 2.0, None))
    assert change(old, only(tilt(3.5, 2.0, None))).verdict == "cannot_tell"
    assert change(old, only(tilt(4.0, 2.0, None))).verdict == "changed"


def test_second_visits_are_told_as_often_as_is_promised():
    """A change of 1.7 u95_change is called changed in 9 of 10, none in at most 1 of 20."""
    rng = np.random.default_rng(3)
    sd, n = 0.5, 4000
    half = 1.96 * math.sqrt(2.0) * sd
    first, second = rng.normal(scale=sd, size=(2, n))
    told = {
        moved: np.mean([
            change(only(tilt(a, 2.0, half)), only(tilt(b + moved, 2.0, half))).verdict == "changed"
            for a, b in zip(first.tolist(), second.tolist(), strict=True)
        ])
        for moved in (0.0, 1.7 * half)
    }  # fmt: skip
    assert told[0.0] <= 0.06
    assert told[1.7 * half] >= 0.9
