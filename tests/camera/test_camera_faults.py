"""Every camera fault is found, told once, and heals; `simulators/fault_drill.py` has the times."""

from __future__ import annotations

from pathlib import Path

import pytest
from simulators.fault_drill import Limits, drill, drill_pi_camera
from simulators.faulty_camera import Fault

SHORT = Limits(
    stall_s=0.4, lets_go_s=0.6, frozen_s=0.4, black_s=0.4, reopen_s=0.1, fps=30.0
)  # fmt: skip


@pytest.mark.parametrize(
    ("fault", "told", "processes"),
    [
        ("unplugged", ("lost", "absent"), 1),
        ("permission", ("lost", "permission"), 1),
        ("busy", ("lost", "busy"), 1),
        ("hung", ("stalled", "hung"), 2),
        ("frozen", ("frozen",), 1),
        ("black", ("black",), 1),
        ("format", ("format",), 1),
        ("size", ("format",), 1),
    ],
)
def test_a_v4l2_camera_is(
    fault: Fault, told: tuple[str, ...], processes: int, tmp_path: Path
) -> None:
    healed = drill(fault, tmp_path, SHORT)
    assert healed.faults == told
    assert healed.processes == processes


def test_a_driver_that_stalls_and_comes_back_needs_no_new_process(tmp_path: Path) -> None:
    healed = drill("stalled", tmp_path, Limits(stall_s=0.4, lets_go_s=30.0, reopen_s=0.1, fps=30.0))
    assert healed.faults == ("stalled",)
    assert healed.processes == 1


def test_the_pi_cameras_front_end_times_out(tmp_path: Path) -> None:
    healed = drill_pi_camera(tmp_path, SHORT)
    assert healed.faults == ("hung",)
    assert healed.processes == 2
