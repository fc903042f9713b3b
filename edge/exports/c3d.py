"""C3D, the files of movement laboratories: where each keypoint is, in mm, at an even rate."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.errors import OutputFailed, PartMissing
from edge.exports.motion import Track
from edge.output import MARK

_MOST_SHIFT = 0.5  # of a step: a frame further from its place would stand at another time
_MOST_FRAMES = 1_000_000


def check_c3d() -> None:
    """Raise PartMissing where `ezc3d` is not installed."""
    try:
        import ezc3d  # noqa: F401
    except ImportError as error:
        raise PartMissing(
            "C3D files are written by the Python package ezc3d, which is missing here.",
            "pip install 'posture-station[c3d]'; or export trc.",
        ) from error


def c3d(track: Track, name: str, mm_per_px: float) -> bytes:
    """One person's file (www.c3d.org). The picture's plane is x and z up, y is 0, as laboratories
    place their axes; a missing keypoint has residual -1.

    Raises
    ------
    OutputFailed : the frames come at times that no even rate has; C3D keeps a rate only.
    """
    import ezc3d

    at = _places(track, name)
    points = np.full((4, len(track.keypoints), int(at.max()) + 1), np.nan)
    seen = track.points_mm(mm_per_px)
    points[0][:, at], points[2][:, at] = seen[:, :, 0].T, seen[:, :, 1].T
    points[1][:, at] = seen[:, :, 2].T
    missing = np.isnan(points[0])
    points[3] = 1.0
    file = ezc3d.c3d()
    parameters = file["parameters"]["POINT"]
    parameters["RATE"]["value"] = [track.rate_hz]
    parameters["UNITS"]["value"] = ["mm"]
    parameters["LABELS"]["value"] = list(track.keypoints)
    file["data"]["points"] = points
    file["data"]["meta_points"]["residuals"] = np.where(missing, -1.0, 0.0)[None]
    file.add_parameter("MANUFACTURER", "COMPANY", [MARK])
    with tempfile.TemporaryDirectory(prefix="posture-c3d-") as folder:
        path = Path(folder) / "one.c3d"  # ezc3d writes to names of its own encoding only
        file.write(str(path))
        return path.read_bytes()


def _places(track: Track, name: str) -> NDArray[np.int64]:
    """Row of each frame at an even rate."""
    exact = (track.times_s - track.times_s[0]) * track.rate_hz
    at: NDArray[np.int64] = np.rint(exact).astype(np.int64)
    uneven = np.abs(exact - at).max() >= _MOST_SHIFT or (np.diff(at) < 1).any()
    if uneven or at[-1] >= _MOST_FRAMES:
        raise OutputFailed(
            f"{name}: the frames come at uneven times, and C3D knows an even rate only.",
            "Export trc, which keeps each frame's time.",
        )
    return at
