"""`assess` as a user runs it: photographs, videos, overlays, CSV, JSON, and what goes wrong."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from simulators.networks import colour_card, colour_network, described_file, dots_picture

from edge.__main__ import main
from edge.desk import overlay_files
from edge.estimation.measuring import Measuring
from edge.skeletons import COCO_17

FRAMES, FPS, SIZE = 12, 12, (240, 200)  # height, width
START = {"left_shoulder": (120.0, 80.0), "right_shoulder": (70.0, 84.0), "nose": (95.0, 40.0)}
SPEED_PX = 3.0


def points_at(frame: int) -> dict[str, tuple[float, float]]:
    return {name: (x + SPEED_PX * frame, y) for name, (x, y) in START.items()}


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """One person of three dots who walks to the right."""
    path = tmp_path / "clip.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), FPS, SIZE[::-1])
    for i in range(FRAMES):
        writer.write(dots_picture(*SIZE, points_at(i), sigma_px=9))
    writer.release()
    return path


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photos" / "one.png"
    path.parent.mkdir()
    assert cv2.imwrite(str(path), dots_picture(*SIZE, START, sigma_px=9))
    return path


@pytest.fixture
def assess(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Runs the command with a network that sees coloured dots; returns its exit status."""
    model = described_file(tmp_path / "c.onnx", colour_network(), colour_card())

    def run(*arguments: object) -> int:
        given = ["posture-station", "assess", "--model", model, *arguments]
        monkeypatch.setattr(sys, "argv", [str(argument) for argument in given])
        return main()

    return run


def frames_of(path: Path) -> list[np.ndarray]:
    capture, frames = cv2.VideoCapture(str(path)), []
    while (read := capture.read())[0]:
        frames.append(read[1])
    capture.release()
    return frames


def test_a_video_becomes_one_person_over_all_frames(assess, clip: Path, capsys) -> None:
    assert assess(clip, "--json") == 0
    entries = json.loads(capsys.readouterr().out)
    assert [entry["frame"] for entry in entries] == list(range(FRAMES))
    assert [entry["time_s"] for entry in entries] == pytest.approx(
        [i / FPS for i in range(FRAMES)], abs=1e-3
    )
    for i, entry in enumerate(entries):
        (person,) = entry["people"]
        assert person["person"] == 1
        assert person["keypoints"][0][:2] == pytest.approx(points_at(i)["nose"], abs=1)
        assert person["measures"]


def test_c6_interval_3_assesses_frames_3_6_9_and_12(
    assess, clip: Path, tmp_path: Path, capsys
) -> None:
    assert assess(clip, "--interval", 3, "--json", "--overlay", tmp_path / "out.mp4") == 0
    entries = json.loads(capsys.readouterr().out)
    assert [1 + entry["frame"] for entry in entries] == [3, 6, 9, 12]
    assert [entry["people"][0]["person"] for entry in entries] == [1, 1, 1, 1]
    drawn = cv2.VideoCapture(str(tmp_path / "out.mp4"))
    assert drawn.get(cv2.CAP_PROP_FRAME_COUNT) == 4
    assert drawn.get(cv2.CAP_PROP_FPS) == pytest.approx(FPS / 3), "it plays as long as the clip"


def test_c6_a_frame_without_the_person_is_published_with_person_count_0(
    assess, tmp_path: Path, capsys
) -> None:
    path = tmp_path / "leaves.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), FPS, SIZE[::-1])
    for there in (True, True, False, False, True):
        writer.write(dots_picture(*SIZE, points_at(0) if there else {}, sigma_px=9))
    writer.release()
    assert assess(path, "--json") == 0
    entries = json.loads(capsys.readouterr().out)
    assert [entry["frame"] for entry in entries] == [0, 1, 2, 3, 4]
    assert [entry["person_count"] for entry in entries] == [1, 1, 0, 0, 1]
    assert entries[2]["people"] == []


def test_a_clip_shorter_than_the_interval_has_an_entry_and_the_rest_goes_on(
    assess, clip: Path, photo: Path, capsys
) -> None:
    assert assess(clip, photo, "--interval", FRAMES + 1, "--json") == 1
    short, sound = json.loads(capsys.readouterr().out)
    assert short["path"] == str(clip)
    assert "smaller --interval" in short["problem"]["words"]
    assert len(sound["people"]) == 1


