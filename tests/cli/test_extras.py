"""Where an extra's packages are not installed, what needs them says which extra brings them."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import ROOT
from posture_tools.collector.opening import open_store

STATION = "edge"
COLLECTOR = "posture_tools.collector"
# Runs a module as `python -m` does, on a machine that lacks packages and programs.
_LACKING = """
import runpy, shutil, sys
shutil.which = lambda *_, **__: None
sys.modules |= dict.fromkeys(sys.argv[1].split(","))
sys.argv = [sys.argv[2], *sys.argv[3:]]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""
_SETTINGS = """state_dir = "state"
[feedback]
led_pin = 17
"""

# What is lacking, and what is typed.
NEEDS = {
    "pi": ("gpiozero", STATION, "--settings", "pi.toml", "run", "--source", "mannequin:"),
    "heic": ("pi_heif", STATION, "assess", "a.heic"),
    "c3d": ("ezc3d", STATION, "assess", "a.png", "--export", "c3d", "out", "--stature-mm", "1700"),
    "desk": ("amqtt", COLLECTOR, "demo-broker"),
    "postgres": ("psycopg", COLLECTOR, "list", "--store", "postgresql://127.0.0.1/posture"),
    "parquet": ("pyarrow", COLLECTOR, "export", "--parquet", "m.parquet", "--store", "c.db"),
    "models": ("onnx", "posture_tools.models", "describe", "a.onnx", "a.json"),
    "bodies": ("torch,anny", "posture_tools.bodies", "sheet", "sheet.png"),
    "pages": ("django", COLLECTOR, "serve", "--store", "c.db"),
    "training": ("torch", "posture_tools.training", "curves", "--runs", ".", "curves.png"),
    "docs": ("mkdocs", "posture_tools.docs", "build", "site"),
}


def test_every_extra_has_a_row() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(project["optional-dependencies"]) - {"dev"} == set(NEEDS)


@pytest.mark.parametrize("extra", NEEDS)
def test_a_missing_extra_is_named(extra: str, tmp_path: Path) -> None:
    lacking, module, *words = NEEDS[extra]
    (tmp_path / "pi.toml").write_text(_SETTINGS)
    (tmp_path / "a.heic").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(64))
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((64, 64, 3), np.uint8))
    with open_store(tmp_path / "c.db"):
        pass
    ended = subprocess.run(
        [sys.executable, "-c", _LACKING, lacking, module, *words],
        check=False, cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert f"'posture-station[{extra}]'" in " ".join(ended.stderr.split())
    assert "Traceback" not in ended.stderr
    assert ended.returncode == (1 if extra == "heic" else 3)  # a picture that cannot be read
