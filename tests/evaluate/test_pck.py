"""PCK, PCKh and PDJ against the worked examples of their sources."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from posture_tools.evaluate.__main__ import main
from posture_tools.evaluate.labelled import Detection
from posture_tools.evaluate.pck import head_px, hits, pck, pckh, pdj, torso_px
from simulators.coco_results import results_json

from edge.skeletons import COCO_17, MPII_16, Skeleton

NINE = Skeleton(
    "nine",
    ("head", "neck", "right_shoulder", "left_shoulder", "right_elbow", "left_elbow",
     "right_hip", "left_hip", "right_knee"),
    (),
)  # fmt: skip


def nine_labels() -> np.ndarray:
    labels = np.full((1, 9, 3), 2.0)
    labels[0, :, 0] = np.arange(9) * 100
    labels[0, :, 1] = 50
    labels[0, NINE.index["left_shoulder"], :2] = (0, 0)
    labels[0, NINE.index["right_hip"], :2] = (300, 400)
    return labels


def test_c7_pdj_with_a_torso_of_500_px_and_one_of_nine_outside() -> None:
    labels = nine_labels()
    assert torso_px(labels, NINE)[0] == 500
    found = labels[..., :2] + [0, 24.9]
    found[0, 0] = labels[0, 0, :2] + [25.1, 0]
    score = pdj(found, labels, 0.05, NINE)
    assert score.total == pytest.approx(8 / 9)
    assert score.keypoints == 9
    assert score.by_part["head"] == 0
    assert score.by_part["shoulder"] == 1


def test_c7_a_keypoint_on_the_circle_is_correct() -> None:
    labels = nine_labels()
    on_circle = labels[..., :2] + [15, 20]  # 25 px away, radius 0.05 x 500
    assert pdj(on_circle, labels, 0.05, NINE).total == 1
    assert pdj(on_circle + 0.01, labels, 0.05, NINE).total == 0


def test_c8_pckh_of_a_60_by_80_head_box() -> None:
    box = np.array([[0.0, 0, 60, 80]])
    assert head_px(box) == pytest.approx(60)
    labels = np.full((1, 16, 3), 2.0)
    near, far = labels[..., :2] + [0, 30], labels[..., :2] + [0, 30.01]
    assert pckh(near, labels, box, MPII_16).total == 1
    assert pckh(far, labels, box, MPII_16).total == 0


def test_unlabelled_keypoints_and_people_without_a_torso_count_nowhere() -> None:
    labels = np.full((2, 17, 3), 2.0)
    labels[:, COCO_17.index["left_shoulder"], :2] = (0, 0)
    labels[:, COCO_17.index["right_hip"], :2] = (0, 100)
    labels[0, 0, 2] = 0
    labels[1, COCO_17.index["right_hip"], 2] = 0
    length_px = torso_px(labels)
    assert length_px[0] == 100
    assert math.isnan(length_px[1])
    score = pck(labels[..., :2], labels, length_px, 0.2)
    assert (score.total, score.keypoints) == (1, 16)
    assert math.isnan(score.by_part["nose"])


def test_a_keypoint_that_was_not_found_is_wrong() -> None:
    labels = nine_labels()
    found = labels[..., :2].copy()
    found[0, :3] = np.nan
    assert hits(found, labels, np.array([500.0]), 0.05).sum() == 6


def test_a_torso_of_no_length_divides_nothing() -> None:
    labels = np.full((1, 17, 3), 2.0)
    assert math.isnan(pdj(labels[..., :2], labels, 0.2).total)


def labelled(x0: float, head: list[float] | None) -> dict[str, object]:
    """A person whose torso measures 100 px, all keypoints labelled."""
    keypoints = np.full((17, 3), 2.0)
    keypoints[:, 0] = x0 + np.arange(17) * 40
    keypoints[:, 1] = 50
    keypoints[COCO_17.index["left_shoulder"], :2] = (x0, 0)
    keypoints[COCO_17.index["right_hip"], :2] = (x0, 100)
    box = [x0, 0, 680, 100]
    row = {"image_id": 1, "keypoints": keypoints.ravel().tolist(), "area": 68000.0, "bbox": box}
    return row if head is None else row | {"head_bbox": head}


def test_the_command_scores_a_results_file(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    people = [labelled(0, [0, 0, 60, 80]), labelled(1000, None)]
    labels = {
        "images": [{"id": 1, "file_name": "a.jpg", "width": 2000, "height": 200}],
        "annotations": people,
    }
    (tmp_path / "labels.json").write_text(json.dumps(labels))
    first = np.array(people[0]["keypoints"]).reshape(17, 3)[:, :2]
    first[0] += (15, 0)  # beyond 0.1 and 0.05 of the torso, within 0.2, and within half a head
    found = {1: [Detection(first, 0.9)]}  # the second person is missed: every keypoint is wrong
    (tmp_path / "found.json").write_bytes(results_json(found))
    files = [str(tmp_path / "found.json"), str(tmp_path / "labels.json")]
    assert main(["pck", *files, "--json"]) == 0
    lines = json.loads(capfdbinary.readouterr().out)
    told = {(line["metric"], line["threshold"]): line["correct"] for line in lines}
    assert told["PCK", 0.1]["total"] == pytest.approx(16 / 34)
    assert told["PCK", 0.2]["total"] == pytest.approx(17 / 34)
    assert told["PDJ", 0.05]["total"] == pytest.approx(16 / 34)
    assert told["PCKh", 0.5]["total"] == 1
    assert told["PCKh", 0.5]["keypoints"] == 17, "only who has a head box"
    assert main(["pck", *files]) == 0
    assert b"PCKh@0.5" in capfdbinary.readouterr().out
