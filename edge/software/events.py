"""Events of the guard, on their way to the outbox.

Root writes nothing into folders of others, where a link could lead its hand elsewhere. It keeps its
events in its own folder; the engine reads them there, and remembers in its own which it has told.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from edge.errors import NOT_JSON
from edge.files import make_folder, write_durably

logger = logging.getLogger(__name__)
GUARD_FOLDER = Path("/var/lib/posture/software")
FOLDER_NAME = "events"
_KEPT = 200
_EVENT_LIMIT_BYTES = 16_384

Tell = Callable[[dict[str, Any]], None]


class EventBook:
    """The guard's end of the list of events. The caller holds the guard's lock."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / FOLDER_NAME
        make_folder(self._folder)

    def tell(self, data: dict[str, Any]) -> None:
        """Keep an event, numbered; of more than 200 the oldest goes. It survives a power cut.

        A full disk loses the event, never the step it tells of: the journal has it all the same.
        """
        numbers = _numbers(self._folder)
        n = numbers[-1] + 1 if numbers else 1
        level = logging.INFO if data.get("reason") == "ok" else logging.WARNING
        logger.log(level, "software event %d: %s %s", n, data.get("step"), data.get("reason"))
        try:
            path = self._folder / f"{n:08d}.json"
            write_durably(path, msgspec.json.encode({"n": n, **data}), mode=0o644)
            for old in numbers[: max(0, len(numbers) + 1 - _KEPT)]:
                (self._folder / f"{old:08d}.json").unlink()
        except OSError:
            logger.exception("software event %d is in no file", n)


def tell_new(folder: Path, told: Path, tell: Tell) -> int:
    """The engine's end: hand each new event to `tell`, oldest first; returns how many.

    told : file with the number of the last one; an event told twice after a power cut is known by
        its `n`. Whatever `tell` raises leaves the rest for the next time.
    """
    last = _last_told(told)
    new = [n for n in _numbers(folder / FOLDER_NAME) if n > last]
    for n in new:
        try:
            body = (folder / FOLDER_NAME / f"{n:08d}.json").read_bytes()[:_EVENT_LIMIT_BYTES]
            tell(msgspec.json.decode(body, type=dict[str, Any]))
        except (FileNotFoundError, *NOT_JSON):
            logger.warning("software event %d is gone or damaged", n)
        write_durably(told, str(n).encode())
    return len(new)


def _numbers(folder: Path) -> list[int]:
    return sorted(int(path.stem) for path in folder.glob("[0-9]*.json"))


def _last_told(path: Path) -> int:
    try:
        return int(path.read_bytes())
    except (FileNotFoundError, ValueError):  # told twice is known; not told is lost
        return 0
