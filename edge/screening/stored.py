"""The calibration as it is kept: `calibration.toml` in the state directory, one table a step."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated

import msgspec

from edge.errors import SettingsInvalid
from edge.files import write_toml
from edge.posture.calibration import LEVEL, NO_DISTORTION, Calibration
from edge.posture.lens import Coefficients

FILE_NAME = "calibration.toml"

Positive = Annotated[float, msgspec.Meta(gt=0)]
Day = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]
MarkNumber = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,4}$")]  # keys of TOML are texts
Size = tuple[Annotated[int, msgspec.Meta(ge=64)], Annotated[int, msgspec.Meta(ge=64)]]


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    pass


class StoredLens(_Table, frozen=True):
    """Intrinsics of a picture of this size; rms_px of the corners they were found from."""

    measured_on: Day
    picture_px: Size
    focal_px: Positive
    centre_px: tuple[float, float]
    distortion: Coefficients
    rms_px: float


class StoredStance(_Table, frozen=True):
    """Gravity and, where it was measured, the scale at the stance mark."""

    measured_on: Day
    picture_px: Size
    roll_deg: float
    pitch_deg: float
    roll_sd_deg: Positive
    mm_per_px: Positive | None = None


class StoredMarks(_Table, frozen=True):
    """Centres of the wall markers, by number."""

    measured_on: Day
    picture_px: Size
    centres_px: dict[MarkNumber, tuple[float, float]]


class Stored(_Table, frozen=True):
    """What has been calibrated so far."""

    lens: StoredLens | None = None
    stance: StoredStance | None = None
    marks: StoredMarks | None = None

    def __post_init__(self) -> None:
        sizes = {table.picture_px for table in (self.lens, self.stance, self.marks) if table}
        if len(sizes) > 1:
            raise ValueError("its tables hold for pictures of different sizes")

    @property
    def calibration(self) -> Calibration:
        """For measuring; LEVEL while nothing but a lens or marks is known."""
        lens, stance = self.lens, self.stance
        if lens is None and stance is None:
            return LEVEL
        latest = stance or lens  # lenses keep for years; it is the mounting that goes stale
        return Calibration(
            roll_deg=0.0 if stance is None else stance.roll_deg,
            pitch_deg=0.0 if stance is None else stance.pitch_deg,
            roll_sd_deg=LEVEL.roll_sd_deg if stance is None else stance.roll_sd_deg,
            focal_px=None if lens is None else lens.focal_px,
            centre_px=None if lens is None else lens.centre_px,
            distortion=NO_DISTORTION if lens is None else lens.distortion,
            mm_per_px=None if stance is None else stance.mm_per_px,
            picture_px=None if latest is None else latest.picture_px,
            measured_on="" if latest is None else latest.measured_on,
        )

    @property
    def marks_px(self) -> dict[int, tuple[float, float]]:
        """Number of each wall marker -> its centre."""
        centres = {} if self.marks is None else self.marks.centres_px
        return {int(number): centre for number, centre in centres.items()}


def load_calibration(state_path: Path) -> Stored:
    """Read the calibration; an empty one where there is no file.

    Raises
    ------
    SettingsInvalid : a file that is damaged; measuring on without it would be silently wrong.
    """
    path = state_path / FILE_NAME
    return read_calibration(path) if path.exists() else Stored()


def read_calibration(path: Path) -> Stored:
    """What a file holds.

    Raises
    ------
    SettingsInvalid : a file that is damaged or cannot be read.
    """
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Stored)
    except (OSError, ValueError, RecursionError) as error:
        raise SettingsInvalid(
            f"{path} cannot be used: {error}.", "Move the file away, then calibrate again."
        ) from error


def save_calibration(state_path: Path, stored: Stored) -> Path:
    """Replace the file as a whole; returns its path."""
    state_path.mkdir(parents=True, exist_ok=True)
    path = state_path / FILE_NAME
    write_toml(path, stored)
    return path
