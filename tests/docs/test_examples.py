"""The patches that CONTRIBUTING.md shows apply to this tree, and what they add works."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT, program

EXAMPLES = ROOT / "docs" / "examples"

TRIED = {
    "measure": """
from edge.posture.catalogue import EVERY
from edge.posture.fitness import needed
from edge.report.words import LANGUAGES, words
[line] = [each for each in EVERY if each.code == "elbow_line"]
assert line.views == ("front", "back")
assert needed("elbow_line", "deg") == 5.3
for language in LANGUAGES:
    assert words(language).measure("elbow_line") != "elbow line", language
""",
    "camera": """
from edge.camera.live import LiveCamera
from edge.camera.sources import camera_for
from edge.errors import SourceInvalid
from edge.settings import CameraSettings
assert isinstance(camera_for(CameraSettings(source="gst:videotestsrc")), LiveCamera)
try:
    camera_for(CameraSettings(source="gst:"))
except SourceInvalid as refused:
    assert "videotestsrc" in refused.remedy
else:
    raise AssertionError("no pipeline is no camera")
""",
    "decoder": """
import numpy as np
from edge.decode.heatmap import decode_heatmaps
y, x = np.mgrid[:20, :20]
spot = np.exp(-((x - 9.3) ** 2 + (y - 11.2) ** 2) / 1.2).astype(np.float32)
[(found_x, found_y, height)] = decode_heatmaps(spot[None], "centroid").points
assert abs(found_x - 9.3) < 0.1 and abs(found_y - 11.2) < 0.1, (found_x, found_y)
""",
    "export": """
import json, sys
from pathlib import Path
import numpy as np
from edge.exports.base import Exported, Moment
from edge.exports.formats import format_named, open_file, written_by_an_export
from edge.records import Pose
from edge.skeletons import COCO_17
points = np.full((17, 3), np.nan, np.float32)
points[:, 2] = 0.0
points[0] = (3.0, 4.0, 0.5)
pose = Pose(COCO_17, points, np.full((17, 2, 2), np.nan, np.float32), 0.9)
format_named("lines", scaled=False)
path = Path(sys.argv[1]) / "points.jsonl"
with open_file("lines", path) as export:
    export.add(Moment("a.jpg", 1, 0.0, True, (10, 10)), {1: Exported(pose)})
[line] = [json.loads(line) for line in path.read_text().splitlines()]
assert line["keypoints"]["nose"] == [3.0, 4.0, 0.5] and line["keypoints"]["left_eye"] is None
assert written_by_an_export(path.read_bytes()[:40])
""",
    "language": """
from edge.report.words import LANGUAGES, words
english, german = words("en").tables, words("de").tables
assert "de" in LANGUAGES
assert {table: set(keys) for table, keys in english.items()} == {
    table: set(keys) for table, keys in german.items()
}
assert german["views"]["front"] == "Vorn"
""",
}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The tree without what is not of it."""
    tree = tmp_path / "tree"
    for name in ("edge", "docs"):
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    return tree


def test_every_example_is_tried() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.patch")} == set(TRIED)
    shown = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for name in TRIED:
        assert f"docs/examples/{name}.patch" in shown


@pytest.mark.parametrize("name", TRIED)
def test_an_example_applies_and_does_what_it_says(name: str, copy: Path) -> None:
    patch = EXAMPLES / f"{name}.patch"
    applied = subprocess.run(
        [program("git", "git"), "apply", "--include=edge/*", "--include=docs/*", patch],
        check=False, cwd=copy, capture_output=True, text=True,
        env=os.environ | {"GIT_CEILING_DIRECTORIES": str(copy.parent)},
    )  # fmt: skip
    assert applied.returncode == 0, applied.stderr
    tried = subprocess.run(
        [sys.executable, "-W", "error", "-c", TRIED[name], copy.parent],
        check=False, cwd=copy, capture_output=True, text=True,
        env=os.environ | {"PYTHONPATH": str(copy)},
    )  # fmt: skip
    assert tried.returncode == 0, tried.stderr
