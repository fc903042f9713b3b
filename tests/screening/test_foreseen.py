"""What `doctor` foresees of intervals: the causes and what mending them would gain."""

from __future__ import annotations

import pytest
from simulators.read_well import accuracy

from edge.posture.calibration import Calibration
from edge.records import Cause, Measure, Quality
from edge.screening.foreseen import foreseen, remedies, told, too_wide

PICTURE = (1080, 1920)
LENS = Calibration(roll_sd_deg=0.1, focal_px=1500.0, centre_px=(540.0, 960.0))


def test_each_cause_that_can_be_mended_is_named_once_with_what_that_gains() -> None:
    causes = (Cause("lens", 1.9, 1.3), Cause("depth", 1.0, 2.2), Cause("roll", 0.9, 2.25))
    lean = Measure(
        "trunk_lean", 0.0, "deg", 2.4, 1.0, Quality.LOW, ("wide_interval",), causes=causes
    )
    tilt = Measure(
        "shoulder_tilt", 0.0, "deg", 2.6, 1.0, Quality.LOW, ("wide_interval",), causes=causes[:1]
    )
    assert remedies([lean, tilt]) == (
        "Calibrate the lens: trunk_lean 2.4 -> 1.3 deg. "
        "Hang plumb lines and calibrate the roll: trunk_lean 2.4 -> 2.2 deg."
    )
    assert told(lean) == "trunk_lean ±2.4 of 2 deg (lens 1.9, depth 1.0, roll 0.9)"


def test_nobody_of_average_build_is_refused_by_the_view_they_are_shown_in() -> None:
    measures = list(foreseen(Calibration(), PICTURE, accuracy(sd=0.3, sd_change=0.2)))
    assert len(measures) == 7
    assert all(measure.value is not None for measure in measures)
    assert {cause.name for m in measures for cause in m.causes} >= {"network", "roll", "yaw"}


def test_what_is_narrow_enough_needs_no_remedy_and_what_is_refused_does_not_pass() -> None:
    good = list(foreseen(LENS, PICTURE, accuracy(sd=0.1, sd_change=0.1)))
    tilt = next(m for m in good if m.code == "shoulder_tilt")
    assert tilt not in too_wide(good)
    assert told(tilt).startswith(f"shoulder_tilt ±{tilt.u95:.1f} of 2 deg (")
    flat = list(foreseen(LENS, PICTURE, accuracy(slope=0.2)))
    assert too_wide(flat) == flat
    assert told(flat[0]) == "shoulder_tilt refused (slope_low)"


@pytest.mark.parametrize("mm_per_px", [1.0, 2.0])
def test_a_calibrated_scale_says_how_tall_people_are_in_the_picture(mm_per_px: float) -> None:
    scaled = Calibration(mm_per_px=mm_per_px)
    known = accuracy(sd=1.0, stature_px=1700.0)
    tilt = next(iter(foreseen(scaled, PICTURE, known)))
    network = next(cause for cause in tilt.causes if cause.name == "network")
    assert network.u95 == pytest.approx(1.96 * mm_per_px, rel=0.02)
