"""The wheels that a station needs: `python -m posture_tools.wheels [--fetch DIR]`.

A Pi or Jetson that must compile numba or onnxruntime is not installed in an afternoon, so every
device dependency must exist as a binary aarch64 wheel for each Python that the station supports:
without an option they are listed. Fetched into a folder, with this project's own wheel, they
install a station that has no internet: `systemd/install --wheels DIR`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from posture_tools.cli import show
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
PYTHONS = ("3.11", "3.12", "3.13")


REQUIREMENTS = ROOT / "systemd" / "requirements.txt"
PICAMERA2_REQUIREMENTS = ROOT / "systemd" / "requirements-picamera2.txt"


def _pip(verb: str, python: str, machine: str, requirements: Path, *options: str) -> str:
    """What pip says; it takes binary wheels of the locked versions alone.

    Raises RuntimeError with pip's own words where one is missing.
    """
    # Raspberry Pi OS 12 has glibc 2.36; a wheel for any older glibc runs there.
    platforms = [f"manylinux_2_{minor}_{machine}" for minor in range(17, 37)]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pip", verb, "--quiet", "--disable-pip-version-check"),
            *("--only-binary", ":all:", "--python-version", python),
            *(o for name in (*platforms, f"manylinux2014_{machine}") for o in ("--platform", name)),
            *("--requirement", str(requirements), *options),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr.strip())
    return done.stdout


def wheels_for(python: str) -> dict[str, str]:
    """Package -> version and Python tag of its aarch64 wheel, for one Python."""
    with tempfile.TemporaryDirectory() as target:
        options = ("--dry-run", "--ignore-installed", "--report", "-", "--target", target)
        items = json.loads(_pip("install", python, "aarch64", REQUIREMENTS, *options))["install"]
    files = {i["metadata"]["name"]: i["download_info"]["url"].rpartition("/")[2] for i in items}
    return {name: "{1} {2}".format(*file.split("-")) for name, file in files.items()}


def fetch(folder: Path, python: str, machine: str) -> None:
    """Everything that an installation without internet needs, for one Python and machine."""
    _pip("download", python, machine, REQUIREMENTS, "--dest", str(folder))
    _pip("download", python, machine, PICAMERA2_REQUIREMENTS, "--no-deps", "--dest", str(folder))
    own = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder)]
    subprocess.run([*own, str(ROOT)], check=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m posture_tools.wheels", description=__doc__)
    parser.add_argument("--fetch", type=Path, metavar="DIR", help="download them instead")
    parser.add_argument("--python", choices=PYTHONS, default=PYTHONS[0], help="of the station")
    parser.add_argument("--machine", choices=("aarch64", "x86_64"), default="aarch64")
    options = parser.parse_args()
    console = Console()
    if options.fetch is not None:
        try:
            fetch(options.fetch, options.python, options.machine)
        except (RuntimeError, subprocess.CalledProcessError) as error:
            console.print(str(error), markup=False)
            return 1
        console.print(f"{len(list(options.fetch.glob('*.whl')))} wheels in {options.fetch}")
        return 0
    table = Table("package", *(f"Python {python}" for python in PYTHONS))
    columns = []
    for python in PYTHONS:
        try:
            columns.append(wheels_for(python))
        except RuntimeError as error:
            console.print(f"Python {python}: {error}", markup=False)
            return 1
    for package in sorted(columns[0]):
        table.add_row(package, *(column.get(package, "-") for column in columns))
    show(table, console)
    return 0


if __name__ == "__main__":
    sys.exit(main())
