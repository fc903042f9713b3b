"""A station that dies by SIGKILL at its n-th operation on files."""

from __future__ import annotations

from pathlib import Path

from simulators.dying import Steps
from simulators.model_world import SimulatedStation
from simulators.volatile_disk import VolatileDisk

from edge.errors import PostureError
from edge.inference.network import Network
from edge.update.report import Spool
from edge.update.serving import ModelStore


def live(station: SimulatedStation, record: Path | None, die_at: int, count: Path) -> None:
    """All ten steps: update, then load, confirm. Writes how many operations it took."""
    steps = Steps(die_at)
    if record is not None:
        VolatileDisk(station.folder, record).watch()
    steps.follow(station.folder)
    spool = Spool(station.folder / "events")
    try:
        station.updater(report=spool.report).run()
    except PostureError:
        return  # the test tries again
    store = ModelStore(station.folder, {"whole": station.shipped}, spool.report)
    store.load(network_from)
    store.confirm()
    count.write_text(str(steps.taken))


def network_from(files) -> Network:
    return Network.load(files["whole"].path, sha256=files["whole"].sha256, threads=1)
