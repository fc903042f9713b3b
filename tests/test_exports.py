"""Exports read back as their own readers read them."""

from __future__ import annotations

import contextlib
import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from posture_tools.evaluate.coco import read_labels, read_results
from pycocotools.coco import COCO

from edge.errors import SettingsInvalid
from edge.exports import FORMATS, open_export
from edge.records import Frame, Pose
from edge.skeletons import COCO_17, COCO_18, Skeleton


def pose(skeleton: Skeleton = COCO_18, missing: tuple[str, ...] = (), xy=None) -> Pose:
    count = len(skeleton.keypoints)
    if xy is None:
        xy = np.arange(2 * count).reshape(count, 2) * 10.0
    keypoints = np.column_stack([xy, np.full(count, 0.75)]).astype(np.float32)
    for name in missing:
        keypoints[skeleton.index[name]] = (np.nan, np.nan, 0)
    return Pose(skeleton, keypoints, np.full((count, 2, 2), np.nan, np.float32), 0.8)


def photo(name: str) -> Frame:
    return Frame(np.zeros((4, 4, 3), np.uint8), 0, 0, still=True, name=name)


def video_frame(number: int) -> Frame:
    return Frame(np.zeros((4, 4, 3), np.uint8), number, number * 40_000_000, name="clip.mp4")


def test_openpose_json_says_that_the_neck_is_derived(tmp_path: Path) -> None:
    with open_export("openpose", tmp_path / "json") as export:
        export.add(photo("studio/one.jpg"), {1: pose(COCO_17, missing=("nose",))})
        export.add(video_frame(3), {5: pose(COCO_18)})
        export.add(video_frame(4), {})
    content = json.loads((tmp_path / "json" / "one_keypoints.json").read_text())
    (person,) = content["people"]
    numbers = np.array(person["pose_keypoints_2d"]).reshape(18, 3)
    left, right = (COCO_17.index[f"{side}_shoulder"] for side in ("left", "right"))
    np.testing.assert_allclose(numbers[1], (10 * (left + right), 10 * (left + right) + 10, 0.75))
    np.testing.assert_array_equal(numbers[0], 0)
    assert (person["derived_keypoints"], person["person_id"]) == (["neck"], [-1])
    frame = json.loads((tmp_path / "json" / "clip_000000000003_keypoints.json").read_text())
    assert frame["people"][0]["person_id"] == [5]
    assert frame["people"][0]["derived_keypoints"] == []
    nobody = json.loads((tmp_path / "json" / "clip_000000000004_keypoints.json").read_text())
    assert nobody["people"] == []


def test_two_photographs_of_one_name_do_not_overwrite_each_other(tmp_path: Path) -> None:
    with open_export("openpose", tmp_path) as export:
        export.add(photo("a/1.jpg"), {})
        with pytest.raises(SettingsInvalid, match=r"b/1.jpg and a/1.jpg would both be 1_keypoints"):
            export.add(photo("b/1.jpg"), {1: pose()})


def test_coco_results_are_read_by_cocos_own_tools(tmp_path: Path) -> None:
    with open_export("coco", tmp_path / "results.json") as export:
        export.add(photo("000000000139.jpg"), {1: pose(COCO_17, missing=("left_eye",))})
        export.add(photo("000000000285.jpg"), {1: pose(COCO_18), 2: pose(COCO_17)})
    labels = tmp_path / "labels.json"
    images = [{"id": i, "file_name": "", "width": 4, "height": 4} for i in (139, 285)]
    labels.write_text(json.dumps({"images": images, "annotations": [], "categories": [{"id": 1}]}))
    with contextlib.redirect_stdout(io.StringIO()):
        loaded = COCO(str(labels)).loadRes(str(tmp_path / "results.json"))
    assert sorted(loaded.imgToAnns) == [139, 285]
    found = read_results(tmp_path / "results.json", read_labels(labels))
    (first,) = found[139]
    np.testing.assert_allclose(first.keypoints[0], (0, 10))
    assert json.loads((tmp_path / "results.json").read_text())[0]["keypoints"][3:6] == [0, 0, 0]
    assert [round(detection.score, 3) for detection in found[285]] == [0.8, 0.8]


def test_pictures_without_coco_numbers_count_from_one(tmp_path: Path) -> None:
    with open_export("coco", tmp_path / "results.json") as export:
        export.add(photo("2.jpg"), {})
        export.add(photo("anna.jpg"), {1: pose()})
        export.add(video_frame(7), {1: pose()})
    photograph, frame = json.loads((tmp_path / "results.json").read_text())
    assert (photograph["image_id"], photograph["file_name"]) == (2, "anna.jpg")
    assert (frame["image_id"], frame["frame"]) == (3, 7)


def test_csv_has_a_row_for_every_keypoint_and_no_place_for_a_missing_one(tmp_path: Path) -> None:
    with open_export("csv", tmp_path / "k.csv") as export:
        export.add(photo("one.jpg"), {1: pose(missing=("neck",))})
        export.add(video_frame(25), {4: pose(COCO_17)})
    with (tmp_path / "k.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 18 + 17
    nose, neck = rows[:2]
    assert (nose["x_px"], nose["y_px"], nose["score"]) == ("0.000", "10.000", "0.7500")
    assert (neck["x_px"], neck["y_px"], neck["score"], neck["time_s"]) == ("", "", "0.0000", "")
    last = rows[-1]
    assert (last["picture"], last["frame"], last["time_s"], last["person"], last["keypoint"]) == (
        "clip.mp4", "25", "1.000", "4", "right_ankle",
    )  # fmt: skip


@pytest.mark.parametrize("name", ["coco", "csv"])
def test_a_run_that_breaks_off_leaves_no_file_that_looks_whole(tmp_path: Path, name: str) -> None:
    path = tmp_path / "out"

    def interrupted() -> None:
        with open_export(name, path) as export:
            export.add(photo("one.jpg"), {1: pose()})
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not path.exists()
    assert "one.jpg" in (tmp_path / "out.part").read_text()


@pytest.mark.parametrize("name", FORMATS)
def test_a_place_that_cannot_be_written_is_said_before_anything_is_measured(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsInvalid, match="cannot be written"):
        open_export(name, tmp_path / "file" / "out")


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(SettingsInvalid, match="Name openpose, coco, csv"):
        open_export("alphapose", Path("x"))
