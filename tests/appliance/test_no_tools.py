"""A station as it is installed: the device's packages, and nothing of `tools/`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import pytest
from conftest import ROOT


def packages(project: Path) -> set[str]:
    return set(tomllib.loads(project.read_text())["tool"]["setuptools"]["packages"])


def folders(root: Path, name: str) -> set[str]:
    """Every package below a folder, as imported."""
    found = {path.parent.relative_to(root) for path in root.rglob("__init__.py")}
    return {".".join((name, *folder.parts)) for folder in found}


def test_each_half_of_the_checkout_ships_its_packages_all_of_them_and_no_other() -> None:
    assert packages(ROOT / "pyproject.toml") == folders(ROOT / "edge", "edge")
    tools = ROOT / "tools"
    assert packages(tools / "pyproject.toml") == folders(tools, "posture_tools")


def test_both_halves_have_one_version() -> None:
    import posture_tools

    import edge

    assert posture_tools.__version__ == edge.__version__


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What lies in a station's venv beside `edge`: all that ours has, but nothing of tools/."""
    site = tmp_path_factory.mktemp("site-packages")
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if entry.name == "cv2":  # looks for its other half from where its files really lie
            shutil.copytree(entry, site / "cv2", copy_function=_linked_unless_code)
        elif not entry.name.lower().startswith(("posture", "__editable__", "__pycache__")):
            (site / entry.name).symlink_to(entry)
    return site


def _linked_unless_code(source: str, target: str) -> None:
    if source.endswith(".py"):
        shutil.copy(source, target)
    else:
        Path(target).symlink_to(source)


def station(installed: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    program = (
        f"import sys; sys.path[:0] = {[str(installed), str(ROOT)]!r}\n"
        "from edge.__main__ import main\n"
        "sys.exit(main())"
    )
    return subprocess.run(
        [sys.executable, "-S", "-c", program, *arguments],
        env={"PATH": os.environ["PATH"], "HOME": str(installed.parent), "COLUMNS": "200"},
        capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip


@pytest.mark.parametrize(
    "verb", [("run", "--only", "engine"), ("bench",), ("calibrate", "marks")], ids=" ".join
)
def test_the_rendered_person_is_an_unknown_source(installed: Path, verb: tuple[str, ...]) -> None:
    done = station(installed, *verb, "--source", "mannequin:")
    assert done.returncode == 2, done.stderr
    assert "mannequin:, and no camera is called so" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_camera_run_ends_with_one_sentence(installed: Path) -> None:
    done = station(installed, "run", "--only", "engine")
    assert done.returncode == 2
    assert done.stderr.strip() == (
        "No camera is set: name one with --source, or as source under [camera] of the settings or"
        " of posture.toml."
    )


def test_the_demo_says_where_it_can_be_had(installed: Path) -> None:
    done = station(installed, "demo")
    assert done.returncode not in (0, 2)
    assert "make demo" in done.stderr
