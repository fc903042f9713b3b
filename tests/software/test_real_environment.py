"""Environments by the real venv and pip, side by side; and what travels in the station's wheel."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from conftest import ROOT
from simulators.software_world import PYTHON, bound_wheel, station_wheel, wheels_folder

from edge.errors import UpdateRefused
from edge.software import environment
from edge.software.environment import PROGRAM, UNITS, Environments, build_venv
from edge.software.links import point, unit_names
from edge.software.releases import Release


def release(version: str) -> Release:
    return Release(version.replace(".", "").ljust(64, "0"), version, PYTHON)


def prove_program(folder: Path, release: Release) -> None:
    """The part of `prove` that a toy can pass: it has no models and no kernels."""
    done = subprocess.run(
        [folder / PROGRAM, "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [release.version]


@pytest.mark.timeout(600)
def test_environments_stand_side_by_side_and_a_running_program_keeps_its_own(tmp_path) -> None:
    """A link is switched while a program of the old release runs: it still imports the old one."""
    made = Environments(tmp_path / "software", build_venv, prove_program)
    wheels = {
        version: wheels_folder(tmp_path / version, station_wheel(version, needs=""))
        for version in ("1.1.0", "1.2.0")
    }
    active = tmp_path / "software" / "active"
    first, second = release("1.1.0"), release("1.2.0")
    made.make(first, Path(sys.executable), list(wheels["1.1.0"].iterdir()))
    point(active, made.path(first))
    wait = (
        "import sys; print('up', flush=True); sys.stdin.readline(); import toy_station;"
        " print(toy_station.__file__)"
    )
    python = (active / PROGRAM).read_text().splitlines()[0].removeprefix("#!")
    assert python == str(made.path(first) / "venv/bin/python"), "scripts name their own release"
    with subprocess.Popen(
        [python, "-c", wait], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout.readline() == "up\n"
        made.make(second, Path(sys.executable), list(wheels["1.2.0"].iterdir()))
        assert point(active, made.path(second))
        assert running.communicate("\n")[0].startswith(str(made.path(first)))
    for link, version in ((active, "1.2.0"), (made.path(first), "1.1.0")):
        done = subprocess.run(
            [link / PROGRAM, "--version"], capture_output=True, text=True, check=True
        )
        assert done.stdout.split() == [version]
    assert "posture-engine.service" in unit_names(active / UNITS)
    kernels = (active / "venv/kernels.env").read_text()
    assert kernels == f"NUMBA_CACHE_DIR={tmp_path}/kernels/{second.name}\n"
    assert made.collect([second.name]) == [first.name]
    assert not made.path(first).exists()
    assert made.holds(second)


@pytest.mark.timeout(600)
def test_a_set_that_is_not_complete_does_not_install(tmp_path) -> None:
    made = Environments(tmp_path / "software")
    folder = wheels_folder(tmp_path / "w", station_wheel("1.1.0", needs="missing"))
    with pytest.raises(UpdateRefused) as caught:
        made.make(release("1.1.0"), Path(sys.executable), list(folder.iterdir()))
    assert caught.value.reason == "fails_check"
    assert "missing" in caught.value.problem
    assert not made.path(release("1.1.0")).exists()


@pytest.mark.timeout(600)
def test_a_wheel_for_another_python_does_not_install(tmp_path) -> None:
    made = Environments(tmp_path / "software")
    other = bound_wheel(python="3.99")
    folder = wheels_folder(tmp_path / "w", station_wheel("1.1.0"), other)
    with pytest.raises(UpdateRefused) as caught:
        made.make(release("1.1.0"), Path(sys.executable), list(folder.iterdir()))
    assert caught.value.reason == "does_not_install"


@pytest.mark.timeout(600)
def test_what_fails_its_check_is_refused(tmp_path) -> None:
    made = Environments(tmp_path / "software")
    folder = wheels_folder(tmp_path / "w", station_wheel("1.1.0", check_status=1, needs=""))
    with pytest.raises(UpdateRefused) as caught:
        made.make(release("1.1.0"), Path(sys.executable), list(folder.iterdir()))
    assert caught.value.reason == "fails_check"
    assert "software check" in caught.value.problem


def test_what_calls_itself_otherwise_is_refused(tmp_path) -> None:
    program = tmp_path / PROGRAM
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\necho 1.1.0\n")
    program.chmod(0o755)
    with pytest.raises(UpdateRefused, match="calls itself"):
        environment.prove(tmp_path, release("1.2.0"))


def test_interpreters_are_found_by_version() -> None:
    for version, path in environment.interpreters().items():
        done = subprocess.run([path, "--version"], capture_output=True, text=True, check=True)
        assert done.stdout.startswith(f"Python {version}.")


def test_all_units_travel_in_the_stations_wheel() -> None:
    files = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["data-files"]
    shipped = {
        path.name
        for pattern in files[UNITS.relative_to("venv").as_posix()]
        for path in ROOT.glob(pattern)
    }
    assert shipped == unit_names(ROOT / "systemd")
