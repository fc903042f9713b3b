"""A whole hold by the shipped networks: somebody who stands there is captured, with exact truth."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from posture_tools.evaluate.__main__ import main
from posture_tools.mannequin import CameraPose, Person, render
from simulators.body_files import write_pack

from edge.skeletons import COCO_17

SHIPPED = str(Path(__file__).resolve().parents[2] / "models_onnx")
LEAN_DEG = (2.0, 2.4)

Output = pytest.CaptureFixture[bytes]


def pack_of(folder: Path, people: list[int]) -> Path:
    """The same mannequin, twice in a room that is not empty: each picture has a true lean."""
    rendered = render(
        Person(), camera=CameraPose(distance_m=3.0, focal_px=980.0, width_px=600, height_px=720)
    )
    (truth,) = rendered.people
    jpeg = cv2.imencode(".jpg", rendered.image)[1].tobytes()
    x, y, width, height = truth.box_px
    count = len(people)
    arrays: dict[str, Any] = {
        "off": np.arange(count + 1) * len(jpeg),
        "names": np.array(COCO_17.keypoints),
        "kp": np.repeat(np.nan_to_num(truth.array(COCO_17.keypoints))[None], count, axis=0),
        "box": np.array([(x, y, x + width, y + height)] * count),
        "view": np.array(["front"] * count),
        "age_years": np.full(count, 30),
        "clothing_upper": np.array(["tight"] * count),
        "clothing_lower": np.array(["tight"] * count),
        "person": np.array(people),
        # What no keypoint tells is taken from the pack: the truth of a hold is the mean.
        "measure/nowhere_told": np.array(LEAN_DEG[:count]),
    }
    return write_pack(folder, jpeg * count, arrays)


def test_who_stands_still_is_captured_and_judged_by_the_mean_of_the_pictures(
    tmp_path: Path, capfdbinary: Output
) -> None:
    pack = pack_of(tmp_path, [3, 3])
    assert main(["holds", str(pack), "--predictor", f"station={SHIPPED}", "--json"]) == 0
    rows = json.loads(capfdbinary.readouterr().out)["rows"]
    errors = {row["error"]["code"]: row["error"] for row in rows}
    assert {(row["contender"], row["view"]) for row in rows} == {("station", "front")}
    lean = errors["trunk_lean"]
    assert (lean["n"], lean["refused"]) == (1, 0)
    assert abs(lean["bias"]) < 2.0
    assert lean["median_u95"] > 0.0
    assert errors["nowhere_told"]["refused"] == 1


@pytest.mark.parametrize(
    ("people", "predictor", "said"),
    [
        ([3, 4], SHIPPED, b"several pictures"),
        ([3, 3], f"alone={SHIPPED}/whole.onnx", b"finds nobody by itself"),
    ],
)
def test_single_pictures_and_who_finds_nobody_are_refused_in_words(
    people: list[int], predictor: str, said: bytes, tmp_path: Path, capfdbinary: Output
) -> None:
    pack = pack_of(tmp_path, people)
    assert main(["holds", str(pack), "--predictor", predictor]) != 0
    assert said in capfdbinary.readouterr().err
