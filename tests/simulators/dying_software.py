"""A station that takes a release, and dies by SIGKILL at its n-th operation on files."""

from __future__ import annotations

from pathlib import Path

from simulators.dying import Steps
from simulators.software_world import SoftwareStation
from simulators.volatile_disk import VolatileDisk

from edge.errors import PostureError
from edge.update.report import Spool


def live(station: SoftwareStation, record: Path | None, die_at: int, count: Path) -> None:
    """Boot, download, install, trial, confirm. Writes how many operations it took."""
    steps = Steps(die_at)
    if record is not None:
        VolatileDisk(station.folder, record).watch()
    steps.follow(station.folder)
    station.power_on()
    try:
        station.download(Spool(station.places.handed_over / "events").report).run()
        station.guard().run(station.trust())
    except PostureError:
        return  # the test tries again
    count.write_text(str(steps.taken))
