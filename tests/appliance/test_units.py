"""The units as systemd itself judges them, and the promises that stand in them."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from conftest import ROOT, program

UNITS = ROOT / "systemd"
PROGRAM = "/opt/posture-station/venv/bin/posture-station"
GUARD = "/opt/posture-station/guard"
LONG_RUNNING = {"posture-engine": 1.0, "posture-uplink": 1.5, "posture-netwatch": 1.5}
ALL = sorted(path.stem for path in UNITS.glob("*.service"))


def units() -> list[Path]:
    return [path for kind in ("service", "timer", "path") for path in UNITS.glob(f"*.{kind}")]


def lines(unit: str) -> list[str]:
    text = (UNITS / f"{unit}.service").read_text()
    return [line for line in text.splitlines() if line and not line.startswith("#")]


@pytest.fixture(scope="module")
def analyze() -> str:
    return program("systemd-analyze", "systemd")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The units as they will lie together, calling a program that this machine has."""
    folder = tmp_path_factory.mktemp("units")
    for path in units():
        text = path.read_text().replace(PROGRAM, "/bin/true").replace(GUARD, "/bin/true")
        (folder / path.name).write_text(text)
    return folder


def test_systemd_finds_nothing_to_say(analyze: str, installed: Path) -> None:
    names = [str(path) for path in sorted(installed.iterdir())]
    done = subprocess.run(
        [analyze, "verify", "--man=no", *names], capture_output=True, text=True, check=False
    )
    ours = [line for line in done.stderr.splitlines() if "posture" in line]
    assert (done.returncode, ours) == (0, [])


def test_a_misspelt_key_would_be_found(analyze: str, installed: Path, tmp_path: Path) -> None:
    unit = tmp_path / "posture-engine.service"
    text = (installed / unit.name).read_text()
    unit.write_text(text.replace("WatchdogSec=", "WatchdogSecs="))
    done = subprocess.run(
        [analyze, "verify", "--man=no", unit], capture_output=True, text=True, check=False
    )
    assert "WatchdogSecs" in done.stderr


def test_no_unit_waits_for_itself(analyze: str, installed: Path, tmp_path: Path) -> None:
    """systemd takes a unit out of a circle, any one, and goes on without it."""
    everything = tmp_path / "posture-everything.target"
    names = " ".join(path.name for path in installed.iterdir())
    everything.write_text(
        f"[Unit]\nRequires=sysinit.target basic.target\nAfter=basic.target\nWants={names}\n"
    )
    for path in installed.iterdir():
        (tmp_path / path.name).write_text(path.read_text())
    done = subprocess.run(
        [analyze, "verify", "--man=no", everything], capture_output=True, text=True, check=False
    )
    assert "cycle" not in done.stderr, done.stderr


