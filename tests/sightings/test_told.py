"""What is told of a photograph: points set by hand, a stature, a calibration, the gate's doubts."""

from __future__ import annotations

import csv
import json
import math
from dataclasses import replace
from pathlib import PurePath

import cv2
import numpy as np
import pytest
from posture_tools.mannequin import CameraPose, Person, render
from simulators.exif import jpeg_taken
from simulators.standing_person import Person as Standing
from simulators.standing_person import Pinhole, pose_of, seen

from edge.__main__ import main
from edge.desk.measure_csv import measure_csv
from edge.inference.network import Network
from edge.inference.shipped import CLOSE, shipped_model
from edge.posture.landmarks import Landmarks
from edge.records import Frame, Quality
from edge.screening.stored import Stored, StoredStance, save_calibration
from edge.sightings.inputs import Input
from edge.sightings.person import Told, measured
from edge.sightings.sightings import Sighting

SIZE = (480, 720)


@pytest.fixture(scope="module")
def photograph(tmp_path_factory):
    drawn = render(
        Person(),
        camera=CameraPose(focal_px=1000.0, width_px=SIZE[0], height_px=SIZE[1]),
    )
    path = tmp_path_factory.mktemp("photographs") / "front.jpg"
    path.write_bytes(jpeg_taken(drawn.image, "2026:11:20 09:10:00", "+01:00"))
    return path


@pytest.fixture
def assess(capsys):
    """Runs the command; the JSON that it printed, or what it said where it was refused."""

    def run(*words, status=0):
        capsys.readouterr()
        asked = [str(word) for word in words]
        assert main(["assess", *asked, "--json"]) == status
        said = capsys.readouterr()
        return json.loads(said.out) if status == 0 else said.err

    return run


@pytest.fixture
def edited(assess, photograph, tmp_path):
    """Writes a points file in which `points` of the one person are changed; its path."""

    def edit(by="op-7", **points):
        (entry,) = assess(photograph)
        person = entry["people"][0]
        person["points"] |= points
        person["points_by"] = by
        path = tmp_path / "points.json"
        path.write_text(json.dumps([entry]))
        return path

    return edit


def by_code(entry):
    return {m["code"]: m for m in entry["people"][0]["measures"]}


def test_a_point_set_by_hand_moves_the_measure_and_the_original_stays(assess, photograph, edited):
    (before,) = assess(photograph)
    found = before["people"][0]["points"]
    right, left = found["right_shoulder"], found["left_shoulder"]
    higher = [right[0], left[1] - 0.1 * (left[0] - right[0])]
    (after,) = assess("--points", edited(right_shoulder=higher))
    tilt = by_code(after)["shoulder_tilt"]
    assert tilt["value"] == pytest.approx(math.degrees(math.atan(0.1)), abs=0.1)
    # The finger on the one shoulder: 8 mm, and the line some 300 mm long.
    assert tilt["u95"] > 1.96 * math.degrees(8.0 / 400.0)
    person = after["people"][0]
    assert person["keypoints"] == before["people"][0]["keypoints"]
    assert person["points"]["right_shoulder"] == pytest.approx(higher, abs=1e-3)
    assert (person["points_by"], person["points_on"][:4]) == ("op-7", "2026")
    assert by_code(after)["ankle_line"]["value"] == by_code(before)["ankle_line"]["value"]


def test_what_was_written_may_be_edited_again(assess, edited, tmp_path):
    first = edited(left_knee=[250.0, 500.0])
    again = tmp_path / "again.json"
    (entry,) = assess("--points", first)
    again.write_text(json.dumps([entry]))
    assert assess("--points", again) == [entry]


def test_landmarks_that_the_network_lacks_may_be_added(assess, photograph, edited):
    (before,) = assess(photograph)
    assert by_code(before)["pelvis_tilt"]["definition"] == "1", "by the hips that it has"
    (after,) = assess(
        photograph, "--points",
        edited(right_asis=[215.0, 350.0], left_asis=[265.0, 345.0]),
    )  # fmt: skip
    tilt = by_code(after)["pelvis_tilt"]
    assert tilt["definition"] == "1-asis"
    assert tilt["value"] == pytest.approx(-math.degrees(math.atan2(5.0, 50.0)), abs=0.1)


