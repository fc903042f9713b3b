"""`posture-station stickers -o sheet.pdf`: targets to print, cut out and stick on."""

from __future__ import annotations

from pathlib import Path

from edge.cli.output import Output
from edge.desk.outputs import Outputs
from edge.markers.protocol import PROTOCOLS
from edge.markers.sheet import Paper, sheet
from edge.markers.target import RING_MM
from edge.output import write_output


def run(path: Path, paper: Paper, out: Output, *, overwrite: bool) -> int:
    """Write the sheet, and say how to print and use it.

    Raises
    ------
    OutputFailed : it cannot or must not be written there.
    """
    write_output(Outputs([], overwrite=overwrite).claim(path), sheet(paper))
    out.line(
        f"{path}: print it at 100 % and in colour; rings are {2 * RING_MM:g} mm wide. Page 2 says "
        f"where they belong. Then: assess PHOTO --markers {' | '.join(PROTOCOLS)}"
    )
    return 0
