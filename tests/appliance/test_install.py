"""`systemd/install` run twice, over copies of this machine's folders that nobody else sees."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import ROOT, program
from simulators.software_world import station_wheel, wheels_folder

# Each folder that it writes is a copy in memory, in a mount namespace of its own.
_APART = """
set -euo pipefail
for folder in /etc /opt /usr/local/lib/systemd /usr/local/bin /var/lib/posture; do
  mkdir -p $folder
  copy=$(mktemp -d -p "$WORK"); mount -t tmpfs tmpfs "$copy"
  case $folder in /etc) cp -a /etc/. "$copy" ;; esac
  mount --bind "$copy" $folder
done
mkdir -p /etc/systemd/system
"""
_OLD = """
mkdir -p /opt/posture-station/venv/bin /etc/systemd/system
printf '#!/bin/sh\\necho older\\n' >/opt/posture-station/venv/bin/posture-station
echo '# older' >/etc/systemd/system/posture-engine.service
"""
_TELL = """
echo "image $(readlink /opt/posture-station/image)"
echo "venv $(readlink -f /opt/posture-station/venv)"
echo "active $(readlink /var/lib/posture/software/active)"
echo "installed $(ls /opt/posture-station/installed | tr '\\n' ' ')"
echo "version $(/opt/posture-station/venv/bin/posture-station --version)"
echo "guard $(/opt/posture-station/guard boot; echo $?)"
echo "enabled $(ls /etc/systemd/system/multi-user.target.wants | grep -c posture)"
echo "units $(ls /usr/local/lib/systemd/system | grep -c posture)"
echo "left $(ls /etc/systemd/system | grep -c '^posture-engine.service$')"
"""


@pytest.fixture
def apart(tmp_path: Path):
    """Runs a script where the machine's folders are copies."""
    program("systemd-tmpfiles", "systemd")
    if os.geteuid() or subprocess.run(
        ["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", tmp_path],
        capture_output=True, check=False,
    ).returncode:  # fmt: skip
        pytest.skip("needs root and mount namespaces: sudo .venv/bin/pytest tests/appliance")

    def run(script: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["unshare", "--mount", "bash", "-c", _APART + script],
            env={**os.environ, "WORK": str(tmp_path)}, capture_output=True, text=True, check=False,
        )  # fmt: skip

    return run


def checkout(folder: Path, version: str) -> Path:
    """The installer with toy programs: no locked versions, and wheels of one release."""
    systemd = folder / version / "systemd"
    shutil.copytree(ROOT / "systemd", systemd)
    (systemd / "requirements.txt").write_text("")
    (systemd / "requirements-picamera2.txt").write_text("")
    wheels_folder(folder / version / "wheels", station_wheel(version, needs=""))
    return folder / version


def told(output: str) -> list[dict[str, str]]:
    """What `_TELL` printed, one entry for each time."""
    found: list[dict[str, str]] = []
    for line in output.splitlines():
        key, _, value = line.partition(" ")
        if key == "image":
            found.append({})
        if found and key in _TELL:
            found[-1][key] = value
    return found


@pytest.mark.timeout(900)
def test_each_installation_stands_beside_the_one_before(apart, tmp_path) -> None:
    one, two = checkout(tmp_path, "1.1.0"), checkout(tmp_path, "1.2.0")
    script = _OLD + "".join(
        f"{each}/systemd/install --wheels {each}/wheels; {_TELL}\nsleep 1\n" for each in (one, two)
    )
    done = apart(script)
    assert done.returncode == 0, done.stdout + done.stderr
    first, second = told(done.stdout)
    for each, version in ((first, "1.1.0"), (second, "1.2.0")):
        assert each["version"] == version
        assert each["active"] == "/opt/posture-station/image"
        assert each["venv"] == f"{each['image']}/venv"
        assert each["left"] == "0", "a unit of an older installation would stand before all others"
    assert first["image"] != second["image"]
    assert len(second["installed"].split()) == 2, "the one before stays, older ones go"
    assert int(second["units"]) > 8
    assert int(second["enabled"]) > 5


@pytest.mark.timeout(900)
def test_an_installation_that_ends_early_changes_nothing(apart, tmp_path) -> None:
    one, two = checkout(tmp_path, "1.1.0"), checkout(tmp_path, "1.2.0")
    (two / "systemd" / "requirements.txt").write_text(
        "no-such-package==1 --hash=sha256:" + "0" * 64
    )
    script = (
        f"{one}/systemd/install --wheels {one}/wheels; {_TELL}\nsleep 1\n"
        f"{two}/systemd/install --wheels {two}/wheels && exit 9\n{_TELL}"
    )
    done = apart(script)
    assert done.returncode == 0, done.stdout + done.stderr
    first, second = told(done.stdout)
    assert first == second
