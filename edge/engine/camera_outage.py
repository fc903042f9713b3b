"""What the collector hears of a camera that shows nothing: once that it began, once that it ended.

A station may end its process to cure its camera. The outage is therefore kept in a file, so that
the next process goes on with the same outage instead of reporting a new one at every start.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from edge.errors import NOT_JSON
from edge.files import write_for_this_boot
from edge.shown import shown
from edge.wire.clock import boot_id

log = logging.getLogger(__name__)
Tell = Callable[[dict[str, Any]], None]


class _Kept(msgspec.Struct):
    """since_ns : CLOCK_BOOTTIME at the last good picture, or when the camera was first wanted."""

    boot_id: str
    since_ns: int
    faults: list[str]


class CameraOutage:
    """The present outage of one camera, if there is one.

    path : where it is kept. tell : given the data of each event. now_ns : CLOCK_BOOTTIME.
    """

    def __init__(self, path: Path, tell: Tell, now_ns: Callable[[], int]) -> None:
        self._path = path
        self._tell = tell
        self._now_ns = now_ns
        self._good_ns = now_ns()
        self._kept = self._read()

    @property
    def fault(self) -> str:
        """Code of the latest fault; empty while all is well."""
        return self._kept.faults[-1] if self._kept else ""

    def good(self) -> None:
        """A picture that could be measured has come."""
        if self._kept is not None:
            outage_s = (self._now_ns() - self._kept.since_ns) / 1e9
            self._tell(
                {"state": "back", "faults": self._kept.faults, "outage_s": round(outage_s, 1)}
            )
            log.info("camera: back after %.1f s", outage_s)
            self._kept = None
            self._path.unlink(missing_ok=True)
        self._good_ns = self._now_ns()

    def bad(self, fault: str, problem: str) -> bool:
        """The camera shows nothing, for this reason. Told once an outage for each reason; True
        when it was told now."""
        if self._kept is None:
            self._kept = _Kept(boot_id(), self._good_ns, [])
        if fault in self._kept.faults:
            return False
        self._kept.faults.append(fault)
        after_s = (self._now_ns() - self._kept.since_ns) / 1e9
        # On a full disk the outage is told a second time after a restart.
        write_for_this_boot(self._path, self._kept)
        log.warning("camera: %s, no picture for %.1f s: %s", fault, after_s, shown(problem))
        self._tell(
            {"state": "lost", "fault": fault, "after_s": round(after_s, 1), "problem": problem}
        )
        return True

    def _read(self) -> _Kept | None:
        try:
            kept = msgspec.json.decode(self._path.read_bytes(), type=_Kept)
        except (OSError, *NOT_JSON):
            return None
        return kept if kept.boot_id == boot_id() and kept.faults else None
