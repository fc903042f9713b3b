"""What to do about a fault that stays: nothing at first, then more, ever more seldom.

Restarting what others need is itself a fault, so each step waits longer than the one before, and
reboots are counted on disk: no more than a few a day, whatever happens to the power in between.
"""

from __future__ import annotations

import enum
import json
from dataclasses import dataclass
from pathlib import Path

from edge.files import write_durably
from edge.mqtt.backoff import delay_s

_DAY_S = 86_400.0
REBOOTS_A_DAY = 2
_LONGEST_WAIT_S = 4 * 3600.0


class Step(enum.Enum):
    """What is due now."""

    WAIT = "wait"
    RESTART = "restart"
    REBOOT = "reboot"


class RebootBudget:
    """The reboots of the last 24 hours, kept in a file of their times in UTC seconds."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def spend(self, now_s: float) -> bool:
        """Write one reboot down before it is made; False when none is left."""
        recent = [at_s for at_s in self._times(now_s) if abs(now_s - at_s) < _DAY_S]
        if len(recent) >= REBOOTS_A_DAY:
            return False
        self._write([*recent, now_s])
        return True

    def _times(self, now_s: float) -> list[float]:
        try:
            return [float(at_s) for at_s in json.loads(self._path.read_bytes())]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, TypeError, RecursionError):
            # How many there were is not known: as many as there may be, from now on.
            spent = [now_s] * REBOOTS_A_DAY
            self._write(spent)
            return spent

    def _write(self, times_s: list[float]) -> None:
        write_durably(self._path, json.dumps(times_s).encode())


@dataclass
class Recovery:
    """The steps against one fault. Times are of a clock that nobody sets.

    first_wait_s : how long the fault may last before the first step; each wait doubles the last.
    restarts : steps before a reboot may be due.
    """

    first_wait_s: float
    restarts: int
    _steps: int = 0
    _due_at_s: float | None = None

    def observe(self, well: bool, now_s: float) -> Step:
        """What is due, given whether all is well at `now_s`."""
        if well:
            self._steps, self._due_at_s = 0, None
            return Step.WAIT
        if self._due_at_s is None:
            self._due_at_s = now_s + self.first_wait_s
        if now_s < self._due_at_s:
            return Step.WAIT
        self._steps += 1
        self._due_at_s = now_s + delay_s(self.first_wait_s, self._steps, _LONGEST_WAIT_S)
        return Step.RESTART if self._steps <= self.restarts else Step.REBOOT
