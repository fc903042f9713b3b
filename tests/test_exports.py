"""Exports read back as their own readers read them."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from posture_tools.evaluate.coco import read_labels, read_results
from pycocotools.coco import COCO

from edge.errors import OutputFailed, PartMissing, SettingsInvalid
from edge.exports.base import Exported, Moment
from edge.exports.formats import FORMATS, format_named, open_file, open_folder
from edge.output import incomplete
from edge.records import Measure, Pose, Quality
from edge.skeletons import COCO_17, COCO_18, Skeleton


def pose(skeleton: Skeleton = COCO_18, missing: tuple[str, ...] = (), xy=None) -> Pose:
    count = len(skeleton.keypoints)
    if xy is None:
        xy = np.arange(2 * count).reshape(count, 2) * 10.0
    keypoints = np.column_stack([xy, np.full(count, 0.75)]).astype(np.float32)
    for name in missing:
        keypoints[skeleton.index[name]] = (np.nan, np.nan, 0)
    return Pose(skeleton, keypoints, np.full((count, 2, 2), np.nan, np.float32), 0.8)


def photo(name: str) -> Moment:
    return Moment(name, 0, 0.0, still=True, size_px=(640, 480))


def video_frame(number: int) -> Moment:
    return Moment("clip.mp4", number, number * 0.04, still=False, size_px=(640, 480))


def people(*poses: Pose, numbers: tuple[int, ...] = ()) -> dict[int, Exported]:
    return dict(zip(numbers or range(1, 10), map(Exported, poses), strict=False))


def nobody_refused(error: OutputFailed, source: str) -> None:
    raise AssertionError(f"{source}: {error}")


class Folder:
    """A place for every file, as a run plans them."""

    def __init__(self, folder: Path, suffix: str) -> None:
        folder.mkdir(exist_ok=True)
        self.folder, self.suffix = folder, suffix

    def __call__(self, source: str, number: int, frame: int | None) -> Path:
        name = Path(source).stem + (f"-{number}" if number > 1 else "")
        return self.folder / f"{name}{'' if frame is None else f'_{frame:012d}'}{self.suffix}"


def test_openpose_json_says_that_the_neck_is_derived(tmp_path: Path) -> None:
    place = Folder(tmp_path / "json", "_keypoints.json")
    with open_folder("openpose", place, None, nobody_refused) as export:
        export.add(photo("studio/one.jpg"), people(pose(COCO_17, missing=("nose",))))
        export.add(video_frame(3), people(pose(COCO_18), numbers=(5,)))
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


def test_coco_results_are_read_by_cocos_own_tools(tmp_path: Path) -> None:
    with open_file("coco", tmp_path / "results.json") as export:
        export.add(photo("000000000139.jpg"), people(pose(COCO_17, missing=("left_eye",))))
        export.add(photo("000000000285.jpg"), people(pose(COCO_18), pose(COCO_17)))
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
    with open_file("coco", tmp_path / "results.json") as export:
        export.add(photo("2.jpg"), {})
        export.add(photo("anna.jpg"), people(pose()))
        export.add(video_frame(7), people(pose()))
    photograph, frame = json.loads((tmp_path / "results.json").read_text())
    assert (photograph["image_id"], photograph["file_name"]) == (2, "anna.jpg")
    assert (frame["image_id"], frame["frame"]) == (3, 7)


def test_csv_has_a_row_for_every_keypoint_and_no_place_for_a_missing_one(tmp_path: Path) -> None:
    with open_file("csv", tmp_path / "k.csv") as export:
        export.add(photo("one.jpg"), people(pose(missing=("neck",))))
        export.add(video_frame(25), people(pose(COCO_17), numbers=(4,)))
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
    path = tmp_path / "out.txt"

    def interrupted(by: type[BaseException]) -> None:
        with open_file(name, path) as export:
            export.add(photo("one.jpg"), people(pose()))
            raise by

    with pytest.raises(KeyboardInterrupt):
        interrupted(KeyboardInterrupt)
    assert not path.exists()
    assert "one.jpg" in incomplete(path).read_text()
    incomplete(path).unlink()
    with pytest.raises(ZeroDivisionError):
        interrupted(ZeroDivisionError)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["coco", "csv"])
def test_fault_3_a_full_disk_is_said_in_words(name: str) -> None:
    def written() -> None:
        with open_file(name, Path("/dev/full")) as export:
            for _ in range(2000):
                export.add(photo("one.jpg"), people(pose()))

    with pytest.raises(OutputFailed, match="/dev/full cannot be written: No space left"):
        written()


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(SettingsInvalid, match="Name openpose, coco, csv, trc, mot, c3d"):
        format_named("alphapose", scaled=False)


@pytest.mark.parametrize("name", [name for name, of in FORMATS.items() if of.in_mm])
def test_lengths_are_refused_without_a_scale(name: str) -> None:
    with pytest.raises(SettingsInvalid, match="how large a pixel is"):
        format_named(name, scaled=False)
    assert format_named(name, scaled=True).in_mm


def test_without_its_package_c3d_is_refused_with_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ezc3d", None)
    with pytest.raises(PartMissing, match=r"ezc3d.*posture-station\[c3d\]"):
        format_named("c3d", scaled=True)


SCALE = 2.5  # mm per px
WALK = 12


def walked(folder: Path, name: str) -> Path:
    """Two people over twelve frames at 25 a second: the first is hidden for two of them, the second
    comes at the sixth."""
    place = Folder(folder, FORMATS[name].suffix)
    with open_folder(name, place, SCALE, nobody_refused) as export:
        for number in range(WALK):
            here = {}
            if number not in (4, 5):
                here[1] = Exported(pose(COCO_17, missing=("left_eye",)), measured(number))
            if number >= 6:
                here[2] = Exported(pose(COCO_17), measured(-number))
            export.add(video_frame(number), here)
    return folder / f"clip{FORMATS[name].suffix}"


def measured(number: int) -> tuple[Measure, ...]:
    low = ("view:front",)
    return (
        Measure("shoulder_tilt", 0.5 * number, "deg", 1.0, 1, Quality.OK),
        Measure("head_lean", None, "deg", None, 1, Quality.REFUSED, low),
        Measure("stance_width", 300.0, "mm", 10.0, 1, Quality.OK),
    )


def test_trc_is_read_by_opensim_with_places_in_mm_and_times(tmp_path: Path) -> None:
    opensim = pytest.importorskip("opensim")
    path = walked(tmp_path, "trc")
    table = opensim.TimeSeriesTableVec3(str(path))
    assert table.getNumRows() == WALK
    assert list(table.getIndependentColumn()) == pytest.approx([0.04 * i for i in range(WALK)])
    assert list(table.getColumnLabels()) == list(COCO_17.keypoints)
    assert table.getTableMetaDataString("Units") == "mm"
    assert float(table.getTableMetaDataString("DataRate")) == pytest.approx(25)
    nose = table.getDependentColumn("nose")
    assert [nose[0].get(i) for i in range(3)] == pytest.approx([0.0, (479 - 10) * SCALE, 0.0])
    assert all(np.isnan(nose[i].get(0)) for i in (4, 5))
    assert np.isnan(table.getDependentColumn("left_eye")[0].get(0))
    second = opensim.TimeSeriesTableVec3(str(path.with_name("clip-2.trc")))
    assert second.getIndependentColumn()[0] == pytest.approx(0.24)


def test_mot_is_read_by_opensim_and_says_that_its_angles_are_ours(tmp_path: Path) -> None:
    opensim = pytest.importorskip("opensim")
    path = walked(tmp_path, "mot")
    assert "no coordinates of an OpenSim model" in path.read_text()
    storage = opensim.Storage(str(path))
    assert storage.isInDegrees()
    table = opensim.TimeSeriesTable(str(path))
    assert list(table.getColumnLabels()) == ["head_lean", "shoulder_tilt"]
    tilt = table.getDependentColumn("shoulder_tilt")
    values = [tilt[i] for i in range(WALK)]
    assert [v for i, v in enumerate(values) if i not in (4, 5)] == pytest.approx(
        [0.5 * i for i in range(WALK) if i not in (4, 5)]
    )
    assert np.isnan(values[4])
    assert np.isnan(table.getDependentColumn("head_lean")[0])


def test_c3d_is_read_by_another_reader_with_places_in_mm(tmp_path: Path) -> None:
    c3d = pytest.importorskip("c3d")
    pytest.importorskip("ezc3d")
    with walked(tmp_path, "c3d").open("rb") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is older than numpy's latest
        reader = c3d.Reader(file)
        frames = [points for _, points, _ in reader.read_frames()]
        labels = [label.strip() for label in reader.point_labels]
    assert labels == list(COCO_17.keypoints)
    assert reader.point_rate == pytest.approx(25)
    assert reader.get("POINT:UNITS").string_value.strip() == "mm"
    assert len(frames) == WALK
    shoulder = COCO_17.index["left_shoulder"]
    expected = (20.0 * shoulder * SCALE, 0.0, (479 - 20.0 * shoulder - 10) * SCALE)
    assert frames[0][shoulder, :3] == pytest.approx(expected, rel=1e-5)
    assert frames[0][COCO_17.index["left_eye"], 3] < 0, "missing"
    assert (frames[4][:, 3] < 0).all()


def test_c3d_of_uneven_times_is_refused_with_what_keeps_them(tmp_path: Path) -> None:
    pytest.importorskip("ezc3d")

    refused: list[tuple[OutputFailed, str]] = []

    def refuse(error: OutputFailed, source: str) -> None:
        refused.append((error, source))

    with open_folder("c3d", Folder(tmp_path, ".c3d"), SCALE, refuse) as export:
        for number, time_s in enumerate((0.0, 0.04, 0.05, 0.06, 0.12)):
            moment = Moment("a.mp4", number, time_s, still=False, size_px=(640, 480))
            export.add(moment, people(pose()))
        export.add(photo("one.jpg"), people(pose()))
    [(error, source)] = refused
    assert source == "a.mp4"
    assert re.search(r"uneven times.*Export trc", str(error))
    assert [path.name for path in tmp_path.iterdir()] == ["one.c3d"], "the others are written"


def two_scales(folder: Path, name: str) -> list[str]:
    """A child and a parent side by side, each by their own stature, and a stranger without one; the
    parent's scale wavers from frame to frame. Returns what was refused."""
    refused: list[str] = []
    place = Folder(folder, FORMATS[name].suffix)

    def refuse(error: OutputFailed, source: str) -> None:
        refused.append(f"{source}: {error}")

    with open_folder(name, place, None, refuse) as export:
        for number in range(WALK):
            wavers = (2.0, 2.1, 1.9)[number % 3]
            here = {
                1: Exported(pose(COCO_17), (), 4.0),
                2: Exported(pose(COCO_17), (), wavers),
                3: Exported(pose(COCO_17)),
            }
            export.add(video_frame(number), here)
    return refused


