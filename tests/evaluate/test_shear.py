"""Turned lines: predictors that are perfect, read half, are mirrored, or blind."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from posture_tools.evaluate.box_change import AS_IT_IS, BoxChange
from posture_tools.evaluate.labelled import Float64, Person
from posture_tools.evaluate.lines import Subject, subjects
from posture_tools.evaluate.photo_accuracy import slopes_of
from posture_tools.evaluate.shear import (
    DEGREES,
    LINES,
    NOT_SHOWN,
    SHOWN,
    SIDEWAYS,
    Row,
    examine,
    hips_shown,
    rows,
    tables,
)
from posture_tools.evaluate.slope import Slope
from posture_tools.evaluate.warp import FALLOFFS
from rich.console import Console
from simulators.dotted_person import (
    DotReader,
    DottedPicture,
    exchanged,
    flattened,
    pose_at,
    standing,
)

from edge.conversion import convert
from edge.errors import LabelsInvalid, SettingsInvalid
from edge.records import Frame, Pose
from edge.skeletons import BODY_55, COCO_17

ON = {"acromion": "shoulder", "asis": "hip", "psis": "hip"}


class SkinReader(DotReader):
    """Sees landmarks where the joints lie that they lie on."""

    def locate(self, frame: Frame, person: Person, change: BoxChange = AS_IT_IS) -> Pose | None:
        joints = super().locate(frame, person, change)
        assert joints is not None
        whole = convert(joints, BODY_55)
        keypoints = whole.keypoints.copy()
        for landmark, joint in ON.items():
            for side in ("left", "right"):
                place = joints.keypoints[COCO_17.index[f"{side}_{joint}"]]
                keypoints[BODY_55.index[f"{side}_{landmark}"]] = place
        return replace(whole, keypoints=keypoints)


BENDS = len(DEGREES) * len(FALLOFFS)


def without_knees(points: Float64) -> Float64:
    lacking = points.copy()
    lacking[COCO_17.index["left_knee"]] = np.nan
    return lacking


@pytest.fixture(scope="module")
def found() -> dict[tuple[str, str, str, str], Row]:
    readers = [
        DotReader("perfect"),
        DotReader("half", flattened),
        DotReader("level", lambda points: flattened(points, 1.0)),
        DotReader("mirrored", exchanged),
        DotReader("without knees", without_knees),
    ]
    pictures = [
        DottedPicture(standing("front", hips_show=True), name="front.png"),
        DottedPicture(standing("back"), set_name="others", name="back.png"),
    ]
    changes = examine(readers, pictures, None, quiet=True)
    assert hips_shown(changes) == ["dots/front.png"]
    return {
        (row.contender, row.line, row.set_name, row.pictures): row
        for row in rows(changes)
        if row.falloff == "all"
    }


Found = dict[tuple[str, str, str, str], Row]


@pytest.mark.parametrize("line", [*LINES, SIDEWAYS])
def test_a_perfect_predictor_follows_every_line(line: str, found: Found) -> None:
    """Seen from behind as well: the tilt is the person's, not the picture's."""
    row = found["perfect", line, "all", "all"]
    assert row.people == 2
    assert row.of.n == 2 * BENDS * (2 if line == SIDEWAYS else 1)
    assert row.of.slope == pytest.approx(1, abs=0.02)
    assert row.of.residual_sd < 0.15
    assert (row.missed, row.swapped, row.wild) == (0, 0, 0)


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize(("name", "share"), [("half", 0.5), ("level", 0.0)])
def test_a_predictor_that_reads_a_share_has_that_slope(
    line: str, name: str, share: float, found: Found
) -> None:
    assert found[name, line, "all", "all"].of.slope == pytest.approx(share, abs=0.02)


def test_knees_that_keep_their_height_are_still_seen_to_move_sideways(found: Found) -> None:
    assert found["level", SIDEWAYS, "all", "all"].of.slope == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("line", [*LINES, SIDEWAYS])
def test_exchanged_sides_are_told_and_enter_no_slope(line: str, found: Found) -> None:
    row = found["mirrored", line, "all", "all"]
    assert (row.swapped, row.of.n) == (1, 0)


def test_a_keypoint_that_is_not_found_is_missed_not_left_out(found: Found) -> None:
    assert found["without knees", "knee", "all", "all"].missed == 1
    assert found["without knees", "hip", "all", "all"].missed == 0


def test_rows_are_of_each_set_and_of_what_shows(found: Found) -> None:
    each = [found["perfect", "hip", *group] for group in product(["all"], [SHOWN, NOT_SHOWN])]
    assert [row.people for row in each] == [1, 1]
    assert found["perfect", "hip", "others", "all"].people == 1
    assert ("perfect", "hip", "others", SHOWN) not in found


def test_tables_hold_every_line_and_predictor(found: Found) -> None:
    console = Console(width=200)
    shown = list(tables(list(found.values())))
    assert [table.title for table in shown] == [
        f"turned lines, {s}" for s in ("all", "dots", "others")
    ]
    with console.capture() as captured:
        console.print(shown[0])
    for word in (*LINES, SIDEWAYS, SHOWN, "perfect", "mirrored"):
        assert word in captured.get()


def test_a_reading_far_off_is_wild() -> None:
    """It jumps to another person when the picture changes."""
    seen: list[int] = []

    def jumping(points: Float64) -> Float64:
        seen.append(1)
        jumped = points.copy()
        jumped[COCO_17.index["left_shoulder"], 1] += 60.0 if len(seen) > 1 else 0.0
        return jumped

    changes = examine([DotReader("jumping", jumping)], [DottedPicture(standing())], None, True)
    (row,) = (
        r for r in rows(changes) if (r.line, r.falloff, r.pictures) == ("shoulder", "all", "all")
    )
    assert row.wild == 1
    assert row.of.n == 0


def test_all_contenders_are_shown_lines_where_the_reference_sees_them() -> None:
    """A reference that sees the hips where the knees are turns the knees."""

    def knees_for_hips(points: Float64) -> Float64:
        moved = points.copy()
        for side in ("left", "right"):
            moved[COCO_17.index[f"{side}_hip"]] = points[COCO_17.index[f"{side}_knee"]]
        return moved

    reference = DotReader("reference", knees_for_hips)
    changes = examine([DotReader("perfect")], [DottedPicture(standing())], reference, True)
    slope = {r.line: r.of.slope for r in rows(changes) if (r.falloff, r.pictures) == ("all", "all")}
    assert slope["hip"] == pytest.approx(0, abs=0.05)  # the widest fade just reaches them
    assert slope["shoulder"] == pytest.approx(1, abs=0.02)


def test_pictures_without_labels_need_somebody_who_finds_people() -> None:
    unlabelled = DottedPicture(standing(), labelled=False)
    for reference in (None, DotReader("takes boxes")):
        with pytest.raises(SettingsInvalid, match="--lines-by"):
            examine([DotReader("perfect")], [unlabelled], reference, quiet=True)


def test_nobody_from_front_or_back_is_said() -> None:
    sideways = DottedPicture(standing("right"))
    with pytest.raises(LabelsInvalid, match="front or back"):
        examine([DotReader("perfect")], [sideways], None, quiet=True)


def subject(**moved: tuple[float, float]) -> Subject:
    (made,) = subjects(DottedPicture(standing()), DottedPicture(standing()).read(), None)
    points = made.points_px.copy()
    for name, place in moved.items():
        points[COCO_17.index[name]] = place
    return replace(made, points_px=points)


@pytest.mark.parametrize(
    "moved",
    [
        {"left_knee": (96.0, 330.0)},  # crossed, and wide enough
        {"left_knee": (140.0, 330.0)},  # too narrow
        {"left_knee": (192.0, 380.0)},  # too steep
        {"left_knee": (np.nan, np.nan)},
    ],
)
def test_a_line_that_cannot_be_turned_is_left_out(moved: dict[str, tuple[float, float]]) -> None:
    assert subject().has("knee")
    assert not subject(**moved).has("knee")
    assert subject(**moved).has("hip")


def test_a_pose_that_lacks_an_ankle_is_no_whole_body() -> None:
    def footless(points: Float64) -> Float64:
        lacking = points.copy()
        lacking[COCO_17.index["left_ankle"]] = np.nan
        return lacking

    picture = DottedPicture(standing())
    assert not list(subjects(picture, picture.read(), DotReader("footless", footless)))
    assert pose_at(np.full((17, 2), np.nan)).keypoints[:, 2].max() == 0


def test_landmarks_are_read_by_whoever_has_them_from_where_they_are_seen() -> None:
    readers = [DotReader("joints"), SkinReader("skin"), SkinReader("half", flattened)]
    pictures = [
        DottedPicture(standing("front", hips_show=True), name="front.png"),
        DottedPicture(standing("back"), name="back.png"),
    ]
    found = {
        (row.contender, row.line): row
        for row in rows(examine(readers, pictures, None, quiet=True))
        if row.falloff == row.pictures == "all"
    }
    people = {"acromion": 2, "asis": 1, "psis": 1}
    for landmark, count in people.items():
        assert ("joints", landmark) not in found
        assert found["skin", landmark].people == count
        assert found["skin", landmark].of.slope == pytest.approx(1, abs=0.03)
        assert found["half", landmark].of.slope == pytest.approx(0.5, abs=0.05)


def row_of(line: str, slope: float, pictures: str = "all") -> Row:
    of = Slope(20, slope, 0.02, 0.5, 0.5)
    return Row("n", "all", line, pictures, "all", 10, 0.0, 0.0, 0.0, of)


def test_slopes_on_photographs_go_to_the_measures_that_read_the_line() -> None:
    turned = [
        row_of("shoulder", 0.76), row_of("acromion", 0.96), row_of("hip", 0.45),
        row_of("hip", 0.56, SHOWN), row_of("hip", 0.41, NOT_SHOWN), row_of("asis", 0.51, SHOWN),
        row_of("eye", float("nan")), row_of(SIDEWAYS, 1.0),
    ]  # fmt: skip
    found = slopes_of(turned)
    assert found["shoulder_tilt", "1", "back"] == 0.76
    assert found["shoulder_tilt", "1-acromion", "front"] == 0.96
    assert found["pelvis_tilt", "1", "front"] == 0.56, "of those where waist and hips show"
    assert found["pelvis_tilt", "1-asis", "front"] == 0.51
    assert found["pelvis_tilt", "1-psis", "back"] == 0.56, "nobody was seen from behind"
    assert found["shoulder_pelvis_angle", "1-acromion-asis", "front"] == 0.51
    assert found["knee_frontal_left", "1", "back"] == 1.0
    assert not [key for key in found if key[0] == "head_tilt_eye"]