def test_a_point_that_is_not_to_be_seen_after_all_is_missing(assess, edited):
    (after,) = assess("--points", edited(left_shoulder=None))
    assert by_code(after)["shoulder_tilt"]["why"] == ["keypoint_missing:left_shoulder"]


@pytest.mark.parametrize(
    ("by", "points", "said"),
    [
        ("", {"left_knee": [250.0, 500.0]}, "points_by"),
        ("op-7", {"left_nee": [250.0, 500.0]}, "no landmark left_nee"),
        ("op-7", {"left_knee": [250.0, 5000.0]}, "outside"),
        ("op-7", {}, "changes no point"),
    ],
)
def test_points_that_cannot_be_are_refused_with_what_to_do(assess, edited, by, points, said):
    assert said in assess("--points", edited(by, **points), status=2)


def test_points_of_another_picture_are_refused(assess, photograph, edited, tmp_path):
    path = edited(left_knee=[250.0, 500.0])
    entries = json.loads(path.read_text())
    person = entries[0]["people"][0]
    for place in [*person["keypoints"], *filter(None, person["points"].values())]:
        place[0] += 20.0
    path.write_text(json.dumps(entries))
    assert "another model or another picture" in assess("--points", path, status=2)
    path.write_text("[{]")
    assert "no file of points" in assess("--points", path, status=2)


def test_the_table_says_what_was_set_by_hand_and_what_lengths_rest_on(edited, capsys):
    path = edited(left_knee=[250.0, 500.0])
    assert main(["assess", "--points", str(path), "--stature-mm", "1700"]) == 0
    said = capsys.readouterr().out
    assert "set by hand by op-7" in said
    assert "by stature" in said


def test_the_page_says_what_was_set_by_hand_and_when_the_photograph_was_taken(
    assess, edited, tmp_path
):
    assess("--points", edited(left_knee=[250.0, 500.0]), "--report", tmp_path, "--stature-mm", 1700)
    page = (tmp_path / "front.html").read_text(encoding="utf-8")
    assert "Set by hand by op-7" in page
    assert "2026-11-20 09:10 +0100" in page
    assert "Lengths by the stature" in page


def test_a_stature_makes_lengths_and_the_entry_says_so(assess, photograph):
    (without,) = assess(photograph)
    assert by_code(without)["stance_width"]["why"] == ["scale_unknown"]
    assert without["people"][0]["scale"] is None
    assert without["taken_at"] == "2026-11-20T09:10:00+01:00"
    (entry,) = assess(photograph, "--stature-mm", 1700)
    width = by_code(entry)["stance_width"]
    assert width["unit"] == "mm"
    assert 60 < width["value"] < 400
    assert entry["people"][0]["scale"]["by"] == "stature"
    assert "no stature" in assess(photograph, "--stature-mm", 17, status=2)


def test_a_stature_of_one_of_two_people_is_nobodys(assess, photograph, tmp_path, capsys):
    one = cv2.imread(str(photograph))
    both = tmp_path / "both.png"
    assert cv2.imwrite(str(both), np.hstack([one, one]))
    assert main(["assess", str(both), "--stature-mm", "1700", "--json"]) == 0
    said = capsys.readouterr()
    assert "whose?" in said.err
    ((entry),) = json.loads(said.out)
    assert [person["scale"] for person in entry["people"]] == [None, None]


def test_of_two_people_each_has_lengths_by_their_own_stature(photograph, tmp_path, capsys):
    one = cv2.imread(str(photograph))
    both = tmp_path / "both.png"
    assert cv2.imwrite(str(both), np.hstack([one, one]))
    out = tmp_path / "out"
    asked = ["assess", str(both), "--json", "--export", "trc", str(out)]
    assert main([*asked, "--stature-mm", "1=1700", "--stature-mm", "2=850"]) == 0
    (entry,) = json.loads(capsys.readouterr().out)
    scales = [person["scale"]["mm_per_px"] for person in entry["people"]]
    assert scales[0] == pytest.approx(2.0 * scales[1], rel=0.02)
    widths = [
        next(m["value"] for m in person["measures"] if m["code"] == "stance_width")
        for person in entry["people"]
    ]
    assert widths[0] == pytest.approx(2.0 * widths[1], rel=0.05)
    assert sorted(path.name for path in out.iterdir()) == ["both-2.trc", "both.trc"]
    for path in out.iterdir():
        path.unlink()
    assert main([*asked, "--stature-mm", "2=1700"]) == 1
    said, refused = json.loads(capsys.readouterr().out)
    assert [person["scale"] is None for person in said["people"]] == [True, False]
    assert "where person 1 stands" in refused["problem"]["words"]
    assert [path.name for path in out.iterdir()] == ["both-2.trc"], "the other is written"
    assert main([*asked, "--stature-mm", "x=1700"]) == 2


