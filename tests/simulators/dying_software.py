"""A station that takes a release, and dies by SIGKILL at its n-th operation on files."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from simulators.software_world import SoftwareStation
from simulators.volatile_disk import VolatileDisk

from edge.errors import PostureError
from edge.update.report import Spool

_FOLLOWED = {
    "open", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.symlink", "os.truncate",
}  # fmt: skip


def live(station: SoftwareStation, record: Path | None, die_at: int, count: Path) -> None:
    """Boot, download, install, trial, confirm. Writes how many operations it took."""
    seen = 0
    prefix = str(station.folder)

    def follow(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal seen
        if event in _FOLLOWED and str(arguments[0]).startswith(prefix):
            seen += 1
            if seen == die_at:
                os.kill(os.getpid(), signal.SIGKILL)

    if record is not None:
        VolatileDisk(station.folder, record).watch()
    sys.addaudithook(follow)
    station.power_on()
    try:
        station.download(Spool(station.places.handed_over / "events").report).run()
        station.guard().run(station.trust())
    except PostureError:
        return  # the test tries again
    count.write_text(str(seen))
