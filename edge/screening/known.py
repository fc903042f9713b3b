"""What of a camera was measured, and what is assumed where nobody measured."""

from __future__ import annotations

from typing import NamedTuple

from edge.posture.calibration import LEVEL
from edge.posture.uncertainty import COVERAGE
from edge.screening.stored import Stored


class Known(NamedTuple):
    """measured_on : ISO date; empty where it is assumed. what : in words."""

    of: str
    measured_on: str
    what: str

    @property
    def assumed(self) -> bool:
        return not self.measured_on


def known(stored: Stored) -> tuple[Known, ...]:
    """Everything that measures rest on, in the order in which it is calibrated."""
    return (_lens(stored), _level(stored), _scale(stored), _marks(stored))


def _lens(stored: Stored) -> Known:
    lens = stored.lens
    if lens is None:
        return Known(
            "lens", "",
            "it bends no lines, and what is nearer is not seen larger: intervals are wider by "
            "what that may do",
        )  # fmt: skip
    x, y = lens.centre_px
    return Known(
        "lens", lens.measured_on,
        f"focal length {lens.focal_px:.1f} px, centre {x:.1f}, {y:.1f} px, corners "
        f"{lens.rms_px:.2f} px off, pictures of {lens.picture_px[0]} x {lens.picture_px[1]} px",
    )  # fmt: skip


def _level(stored: Stored) -> Known:
    stance = stored.stance
    if stance is None:
        half = COVERAGE * LEVEL.roll_sd_deg
        return Known("level", "", f"roll 0 ± {half:.1f} deg, pitch 0: hung with a spirit level")
    half = COVERAGE * stance.roll_sd_deg
    return Known(
        "level", stance.measured_on,
        f"roll {stance.roll_deg:+.2f} ± {half:.2f} deg, pitch {stance.pitch_deg:+.2f} deg",
    )  # fmt: skip


def _scale(stored: Stored) -> Known:
    stance = stored.stance
    if stance is None or stance.mm_per_px is None:
        return Known("scale", "", "none: lengths are refused, unless stature or stickers give one")
    half = 100.0 * COVERAGE * stored.calibration.scale_sd
    return Known("scale", stance.measured_on, f"{stance.mm_per_px:.3f} mm/px ± {half:.0f} %")


def _marks(stored: Stored) -> Known:
    marks = stored.marks
    if marks is None:
        return Known("marks", "", "the camera has not moved: nothing on the wall would tell")
    at = ", ".join(
        f"{number} at {x:.1f}, {y:.1f} px" for number, (x, y) in marks.centres_px.items()
    )
    return Known("marks", marks.measured_on, at)
