"""Labelled photographs: what the sets hold, and files that cannot be compared."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import cv2
import msgspec
import numpy as np
import pytest
from posture_tools.evaluate.coco import read_labels, read_results
from posture_tools.evaluate.labelled import Detection
from posture_tools.evaluate.photos import read_sets, set_names
from simulators.coco_results import results_json

from edge.errors import LabelsInvalid, SourceInvalid


def write_labels(folder: Path, **changes: Any) -> Path:
    annotation = {
        "image_id": 7, "keypoints": [1, 2, 2] * 17, "area": 900.0, "bbox": [0, 0, 30, 60],
    }  # fmt: skip
    labels = {
        "images": [{"id": 7, "file_name": "a.png", "width": 40, "height": 60}],
        "annotations": [annotation | changes],
    }
    path = folder / "annotations.json"
    path.write_bytes(msgspec.json.encode(labels))
    return path


@pytest.mark.shared
def test_the_sets_hold_what_their_readme_says(shared: Path) -> None:
    folder = shared / "photos"
    photos = read_sets(folder, set_names(folder))
    assert Counter(p.set_name for p in photos) == {
        "coco_kp": 61, "fashion_freepik": 100, "lspe_upright": 121, "badminton": 40,
        "backgrounds": 30,
    }  # fmt: skip
    people = [person for photo in photos for person in photo.people if photo.set_name == "coco_kp"]
    assert len(people) == 265
    assert sum(p.labelled > 0 and not p.crowd for p in people) == 164


@pytest.mark.shared
def test_every_photograph_has_the_size_that_was_labelled(shared: Path) -> None:
    for photo in read_sets(shared / "photos", ["badminton", "lspe_upright"], limit=5):
        photo.read()


def test_a_photograph_that_was_scaled_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    (folder / "images").mkdir(parents=True)
    write_labels(folder)
    (photo,) = read_sets(tmp_path, ["mine"])
    with pytest.raises(SourceInvalid):
        photo.read()
    cv2.imwrite(str(photo.path), np.zeros((60, 40, 3), np.uint8))
    assert photo.read().height_px == 60
    cv2.imwrite(str(photo.path), np.zeros((120, 80, 3), np.uint8))
    with pytest.raises(LabelsInvalid, match=r"80x120 px.*40x60"):
        photo.read()


def test_a_set_that_is_not_there_names_those_that_are(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    write_labels(tmp_path / "mine")
    with pytest.raises(LabelsInvalid, match="It holds: mine"):
        read_sets(tmp_path, ["yours"])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"keypoints": [1, 2, 2] * 16}, "48 keypoint numbers, not 51"),
        ({"image_id": 8}, "image 8"),
        ({"area": "large"}, r"annotations\[0\].area"),
    ],
)
def test_damaged_labels_are_refused_and_named(
    tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    with pytest.raises(LabelsInvalid, match=said):
        read_labels(write_labels(tmp_path, **change))


def test_labels_that_are_no_json_are_refused(tmp_path: Path) -> None:
    (tmp_path / "annotations.json").write_text("{")
    with pytest.raises(LabelsInvalid, match="Mend the file"):
        read_labels(tmp_path / "annotations.json")


def test_results_for_other_photographs_are_refused(tmp_path: Path) -> None:
    labels = read_labels(write_labels(tmp_path))
    results = tmp_path / "results.json"
    results.write_bytes(results_json({9: [Detection(np.zeros((17, 2)), 0.5)]}))
    with pytest.raises(LabelsInvalid, match="image 9"):
        read_results(results, labels)


def test_results_survive_being_written_and_read(tmp_path: Path) -> None:
    labels = read_labels(write_labels(tmp_path))
    keypoints = np.random.default_rng(0).uniform(0, 99, (17, 2))
    keypoints[4] = np.nan
    results = tmp_path / "results.json"
    results.write_bytes(results_json({7: [Detection(keypoints, 0.25)]}))
    (again,) = read_results(results, labels)[7]
    assert again.score == 0.25
    np.testing.assert_array_equal(again.keypoints, np.nan_to_num(keypoints))
