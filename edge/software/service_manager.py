"""What the guard asks of systemd."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

_LIMIT_S = 180.0


@dataclass(frozen=True, slots=True)
class UnitState:
    """active : it runs, and where it tells, it is ready. restarts : by itself, since it was started
    on purpose. status : its own words."""

    active: bool = False
    restarts: int = 0
    status: str = ""


class ServiceManager(Protocol):
    """systemd, or what stands for it in tests."""

    def reload(self) -> None:
        """Read the unit files again."""

    def start(self, units: Sequence[str]) -> None:
        """Start what does not run; does not wait until it is ready."""

    def restart(self, units: Sequence[str]) -> None:
        """Start, or start anew; does not wait until they are ready."""

    def stop(self, units: Sequence[str]) -> None:
        """Stop units, and wait until they have stopped."""

    def states(self, units: Sequence[str]) -> dict[str, UnitState]:
        """State of each unit."""


class Systemd:
    """systemd, asked by systemctl. What it refuses shows in the states that follow, so no exit
    status is looked at."""

    def reload(self) -> None:
        systemctl("daemon-reload")

    def start(self, units: Sequence[str]) -> None:
        systemctl("start", "--no-block", *units)

    def restart(self, units: Sequence[str]) -> None:
        systemctl("reset-failed", *units)
        systemctl("restart", "--no-block", *units)

    def stop(self, units: Sequence[str]) -> None:
        systemctl("stop", *units)

    def states(self, units: Sequence[str]) -> dict[str, UnitState]:
        found = {}
        for unit in units:
            shown = systemctl("show", "--property=ActiveState,NRestarts,StatusText", unit)
            told = dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)
            restarts = told.get("NRestarts", "")
            found[unit] = UnitState(
                told.get("ActiveState") == "active",
                int(restarts) if restarts.isdigit() else 0,
                told.get("StatusText", ""),
            )
        return found


def systemctl(*arguments: str, limit_s: float = _LIMIT_S) -> str:
    """What systemctl says; nothing where a busy machine lets it wait longer than `limit_s`.

    Who asks must outlive that, for nobody else watches a release on trial, or the network; and
    what was asked for, the manager has heard all the same.
    """
    try:
        done = subprocess.run(  # noqa: S603 - all of it stands in this file
            ["/usr/bin/systemctl", *arguments],
            capture_output=True, text=True, check=False, timeout=limit_s,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return ""
    return done.stdout