def said_of_the_stranger(refused: list[str]) -> bool:
    [one] = refused
    return "where person 3 stands" in one and "--stature-mm 3=MM" in one


def test_trc_has_each_persons_own_scale_and_none_without(tmp_path: Path) -> None:
    opensim = pytest.importorskip("opensim")
    assert said_of_the_stranger(two_scales(tmp_path, "trc"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clip-2.trc", "clip.trc"]
    for file, scale in (("clip.trc", 4.0), ("clip-2.trc", 2.0)):
        table = opensim.TimeSeriesTableVec3(str(tmp_path / file))
        nose, ear = (table.getDependentColumn(name) for name in ("nose", "left_ear"))
        index = COCO_17.index["left_ear"]
        for row in range(WALK):
            apart = [ear[row].get(axis) - nose[row].get(axis) for axis in range(2)]
            assert apart == pytest.approx([20.0 * index * scale, -20.0 * index * scale]), row


def test_c3d_has_each_persons_own_scale_and_none_without(tmp_path: Path) -> None:
    c3d = pytest.importorskip("c3d")
    pytest.importorskip("ezc3d")
    assert said_of_the_stranger(two_scales(tmp_path, "c3d"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clip-2.c3d", "clip.c3d"]
    for file, scale in (("clip.c3d", 4.0), ("clip-2.c3d", 2.0)):
        with (tmp_path / file).open("rb") as stream, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it is older than numpy's latest
            frames = [points for _, points, _ in c3d.Reader(stream).read_frames()]
        index = COCO_17.index["left_ear"]
        for points in frames:
            apart = points[index, :3] - points[COCO_17.index["nose"], :3]
            assert apart == pytest.approx([20.0 * index * scale, 0.0, -20.0 * index * scale])


@pytest.mark.parametrize("name", ["trc", "mot", "c3d"])
def test_a_photograph_is_a_motion_of_one_frame(tmp_path: Path, name: str) -> None:
    place = Folder(tmp_path, FORMATS[name].suffix)
    with open_folder(name, place, SCALE, nobody_refused) as export:
        export.add(photo("one.jpg"), people(pose()))
        export.add(photo("empty.jpg"), {})
    assert [path.name for path in tmp_path.iterdir()] == [f"one{FORMATS[name].suffix}"]


@pytest.mark.parametrize("name", ["trc", "mot", "c3d"])
def test_ctrl_c_leaves_what_was_seen_marked_incomplete(tmp_path: Path, name: str) -> None:
    def interrupted() -> None:
        place = Folder(tmp_path, FORMATS[name].suffix)
        with open_folder(name, place, SCALE, nobody_refused) as export:
            export.add(video_frame(0), people(pose()))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert [path.name for path in tmp_path.iterdir()] == [f"clip.incomplete{FORMATS[name].suffix}"]