def test_a_calibration_gives_level_and_scale_to_pictures_of_its_camera(
    assess, photograph, tmp_path
):
    stance = StoredStance("2026-11-01", SIZE, 2.0, 0.0, 0.05, 2.5)
    path = save_calibration(tmp_path, Stored(stance=stance))
    (plain,), (levelled,) = assess(photograph), assess(photograph, "--calibration", path)
    turned = by_code(levelled)["shoulder_tilt"]["value"] - by_code(plain)["shoulder_tilt"]["value"]
    # What is left once the picture is level is set right for the network that read it.
    assert abs(turned) == pytest.approx(2.0 * gain_of("shoulder_tilt", levelled), abs=0.05)
    assert levelled["people"][0]["scale"] == {
        "mm_per_px": 2.5, "u95_percent": pytest.approx(1.96), "by": "calibration",
    }  # fmt: skip
    other = replace_size(stance, (SIZE[1], SIZE[0]))
    assert "the calibration is of pictures of" in assess(
        photograph, "--calibration", save_calibration(tmp_path, Stored(stance=other)), status=1
    )
    assert "cannot be used" in assess(photograph, "--calibration", tmp_path / "none", status=2)


def gain_of(code, person):
    """By the description of the network that measures, for somebody whose clothes are not told."""
    accuracy = Network.load(shipped_model(CLOSE)).description.accuracy
    row = accuracy.of(code, by_code(person)[code]["definition"], "front", "loose")
    return row.gain


def replace_size(stance, size):
    return StoredStance(
        stance.measured_on, size, stance.roll_deg, stance.pitch_deg, stance.roll_sd_deg,
        stance.mm_per_px,
    )  # fmt: skip


FRAME = Frame(
    np.random.default_rng(0).integers(40, 200, (1920, 1080, 3)).astype(np.uint8), 0, 0, still=True
)


def doubts(pose):
    person = measured(1, pose, None, FRAME, Told())
    given = [m for m in person.measures if m.value is not None]
    assert given
    return [set(m.why) for m in given], {m.quality for m in given}


def test_who_stands_is_not_doubted():
    why, _ = doubts(seen("front", sigma_px=1.0))
    assert not any("knees_bent" in each for each in why)


def test_who_sits_is_doubted_in_the_words_of_the_gate():
    points = Pinhole().project(Standing().points_m(), 0.0)
    stature = Landmarks.of(pose_of(points)).stature_px
    for side in ("left", "right"):  # thighs towards the camera, shanks hanging down
        for part in ("knee", "ankle"):
            points[f"{side}_{part}"] = points[f"{side}_{part}"] - np.array([0.0, 0.2 * stature])
    why, quality = doubts(pose_of(points, sigma_px=1.0))
    assert all("knees_bent" in each for each in why)
    assert quality == {Quality.LOW}


def test_a_frame_of_a_video_is_not_a_photograph():
    pose = seen("front", sigma_px=1.0)
    person = measured(1, pose, None, replace(FRAME, still=False), Told(least_stature_px=5000.0))
    assert not any("too_far" in m.why for m in person.measures)


@pytest.mark.parametrize(("stature_mm", "by"), [(1700.0, "stature"), (None, "")])
def test_a_row_of_a_length_says_by_what_it_was_scaled(tmp_path, stature_mm, by):
    frame = Frame(np.zeros((1920, 1080, 3), np.uint8), 0, 0, still=True, name="one.jpg")
    found = seen("front", sigma_px=1.0)
    person = measured(1, found, None, frame, Told(stature_mm=stature_mm))
    out = tmp_path / "out.csv"
    with measure_csv(out) as add:
        add(Sighting(Input(tmp_path / "one.jpg", PurePath("one.jpg")), frame, (person,)))
    rows = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))
    lengths = {row["scale_by"] for row in rows if row["unit"] == "mm"}
    assert lengths == {by}
    assert {row["scale_by"] for row in rows if row["unit"] != "mm"} == {""}
    assert any(row["value"] for row in rows if row["unit"] == "mm") == bool(by)
