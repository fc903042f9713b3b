"""Events about models, on their way to the outbox.

The updater has the network and therefore not the outbox with its results. It lays its events into
a folder, from where the engine accepts them between subjects.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from edge.errors import NOT_JSON
from edge.files import locked, make_folder, write_durably

logger = logging.getLogger(__name__)

# About 100 runs of an updater that fails at every step, at some 300 bytes an event.
_LIMIT = 1000

Report = Callable[[dict[str, Any]], None]


class Spool:
    """Events in files 00000001.json, 00000002.json, ...

    `n` counts them: an event accepted twice after a power cut, or dropped because nobody collected
    a thousand of them, is seen as such.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        make_folder(folder)

    def report(self, data: dict[str, Any]) -> None:
        """Keep an event; it survives a power cut."""
        with locked(self._folder / "lock"):
            waiting = self._waiting()
            n = self._last(waiting) + 1
            write_durably(self._folder / "counter", str(n).encode())
            write_durably(self._folder / f"{n:08d}.json", msgspec.json.encode({"n": n, **data}))
            for path in waiting[: max(0, len(waiting) + 1 - _LIMIT)]:
                path.unlink()
        level = logging.INFO if data.get("reason") == "ok" else logging.WARNING
        what = (data.get("step"), data.get("reason"), data.get("name", ""))
        logger.log(level, "model event %d: %s %s %s", n, *what)

    def _last(self, waiting: list[Path]) -> int:
        """The number of the last event. A counter that the disk has damaged must stop nobody: what
        waits tells more than nothing."""
        counted = 0
        try:
            counted = int((self._folder / "counter").read_bytes())
        except FileNotFoundError:
            pass
        except ValueError:
            logger.warning("%s is damaged: events are counted anew", self._folder / "counter")
        return max(counted, *(int(path.stem) for path in waiting[-1:]), 0)

    def drain(self, accept: Report) -> int:
        """Hand every waiting event to `accept`, oldest first, and remove it once that returned."""
        count = 0
        for path in self._waiting():
            try:
                accept(msgspec.json.decode(path.read_bytes()))
            except NOT_JSON:
                logger.warning("%s is damaged and dropped", path.name)
            path.unlink(missing_ok=True)
            count += 1
        return count

    def _waiting(self) -> list[Path]:
        return sorted(each for each in self._folder.glob("*.json") if each.stem.isdecimal())