@pytest.mark.parametrize("unit", ALL)
def test_exposure(analyze: str, installed: Path, unit: str) -> None:
    at_most = LONG_RUNNING.get(unit, 1.5)
    done = subprocess.run(
        [analyze, "security", "--offline=true", "--no-pager", installed / f"{unit}.service"],
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.search(r"exposure level for \S+: (\d+\.\d)", done.stdout)
    assert found is not None, done.stderr
    assert float(found[1]) <= at_most


@pytest.mark.parametrize("unit", LONG_RUNNING)
def test_no_start_limit_and_a_watchdog_that_leaves_stacks(unit: str) -> None:
    assert {
        "StartLimitIntervalSec=0",
        "Restart=always",
        "Type=notify",
        "WatchdogSignal=SIGABRT",
    } <= set(lines(unit))
    assert any(line.startswith("WatchdogSec=") for line in lines(unit))
    assert any("PYTHONFAULTHANDLER=1" in line for line in lines(unit))


def test_an_engine_that_only_a_person_can_mend_stays_down() -> None:
    assert "RestartPreventExitStatus=2" in lines("posture-engine")
    assert not any("RestartPreventExitStatus" in x for x in lines("posture-uplink")), "it reports"


def test_frames_cannot_leave_the_engine() -> None:
    assert {
        "PrivateNetwork=yes",
        "IPAddressDeny=any",
        "RestrictAddressFamilies=AF_UNIX",
        "LimitCORE=0",
        "MemorySwapMax=0",
        "ReadWritePaths=/var/lib/posture/state",
    } <= set(lines("posture-engine"))


@pytest.mark.parametrize("unit", sorted(set(ALL) - {"posture-engine"}))
def test_nobody_else_has_the_camera(unit: str) -> None:
    assert {"PrivateDevices=yes", "DevicePolicy=closed", "LimitCORE=0"} <= set(lines(unit))


@pytest.mark.parametrize("unit", ["posture-engine", "posture-uplink", "posture-netwatch"])
def test_nothing_starts_without_an_identity(unit: str) -> None:
    assert "Requires=posture-provision.service" in lines(unit)
    assert any(
        line.startswith("After=") and "posture-provision.service" in line for line in lines(unit)
    )


@pytest.mark.parametrize("unit", ["posture-uplink", "posture-netwatch", "posture-update"])
def test_what_has_the_network_opens_no_port(unit: str) -> None:
    assert "SocketBindDeny=any" in lines(unit)


def test_the_token_is_the_uplinks_alone() -> None:
    shown = [unit for unit in ALL if any("LoadCredential=mqtt-password" in x for x in lines(unit))]
    assert shown == ["posture-uplink"]


def test_the_updater_sees_the_models_and_no_result() -> None:
    assert {
        "TemporaryFileSystem=/var/lib/posture/state",
        "BindPaths=/var/lib/posture/state/models /var/lib/posture/state/software",
    } <= set(lines("posture-update"))


def test_a_station_gets_locked_versions_alone() -> None:
    def pins(path: Path) -> set[str]:
        return set(re.findall(r"^[a-z0-9-]+==\S+|--hash=\S+", path.read_text(), re.MULTILINE))

    device = pins(UNITS / "requirements.txt")
    assert len(device) > 20
    assert device <= pins(ROOT / "constraints.txt")


@pytest.mark.parametrize("script", ["install", "uninstall", "posture-station", "posture-guard"])
def test_scripts_parse(script: str) -> None:
    shell = (UNITS / script).read_text().splitlines()[0].removeprefix("#!")
    subprocess.run([shell, "-n", UNITS / script], check=True)


def test_the_installer_names_each_unit_that_starts_by_itself() -> None:
    """A unit with [Install] that nobody enables never runs."""
    wanted = [path for path in units() if "WantedBy=" in path.read_text()]
    enabled = (UNITS / "install").read_text().partition("\nenabled=(")[2].partition(")")[0].split()
    removed = (UNITS / "uninstall").read_text().partition("\nunits=(")[2].partition(")")[0].split()
    assert {path.name for path in wanted} == set(enabled)
    assert {path.name for path in units()} == set(removed)


def test_the_guard_has_no_network_and_the_downloader_none_of_its_rights() -> None:
    for unit in ("posture-software", "posture-software-boot"):
        assert {"PrivateNetwork=yes", "RestrictAddressFamilies=AF_UNIX"} <= set(lines(unit))
    assert "User=posture-update" in lines("posture-update")
    assert "ProtectSystem=strict" in lines("posture-update")
    assert not any(line.startswith("ReadWritePaths=") for line in lines("posture-update"))


def test_the_guard_is_not_stopped_by_what_it_starts_anew() -> None:
    """Requires= would end it in the middle of a switch, with the unit that it restarts."""
    kept = [
        line for line in lines("posture-software") if line.startswith(("Requires=", "BindsTo="))
    ]
    assert kept == []


def test_everything_runs_by_the_link_that_is_switched_and_the_guard_by_the_confirmed_one() -> None:
    for unit in set(ALL) - {"posture-software", "posture-software-boot"}:
        assert any(PROGRAM in line for line in lines(unit) if line.startswith("ExecStart="))
    guard = (UNITS / "posture-guard").read_text()
    assert guard.index("/software/confirmed") < guard.index("/opt/posture-station/image")
    assert "/software/active" not in guard


def test_an_installation_clears_nothing_that_serves() -> None:
    script = (UNITS / "install").read_text()
    assert "--clear" not in script
    assert script.index("warmup") < script.index('point "$program/image"')
