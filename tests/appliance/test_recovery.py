"""Faults that stay, counted on disk, and a network whose neighbours fall silent."""

from __future__ import annotations

import json
import stat
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.appliance import next_hop
from edge.appliance.next_hop import next_hop_answers
from edge.appliance.recovery import REBOOTS_A_DAY, RebootBudget, Recovery, Step
from edge.commands import netwatch
from edge.settings import Settings
from edge.software import service_manager

DAY_S = 86_400.0


def steps_of(recovery: Recovery, for_s: float) -> list[tuple[float, Step]]:
    """When which step is due, looked at every 30 s of a fault that stays."""
    looks = [30.0 * n for n in range(int(for_s / 30))]
    due = [(now_s, recovery.observe(False, now_s)) for now_s in looks]
    return [(now_s, step) for now_s, step in due if step is not Step.WAIT]


def test_a_fault_that_stays_is_met_harder_and_more_seldom() -> None:
    steps = steps_of(Recovery(first_wait_s=180, restarts=2), 6 * 3600)
    assert steps[:4] == [
        (180, Step.RESTART),
        (540, Step.RESTART),
        (1260, Step.REBOOT),
        (2700, Step.REBOOT),
    ]
    waits = [later - earlier for (earlier, _), (later, _) in pairwise(steps)]
    assert waits == sorted(waits)


def test_a_fault_that_mends_itself_is_forgotten() -> None:
    recovery = Recovery(first_wait_s=180, restarts=1)
    assert recovery.observe(False, 0) is Step.WAIT
    assert recovery.observe(True, 170) is Step.WAIT
    assert recovery.observe(False, 200) is Step.WAIT
    assert recovery.observe(False, 379) is Step.WAIT
    assert recovery.observe(False, 380) is Step.RESTART


@settings(max_examples=20)
@given(st.lists(st.floats(1.7e9, 1.7e9 + 3 * DAY_S), max_size=12))
def test_never_more_reboots_in_any_24_hours(
    tmp_path_factory: pytest.TempPathFactory, asked_s: list[float]
) -> None:
    """Each time as a new process, as after a reboot or a power cut."""
    path = tmp_path_factory.mktemp("budget") / "reboots.json"
    made = [now_s for now_s in sorted(asked_s) if RebootBudget(path).spend(now_s)]
    for first_s in made:
        assert sum(first_s <= at_s < first_s + DAY_S for at_s in made) <= REBOOTS_A_DAY


def test_a_torn_count_allows_no_reboot_for_a_day(tmp_path: Path) -> None:
    path = tmp_path / "reboots.json"
    path.write_bytes(b"\0\0\0")
    assert not RebootBudget(path).spend(1000.0)
    assert not RebootBudget(path).spend(1000.0 + 0.9 * DAY_S)
    assert RebootBudget(path).spend(1000.0 + 1.1 * DAY_S)


def test_a_count_from_a_clock_that_was_wrong_does_not_bind_for_ever(tmp_path: Path) -> None:
    budget = RebootBudget(tmp_path / "reboots.json")
    assert all(budget.spend(4e9) for _ in range(REBOOTS_A_DAY))
    assert budget.spend(1.8e9)


def test_nothing_left_to_spend_means_services_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(netwatch, "systemctl", lambda *words, **_: asked.append(words))
    budget = RebootBudget(tmp_path / "reboots.json")
    patient = netwatch.patients(Settings())[0]
    for _ in range(REBOOTS_A_DAY + 1):
        netwatch.treat(patient, Step.REBOOT, budget)
    assert [words[0] for words in asked] == ["reboot"] * REBOOTS_A_DAY + ["try-restart"]


@pytest.mark.parametrize(
    ("shown", "well"),
    [
        ("ActiveState=active\nExecMainStatus=0\n", True),
        ("ActiveState=inactive\nExecMainStatus=0\n", True),
        ("ActiveState=activating\nExecMainStatus=75\n", False),
        ("ActiveState=failed\nExecMainStatus=1\n", False),
        ("ActiveState=failed\nExecMainStatus=2\n", True),  # no camera is set: no reboot helps
    ],
)
def test_an_engine_that_waits_for_a_person_is_not_treated(
    monkeypatch: pytest.MonkeyPatch, shown: str, well: bool
) -> None:
    monkeypatch.setattr(netwatch, "systemctl", lambda *_, **__: shown)
    assert netwatch.engine_is_well() is well


class Network:
    """An `ip` program that answers as the kernel's tables would."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        program = folder / "ip"
        program.write_text(f'#!/bin/sh\n[ -s "{folder}/$2" ] && exec cat "{folder}/$2"\nexit 2\n')
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", str(folder), prepend=":")

    def tells(self, table: str, *entries: dict[str, object]) -> None:
        (self._folder / table).write_text(json.dumps(entries))


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Network:
    monkeypatch.setattr(next_hop, "_PATIENCE_S", 0.0)
    monkeypatch.setattr(next_hop, "_nudge", lambda _hop, _device: None)
    return Network(tmp_path, monkeypatch)


ROUTE = {"dst": "203.0.113.7", "gateway": "192.0.2.1", "dev": "eth0"}


@pytest.mark.parametrize(
    ("states", "answers"),
    [
        ("REACHABLE", True),
        ("PERMANENT", True),
        ("FAILED", False),
        ("INCOMPLETE", False),
        ("DELAY", False),
    ],
)
def test_the_next_hop(network: Network, states: str, answers: bool) -> None:
    network.tells("route", ROUTE)
    network.tells("neigh", {"dst": "192.0.2.1", "state": [states]})
    assert next_hop_answers("203.0.113.7") is answers


def test_cable_pulled_and_no_route_left(network: Network) -> None:
    assert next_hop_answers("203.0.113.7") is False


def test_a_modem_has_no_neighbours(network: Network) -> None:
    network.tells("route", {"dst": "203.0.113.7", "dev": "ppp0"})
    network.tells("neigh")
    assert next_hop_answers("203.0.113.7") is True


def test_a_broker_on_this_machine_needs_no_link(network: Network) -> None:
    network.tells("route", {"dst": "127.0.0.1", "dev": "lo"})
    assert next_hop_answers("127.0.0.1") is True


def test_a_machine_too_busy_to_look_restarts_no_network(
    network: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen in an emulated machine, where `ip` took longer than its limit."""
    (tmp_path / "ip").write_text("#!/bin/sh\nexec sleep 30\n")
    monkeypatch.setattr(next_hop, "_LIMIT_S", 0.2)
    assert next_hop_answers("203.0.113.7") is True


def test_a_service_manager_that_does_not_answer_ends_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def hangs(command: list[str], **_: object) -> None:
        raise subprocess.TimeoutExpired(command, 1.0)

    monkeypatch.setattr(subprocess, "run", hangs)
    assert service_manager.systemctl("show", "x") == ""
