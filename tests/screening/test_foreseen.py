"""What `doctor` foresees of intervals: the causes and what mending them would gain."""

from __future__ import annotations

import pytest
from simulators.read_well import accuracy

from edge.posture.calibration import Calibration
from edge.screening.foreseen import foreseen, remedies, told, too_wide

PICTURE = (1080, 1920)
LENS = Calibration(roll_sd_deg=0.1, focal_px=1500.0, centre_px=(540.0, 960.0))


def test_without_a_lens_the_lens_is_named_with_what_calibrating_it_gains() -> None:
    known = accuracy(sd=0.3, sd_change=0.2)
    without, calibrated = (
        {m.code: m for m in foreseen(each, PICTURE, known)}
        for each in (Calibration(roll_sd_deg=0.1), LENS)
    )
    lean = without["trunk_inclination"]
    assert "lens" in {cause.name for cause in lean.causes}
    assert calibrated["trunk_inclination"].u95 < lean.u95
    said = remedies([lean])
    (lens,) = (cause for cause in lean.causes if cause.name == "lens")
    assert (
        f"Calibrate the lens: trunk_inclination {lean.u95:.1f} -> {lens.without:.1f} deg." in said
    )


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
