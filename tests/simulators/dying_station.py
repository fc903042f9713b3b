"""A station that dies by SIGKILL at its n-th operation on files."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from simulators.model_world import SimulatedStation
from simulators.volatile_disk import VolatileDisk

from edge.errors import PostureError
from edge.inference.network import Network
from edge.update.report import Spool
from edge.update.serving import ModelStore

_FOLLOWED = {"open", "os.rename", "os.remove", "os.mkdir", "os.symlink", "os.truncate"}


def live(station: SimulatedStation, record: Path | None, die_at: int, count: Path) -> None:
    """All ten steps: update, then load, confirm. Writes how many operations it took."""
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
    spool = Spool(station.folder / "events")
    try:
        station.updater(report=spool.report).run()
    except PostureError:
        return  # the test tries again
    store = ModelStore(station.folder, {"whole": station.shipped}, spool.report)
    store.load(network_from)
    store.confirm()
    count.write_text(str(seen))


def network_from(files) -> Network:
    return Network.load(files["whole"].path, sha256=files["whole"].sha256, threads=1)
