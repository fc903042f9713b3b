"""`posture-station netwatch`: mends a link or a camera driver that stays down.

The kernel's watchdog sees neither: the machine runs, only nothing comes or goes. First the
services in question are started anew, then the machine, a few times a day at most.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from edge import systemd
from edge.appliance.next_hop import next_hop_answers
from edge.appliance.recovery import RebootBudget, Recovery, Step
from edge.cli.stopping import stop_on_signals
from edge.settings import Settings
from edge.software.service_manager import systemctl

_LOOK_EVERY_S = 30.0
_LIMIT_S = 120.0  # for what the service manager is asked
_BUDGET = Path("/var/lib/posture/netwatch/reboots.json")
_ENGINE = "posture-engine.service"
_SETTINGS_WRONG = "2"  # the exit status that RestartPreventExitStatus of the unit names


@dataclass
class Patient:
    """Something that may fall ill. services : what to start anew, those of them that run."""

    name: str
    well: Callable[[], bool]
    services: tuple[str, ...]
    recovery: Recovery


def engine_is_well() -> bool:
    """Whether the engine measures, or waits for a person: stopped by one, or with settings that
    only one can mend. No restart of the machine helps there."""
    shown = systemctl("show", "--property=ActiveState,ExecMainStatus", _ENGINE, limit_s=_LIMIT_S)
    told = dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)
    if told.get("ActiveState") == "failed":
        return told.get("ExecMainStatus") == _SETTINGS_WRONG
    return told.get("ActiveState", "") in ("active", "reloading", "inactive", "")


def patients(settings: Settings) -> tuple[Patient, ...]:
    return (
        Patient(
            "link",
            lambda: any(next_hop_answers(each.host) for each in settings.mqtt.each),
            ("NetworkManager", "systemd-networkd", "dhcpcd", "wpa_supplicant"),
            Recovery(first_wait_s=180.0, restarts=3),
        ),
        Patient(
            "engine",  # systemd restarts it all the time: what is left is the camera's driver
            engine_is_well,
            ("nvargus-daemon",),
            Recovery(first_wait_s=1800.0, restarts=1),
        ),
    )


def treat(patient: Patient, step: Step, budget: RebootBudget) -> str:
    """Do what is due; says what was done."""
    if step is Step.REBOOT and budget.spend(time.time()):
        systemctl("reboot", limit_s=_LIMIT_S)
        return "reboot"
    systemctl("try-restart", *(f"{name}.service" for name in patient.services), limit_s=_LIMIT_S)
    return f"restarted {', '.join(patient.services)} where they run"


def run(settings: Settings) -> int:
    console = Console(soft_wrap=True, highlight=False)
    budget = RebootBudget(_BUDGET)
    watched = patients(settings)
    with stop_on_signals() as stop:
        systemd.ready("watching")
        while not stop.wait(_LOOK_EVERY_S):
            ill = []
            for patient in watched:
                well = patient.well()
                if not well:
                    ill.append(patient.name)
                step = patient.recovery.observe(well, time.monotonic())
                if step is not Step.WAIT:
                    console.print(f"{patient.name} stays down: {treat(patient, step, budget)}")
            systemd.alive(f"down: {', '.join(ill)}" if ill else "all is well")
    systemd.stopping()
    return 0
