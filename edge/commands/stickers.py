"""`posture-station stickers -o sheet.pdf`: targets to print, cut out and stick on."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from edge.errors import SettingsInvalid
from edge.markers.protocol import PROTOCOLS
from edge.markers.sheet import Paper, sheet
from edge.markers.target import RING_MM


def run(path: Path, paper: Paper) -> int:
    """Write the sheet, and say how to print and use it.

    Raises
    ------
    SettingsInvalid : it cannot be written there.
    """
    try:
        path.write_bytes(sheet(paper))
    except OSError as error:
        raise SettingsInvalid(
            f"cannot write {path}: {error.strerror}.", "Check path and rights."
        ) from error
    Console().print(
        f"{path}: print it at 100 % and in colour; rings are {2 * RING_MM:g} mm wide. Page 2 says "
        f"where they belong. Then: assess PHOTO --markers {' | '.join(PROTOCOLS)}",
        highlight=False,
        soft_wrap=True,
    )
    return 0
