"""What `assess` looks at: every input has its entry, and one bad file never ends a batch."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import cv2
import pytest
from simulators.clips import write_clip
from simulators.networks import colour_card, colour_network, described_file, dots_picture

from edge.__main__ import main

POINTS = {"left_shoulder": (60.0, 60.0), "right_shoulder": (30.0, 62.0), "nose": (45.0, 30.0)}


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "base.png"
    assert cv2.imwrite(str(path), dots_picture(128, 96, POINTS, 6.0))
    return path


@pytest.fixture
def assess(tmp_path: Path, capfd):
    """Runs the command; returns its exit status, its entries and what it said beside them."""
    model = described_file(tmp_path / "c.onnx", colour_network(), colour_card())

    def run(*arguments: object) -> tuple[int, list[dict], str]:
        given = ["assess", "--json", "--model", model, *arguments]
        status = main([str(argument) for argument in given])
        printed = capfd.readouterr()
        return status, json.loads(printed.out), printed.err

    return run


def test_fault_17_a_path_that_is_not_there_has_its_entry_and_the_rest_goes_on(
    assess, photo: Path, tmp_path: Path
) -> None:
    status, (gone, base), _ = assess(tmp_path / "nope.jpg", photo)
    assert status == 1
    assert gone["path"].endswith("nope.jpg")
    assert "no file or folder" in gone["problem"]["words"]
    assert base["person_count"] == 1


def test_fault_17_a_damaged_file_of_a_folder_carries_its_own_path(
    assess, photo: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    shutil.copy(photo, folder)
    (folder / "damaged.jpg").write_bytes(b"\xff\xd8 cut off")
    status, entries, _ = assess(folder)
    assert status == 1
    assert [entry["path"] for entry in entries] == [
        str(folder / "base.png"), str(folder / "damaged.jpg"),
    ]  # fmt: skip
    assert "damaged.jpg begins as a JPEG picture" in entries[1]["problem"]["words"]


def test_fault_8_a_huge_picture_does_not_end_the_batch(assess, photo: Path, shared: Path) -> None:
    huge = shared / "cases" / "huge_1600mp.png"
    status, (refused, base), _ = assess(huge, photo)
    assert status == 1
    assert "40000 x 40000" in refused["problem"]["words"]
    assert base["person_count"] == 1


def test_fault_13_a_video_that_breaks_off_ends_with_1_and_keeps_its_frames(
    assess, tmp_path: Path, shared: Path
) -> None:
    status, entries, _ = assess(shared / "cases" / "trunc_fs.mp4", "--interval", 10)
    assert status == 1
    assert [entry.get("frame") for entry in entries] == [9, 19, 29, 39, None]
    assert "43 of 90 frames" in entries[-1]["problem"]["words"]


def test_fault_14_a_video_of_any_suffix_is_measured(assess, shared: Path) -> None:
    status, entries, _ = assess(shared / "cases" / "clip.3gp")
    assert (status, len(entries)) == (0, 1)
    assert entries[0]["time_s"] == 0.0


def test_fault_16_a_folder_takes_videos_and_says_what_it_left_out(
    assess, photo: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    (folder / "deeper").mkdir(parents=True)
    shutil.copy(photo, folder)
    shutil.copy(photo, folder / "deeper" / "second.png")
    write_clip(folder / "walk.ts", frames=30, container="mpegts")
    (folder / "notes.txt").write_text("no picture")
    status, entries, _ = assess(folder, "--interval", 15)
    assert status == 0
    assert [Path(entry["path"]).name for entry in entries] == [
        "base.png", "walk.ts", "walk.ts", "folder",
    ]  # fmt: skip
    assert entries[-1]["left_out"] == {".txt": 1, "folder": 1}
    status, entries, _ = assess(folder, "--recursive")
    assert str(folder / "deeper" / "second.png") in [entry["path"] for entry in entries]
    assert entries[-1]["left_out"] == {".txt": 1}


def test_a_file_named_twice_is_measured_once(assess, photo: Path) -> None:
    _, entries, _ = assess(photo, photo.parent / "." / "base.png")
    assert len(entries) == 1


def test_an_empty_folder_is_an_entry_with_a_problem(assess, photo: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    status, (empty, _), _ = assess(tmp_path / "empty", photo)
    assert status == 1
    assert "holds no photographs" in empty["problem"]["words"]


def test_fault_8_a_name_of_300_letters_has_its_entry(assess, photo: Path) -> None:
    status, (long, base), _ = assess(photo.parent / ("x" * 300), photo)
    assert status == 1
    assert "too long" in long["problem"]["words"]
    assert base["person_count"] == 1


def test_a_pipe_named_as_an_input_is_not_waited_for(assess, photo: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    status, (pipe, _), _ = assess(tmp_path / "pipe", photo)
    assert status == 1
    assert "is a pipe" in pipe["problem"]["words"]


def test_fault_11_the_same_scene_of_other_pixels_has_the_same_trunk(shared: Path, capfd) -> None:
    """By the shipped networks: before, 5 degrees lay between them."""
    leans = []
    for name in ("s1.mp4", "s43.mp4"):
        assert main(["assess", str(shared / "cases" / name), "--json"]) == 0
        first = json.loads(capfd.readouterr().out)[0]["people"][0]
        (lean,) = [m for m in first["measures"] if m["code"] == "trunk_lean"]
        leans.append(lean)
    square, stored = leans
    assert abs(square["value"] - stored["value"]) < 1.0 < square["u95"]


def test_fault_17_an_entry_says_what_each_measure_is(assess, photo: Path) -> None:
    _, (entry,), _ = assess(photo)
    (person,) = entry["people"]
    for measure in person["measures"]:
        assert {"code", "view", "side", "definition", "n", "why", "quality"} <= set(measure)