def test_a_name_of_nothing_has_an_entry_and_the_rest_goes_on(assess, photo: Path, capsys) -> None:
    assert assess("no/such.jpg", photo, "--json") == 1
    nothing, sound = json.loads(capsys.readouterr().out)
    assert (nothing["path"], nothing["problem"]["code"]) == ("no/such.jpg", "source_invalid")
    assert len(sound["people"]) == 1


def test_an_output_that_cannot_be_is_told_at_every_input(
    assess, clip: Path, photo: Path, tmp_path: Path, capsys
) -> None:
    assert assess(clip, photo, "--overlay", tmp_path / "out.avi", "--json") == 2
    entries = json.loads(capsys.readouterr().out)
    assert [entry["path"] for entry in entries] == [str(clip), str(photo)]
    assert {entry["problem"]["code"] for entry in entries} == {"settings_invalid"}


@pytest.mark.parametrize("interval", ["0", "half"])
def test_an_interval_that_is_none_is_refused(assess, clip: Path, interval: str, capsys) -> None:
    assert assess(clip, "--interval", interval) == 2
    assert "interval" in capsys.readouterr().err


def test_a_video_overlay_has_every_frame_with_the_skeleton_in_it(
    assess, clip: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.mp4"
    assert assess(clip, "--overlay", out) == 0
    before, after = frames_of(clip), frames_of(out)
    assert len(after) == FRAMES
    for i, (plain, drawn) in enumerate(zip(before, after, strict=True)):
        left, right = (points_at(i)[f"{side}_shoulder"] for side in ("left", "right"))
        middle = round((left[0] + right[0]) / 2), round((left[1] + right[1]) / 2)
        assert plain[middle[1], middle[0]].max() < 60
        assert drawn[middle[1] - 2 : middle[1] + 3, middle[0]].max() > 90


def test_a_gif_overlay_plays_as_long_as_the_video(assess, clip: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.gif"
    assert assess(clip, "--overlay", out) == 0
    read, animation = cv2.imreadanimation(str(out))
    assert read
    assert len(animation.frames) == FRAMES
    assert sum(animation.durations) == pytest.approx(1e3 * FRAMES / FPS, rel=0.1)


def test_csv_has_a_row_for_each_measure_of_each_frame(assess, clip: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    assert assess(clip, "--csv", out) == 0
    rows = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))
    assert {int(row["frame"]) for row in rows} == set(range(FRAMES))
    assert {row["person"] for row in rows} == {"1"}
    assert len(rows) == FRAMES * len({row["code"] for row in rows})
    assert all((row["value"] == "") == (row["quality"] == "refused") for row in rows)


def test_the_table_of_a_video_says_how_many_frames_there_were(assess, clip: Path, capsys) -> None:
    assert assess(clip) == 0
    printed = "".join(capsys.readouterr().out.split())
    assert f"person1,{FRAMES}of{FRAMES}frames" in printed
    assert f"{FRAMES}frames,1people." in printed
    assert "nothingmeasured" in printed  # three dots show no side


def test_a_folder_takes_the_overlays_of_photographs_and_videos(
    assess, clip: Path, photo: Path, tmp_path: Path
) -> None:
    out = tmp_path / "drawn"
    assert assess(clip, photo, "--overlay", out) == 0
    assert {path.name for path in out.iterdir()} == {"clip.mp4", "one.png"}


def test_a_damaged_photograph_is_reported_and_the_rest_goes_on(assess, photo: Path, capsys) -> None:
    (photo.parent / "damaged.png").write_bytes(b"not a picture")
    assert assess(photo.parent, "--json") == 1
    damaged, sound = json.loads(capsys.readouterr().out)
    assert damaged["problem"]["code"] == "image_unreadable"
    assert "damaged.png" in damaged["problem"]["words"]
    assert "time_s" not in sound
    assert len(sound["people"]) == 1


def test_a_damaged_video_is_reported_and_the_rest_goes_on(
    assess, clip: Path, photo: Path, capfd
) -> None:
    clip.write_bytes(b"not a video")
    assert assess(clip, photo, "--json") == 1
    damaged, sound = json.loads(capfd.readouterr().out)
    assert damaged["path"] == str(clip)
    assert "H.264" in damaged["problem"]["words"]
    assert len(sound["people"]) == 1


@pytest.mark.parametrize(
    ("source", "target", "said"),
    [
        ("photo", "out.mp4", "is no video"),
        ("clip", "out.avi", "Name a folder, an .mp4 or a .gif"),
        ("clip", "clip.mp4", "is an input of this run"),
        ("clip", "missing/out.mp4", "there is no folder"),
        ("photo", "c.onnx/drawn", "cannot be written"),
    ],
)
def test_an_overlay_that_cannot_be_is_refused(
    source: str, target: str, said: str, assess, tmp_path: Path, request, capfd
) -> None:
    assert assess(request.getfixturevalue(source), "--overlay", tmp_path / target) == 2
    assert said in " ".join(capfd.readouterr().err.split())


def test_ctrl_c_leaves_whole_files_of_what_was_seen(
    assess, clip: Path, tmp_path: Path, monkeypatch, capsys
) -> None:
    draw, drawn = overlay_files.draw, []

    def draw_until_interrupted(*arguments):
        if len(drawn) == 5:
            raise KeyboardInterrupt
        drawn.append(draw(*arguments))
        return drawn[-1]

    monkeypatch.setattr(overlay_files, "draw", draw_until_interrupted)
    out = tmp_path / "out.mp4"
    assert assess(clip, "--overlay", out, "--json") == 130
    *seen, last = json.loads(capsys.readouterr().out)
    assert len(seen) == 6
    assert (last["path"], last["problem"]["code"]) == (str(clip), "stopped")
    assert len(frames_of(tmp_path / "out.incomplete.mp4")) == 5
    assert not out.exists()


def test_a_damaged_photograph_is_not_counted(assess, photo: Path, capsys) -> None:
    (photo.parent / "damaged.png").write_bytes(b"not a picture")
    assert assess(photo.parent) == 1
    heard = capsys.readouterr()
    assert heard.out.endswith("1 photographs, 1 people.\n")
    assert "damaged.png" in heard.err


def test_a_gif_of_a_long_video_is_refused(
    assess, clip: Path, tmp_path: Path, monkeypatch, capsys
) -> None:
    monkeypatch.setattr(overlay_files, "_GIF_FRAMES", 5)
    assert assess(clip, "--overlay", tmp_path / "out.gif") == 2
    assert "Write an .mp4 instead" in " ".join(capsys.readouterr().err.split())


def test_a_csv_that_cannot_be_written_is_refused(assess, photo: Path, tmp_path, capsys) -> None:
    assert assess(photo, "--csv", tmp_path / "no" / "such.csv") == 2
    assert "there is no folder" in " ".join(capsys.readouterr().err.split())


@pytest.fixture
def close_file(tmp_path: Path) -> Path:
    """A close network that sees the same dots."""
    card = colour_card(name="close", skeleton="BODY-55")
    return described_file(tmp_path / "close.onnx", colour_network(), card)


def test_a_close_network_measures_photographs_and_leaves_videos_to_the_fast_pass(
    assess, photo: Path, clip: Path, close_file: Path, capsys, monkeypatch
) -> None:
    measured = []
    plain = Measuring.measure

    def measure(self, seen, about, **options):
        measured.append([each.frame.name for each in seen])
        return plain(self, seen, about, **options)

    monkeypatch.setattr(Measuring, "measure", measure)
    assert assess("--json", "--close", close_file, photo, clip) == 0
    of_photo, *of_clip = json.loads(capsys.readouterr().out)
    assert measured == [[str(photo)]]
    (person,) = of_photo["people"]
    for name, at in START.items():
        point = person["keypoints"][COCO_17.index[name]]
        assert point[:2] == pytest.approx(at, abs=0.3)
    assert len(of_clip) == FRAMES
    skeletons = {entry["people"][0]["skeleton"] for entry in (of_photo, *of_clip)}
    assert skeletons == {"COCO-17+LANDMARKS-38"}


def test_without_a_close_network_or_with_fast_there_is_one_pass(
    assess, photo: Path, capsys
) -> None:
    for arguments in ([], ["--fast"]):
        assert assess("--json", *arguments, photo) == 0
        (entry,) = json.loads(capsys.readouterr().out)
        assert entry["people"][0]["skeleton"] == "COCO-17"


def test_fast_and_close_at_once_are_refused(assess, photo: Path, close_file: Path) -> None:
    assert assess("--fast", "--close", close_file, photo) == 2


def test_a_network_that_cannot_look_closely_is_refused(assess, photo, tmp_path, capsys) -> None:
    assert assess("--close", tmp_path / "c.onnx", photo) == 1
    assert "cannot serve as close" in " ".join(capsys.readouterr().err.split())
