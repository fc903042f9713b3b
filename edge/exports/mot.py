"""MOT, the motion files of OpenSim: our angles over time.

They are named by our codes and are none of OpenSim's coordinates; the file says so.
"""

from __future__ import annotations

from edge.exports.base import Exported
from edge.exports.motion import Track
from edge.output import MARK
from edge.shown import shown


def mot(track: Track, name: str) -> bytes:
    """One person's file (OpenSim documentation, "Motion (.mot) files"); `nan` where an angle was
    refused or the person not seen."""
    rows = [{} if person is None else _angles_deg(person) for person in track.people]
    codes = sorted({code for row in rows for code in row})
    lines = [
        "Coordinates",
        "version=1",
        f"nRows={len(rows)}",
        f"nColumns={len(codes) + 1}",
        "inDegrees=yes",
        "",
        f"{MARK}: {shown(name)}: angles by this station's own codes, "
        "no coordinates of an OpenSim model.",
        "",
        "endheader",
        "\t".join(("time", *codes)),
    ]
    for time_s, row in zip(track.times_s, rows, strict=True):
        lines.append("\t".join((f"{time_s:.6f}", *(_cell(row.get(code)) for code in codes))))
    return ("\n".join(lines) + "\n").encode()


def _angles_deg(person: Exported) -> dict[str, float | None]:
    found: dict[str, float | None] = {}
    for measure in person.measures:
        if measure.unit == "deg":
            twice = measure.code in found and measure.side
            found[f"{measure.code}_{measure.side}" if twice else measure.code] = measure.value
    return found


def _cell(value: float | None) -> str:
    return "nan" if value is None else f"{value:.4f}"
