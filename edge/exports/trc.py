"""TRC, the marker files of OpenSim: where each keypoint is, in mm, over time."""

from __future__ import annotations

import numpy as np

from edge.exports.motion import Track
from edge.output import MARK
from edge.shown import shown


def trc(track: Track, name: str, mm_per_px: float) -> bytes:
    """One person's file (OpenSim documentation, "Marker (.trc) files").

    The picture's plane is x and y, z is 0: one camera knows no depth. A keypoint that is missing
    is nan: OpenSim loses count of empty cells at the end of a line.
    """
    points, keypoints = track.points_mm(mm_per_px), track.keypoints
    rate, count = f"{track.rate_hz:g}", len(track.moments)
    lines = [
        f"PathFileType\t4\t(X/Y/Z)\t{MARK}: {shown(name)}",
        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame"
        "\tOrigNumFrames",
        f"{rate}\t{rate}\t{count}\t{len(keypoints)}\tmm\t{rate}\t1\t{count}",
        "Frame#\tTime\t" + "\t\t\t".join(keypoints) + "\t\t",
        "\t\t" + "\t".join(f"{axis}{i}" for i in range(1, len(keypoints) + 1) for axis in "XYZ"),
        "",
    ]
    for number, (time_s, row) in enumerate(zip(track.times_s, points, strict=True), start=1):
        cells = ("nan" if np.isnan(value) else f"{value:.3f}" for value in row.ravel())
        lines.append(f"{number}\t{time_s:.6f}\t" + "\t".join(cells))
    return ("\n".join(lines) + "\n").encode()
