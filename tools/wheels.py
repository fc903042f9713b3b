"""List the aarch64 wheels that a station needs: `python -m posture_tools.wheels`.

A Pi or Jetson that must compile numba or onnxruntime is not installed in an afternoon, so every
device dependency must exist as a binary wheel for each Python that the station supports.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
PYTHONS = ("3.11", "3.12", "3.13")
# Raspberry Pi OS 12 has glibc 2.36; a wheel for any older glibc runs there.
PLATFORMS = [f"manylinux_2_{minor}_aarch64" for minor in range(17, 37)] + ["manylinux2014_aarch64"]


def wheels_for(python: str) -> dict[str, str]:
    """Package -> version and Python tag of its aarch64 wheel, for one Python.

    Raises RuntimeError with pip's own words where one is missing.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    with tempfile.TemporaryDirectory() as target:
        found = subprocess.run(
            [
                *(sys.executable, "-m", "pip", "install", "--quiet", "--dry-run"),
                *("--ignore-installed", "--report", "-", "--target", target),
                *("--only-binary", ":all:", "--python-version", python),
                *(option for platform in PLATFORMS for option in ("--platform", platform)),
                *("--constraint", str(ROOT / "constraints.txt"), *project["dependencies"]),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
    if found.returncode:
        raise RuntimeError(found.stderr.strip())
    items = json.loads(found.stdout)["install"]
    files = {i["metadata"]["name"]: i["download_info"]["url"].rpartition("/")[2] for i in items}
    return {name: "{1} {2}".format(*file.split("-")) for name, file in files.items()}


def main() -> int:
    console = Console()
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
    console.print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
