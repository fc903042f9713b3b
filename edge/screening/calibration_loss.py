"""That a calibration was here: without this a lost file would look like a station never calibrated.

A station that was never calibrated measures as if its camera hung level, with wider intervals. One
whose `calibration.toml` is gone would do the same and be wrong by as much as it had been corrected
for, so it measures nothing until it has been calibrated again, and says so.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from edge.errors import NOT_JSON
from edge.files import write_durably
from edge.screening.stored import FILE_NAME

MEMORY_NAME = "calibrated.json"

Tell = Callable[[dict[str, Any]], None]


class _Memory(msgspec.Struct):
    """told : the loss was reported, and nothing has been reported since."""

    told: bool = False


def calibration_lost(state_path: Path) -> bool:
    """Whether a calibration was here and is gone."""
    return not (state_path / FILE_NAME).exists() and (state_path / MEMORY_NAME).exists()


def watch_calibration(state_path: Path, tell: Tell) -> None:
    """At the start of measuring: remember a calibration that is there, tell of one that is gone.

    tell : given the data of a fault event, once when it is gone and once when it is back.
    """
    memory = _read(state_path / MEMORY_NAME)
    if (state_path / FILE_NAME).exists():
        if memory is None or memory.told:
            if memory is not None:
                tell({"part": "calibration", "state": "back"})
            _write(state_path, _Memory())
    elif memory is not None and not memory.told:
        problem = f"{FILE_NAME} was here and is gone: nothing is measured until calibrated again"
        tell({"part": "calibration", "state": "lost", "problem": problem})
        _write(state_path, _Memory(told=True))


def _read(path: Path) -> _Memory | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Memory)
    except FileNotFoundError:
        return None
    except (OSError, *NOT_JSON):  # it was there, and what it says is told again
        return _Memory()


def _write(state_path: Path, memory: _Memory) -> None:
    with suppress(OSError):  # on a full disk it is told again at the next start
        write_durably(state_path / MEMORY_NAME, msgspec.json.encode(memory))
