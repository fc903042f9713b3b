"""When a release on trial has proved itself by working, and when it has failed. Pure.

A unit is well while it is active: the engine's watchdog is fed by frames alone, so an engine that
is active measures. A release need not mend what did not work before it, but must not break what
did.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from edge.software.service_manager import UnitState
from edge.update.probation import Judgement

WELL_FOR_S = 600.0
GIVE_UP_S = 2400.0  # kernels of another processor take half an hour to compile
RESTARTS = 3
WATCHED = ("posture-engine.service", "posture-uplink.service", "posture-netwatch.service")
_UPLINK = "posture-uplink.service"


def well(states: Mapping[str, UnitState]) -> tuple[str, ...]:
    """What works: units that are active, and `connected` where the uplink has its broker."""
    found = [name for name, state in sorted(states.items()) if state.active]
    uplink = states.get(_UPLINK)
    if uplink is not None and uplink.active and uplink.status.startswith("connected"):
        found.append("connected")
    return tuple(found)


@dataclass
class ReleaseTrial:
    """Evidence about a release since it was switched to.

    wanted : what must be well, as `well` names it.
    """

    wanted: Collection[str]
    began_s: float
    well_since_s: float | None = None
    why: str = ""

    def judge(self, states: Mapping[str, UnitState], now_s: float) -> Judgement:
        """Ten minutes in which all goes well confirm; three restarts of a unit, or 40 min, fail."""
        lacking = sorted(set(self.wanted) - set(well(states)))
        restarted = [name for name, state in states.items() if state.restarts >= RESTARTS]
        broken = sorted(set(restarted) & set(self.wanted))
        if broken:
            self.why = f"{', '.join(broken)} was started again {RESTARTS} times"
            return Judgement.FAIL
        if lacking:
            self.well_since_s = None
            self.why = f"not well: {', '.join(lacking)}"
        elif self.well_since_s is None:
            self.well_since_s = now_s
        if self.well_since_s is not None and now_s - self.well_since_s >= WELL_FOR_S:
            return Judgement.CONFIRM
        return Judgement.FAIL if now_s - self.began_s >= GIVE_UP_S else Judgement.OPEN
