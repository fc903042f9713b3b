"""Where the guard finds everything, and what it believes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from edge.software.events import GUARD_FOLDER
from edge.software.handed_over import FOLDER_NAME


@dataclass(frozen=True)
class Places:
    """folder : the guard's own, root writes there alone. handed_over : what the other unit writes.
    state : outbox and the engine's file. image : the release that came with the image.
    image_units : its units. boot_units : systemd's folder of this boot.
    """

    folder: Path = GUARD_FOLDER
    handed_over: Path = Path("/var/lib/posture/state") / FOLDER_NAME
    state: Path = Path("/var/lib/posture/state")
    image: Path = Path("/opt/posture-station/image")
    image_units: Path = Path("/usr/local/lib/systemd/system")
    boot_units: Path = Path("/run/systemd/system")

    @property
    def active(self) -> Path:
        """What runs: the trial, if there is one."""
        return self.folder / "active"

    @property
    def confirmed(self) -> Path:
        """What the guard itself runs from."""
        return self.folder / "confirmed"


@dataclass
class Trust:
    """What the guard believes: the image's root keys, and the address they were fetched from."""

    root: bytes
    url: str
    desired: Path
    clock_ns: Callable[[], int] = time.time_ns
