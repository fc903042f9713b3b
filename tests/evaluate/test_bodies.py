"""Packs of test bodies: what a perfect station reads of them, and packs that lie."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from posture_tools.evaluate.bodies import ALL, Row, clothing_over, examine, measure, tables
from posture_tools.evaluate.body_pack import read_bodies
from posture_tools.evaluate.box_change import AS_IT_IS, BoxChange
from posture_tools.evaluate.labelled import Float64, Person
from rich.console import Console
from simulators.body_files import pack_arrays, write_pack
from simulators.dotted_person import DotReader, exchanged, flattened

from edge.errors import ImageUnreadable, LabelsInvalid, SettingsInvalid
from edge.records import Frame, Pose
from edge.skeletons import COCO_17

TILTS_PX = np.linspace(-10, 10, 18)
VIEWS = ["front", "back"] * 9


class Blind(DotReader):
    """Finds nobody."""

    def locate(self, frame: Frame, person: Person, change: BoxChange = AS_IT_IS) -> Pose | None:
        return None


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    return write_pack(tmp_path, *pack_arrays(TILTS_PX, VIEWS))


def measured(reader: DotReader, pack: Path) -> dict[tuple[str, str, str, str], Row]:
    found = examine([reader], read_bodies([pack]), quiet=True)
    return {(row.error.code, row.view, row.ages, row.clothing): row for row in found}


def test_a_perfect_station_has_slope_one_and_no_scatter(pack: Path) -> None:
    found = measured(DotReader("perfect"), pack)
    for view in ("front", "back"):
        error = found["shoulder_tilt", view, ALL, ALL].error
        assert (error.n, error.refused) == (9, 0)
        assert error.slope == pytest.approx(1, abs=0.01)
        assert error.bias == pytest.approx(0, abs=0.05)
        assert error.residual_sd < 0.1
        assert error.covered == 1
    assert ("head_tilt_eye", "back", ALL, ALL) not in found  # it is defined from the front alone


def test_a_station_that_reads_half_is_seen_and_its_intervals_do_not_hold(pack: Path) -> None:
    half = measured(DotReader("half", flattened), pack)["shoulder_tilt", "back", ALL, ALL].error
    assert half.slope == pytest.approx(0.5, abs=0.01)
    assert half.residual_sd < 0.1
    exact = measured(DotReader("perfect"), pack)["shoulder_tilt", "back", ALL, ALL].error
    assert half.covered < exact.covered


def test_exchanged_sides_are_refused_and_do_not_show_as_a_slope_below_zero(pack: Path) -> None:
    """A face, and the right shoulder where the left one must be: a mirror, or a mistake."""
    error = measured(DotReader("mirrored", exchanged), pack)["pelvis_tilt", "front", ALL, ALL].error
    assert (error.n, error.refused) == (0, 9)


def test_a_person_seen_from_the_other_side_is_refused_not_left_out(pack: Path) -> None:
    """Without a face, exchanged sides are a back, which the told front contradicts."""

    def from_behind(points: Float64) -> Float64:
        seen = exchanged(points)
        seen[[COCO_17.index["left_eye"], COCO_17.index["right_eye"]]] = np.nan
        return seen

    error = measured(DotReader("back", from_behind), pack)["pelvis_tilt", "front", ALL, ALL].error
    assert (error.n, error.refused) == (0, 9)


def test_who_is_not_found_counts_as_refused(pack: Path) -> None:
    error = measured(Blind("blind"), pack)["pelvis_tilt", "front", ALL, ALL].error
    assert (error.n, error.refused) == (0, 9)


def test_groups_by_age_and_clothing_add_up(pack: Path) -> None:
    found = measured(DotReader("perfect"), pack)
    of = {key: row.error.n for key, row in found.items() if key[:2] == ("shoulder_tilt", "front")}
    assert sum(n for key, n in of.items() if key[2] != ALL and key[3] == ALL) == 9
    assert sum(n for key, n in of.items() if key[2] == ALL and key[3] != ALL) == 9
    assert {key[2] for key in of} == {ALL, "child", "youth", "adult", "older"}
    assert {key[3] for key in of} == {ALL, "bare", "tight", "loose"}


def test_the_clothes_that_count_are_the_loosest_over_what_is_measured(pack: Path) -> None:
    bodies = {body.clothing_upper: body for body in read_bodies([pack])}
    assert bodies["loose"].clothing_lower == "tight"
    for code, worn in (
        ("shoulder_tilt", "loose"),
        ("pelvis_tilt", "loose"),
        ("knee_line", "tight"),
        ("head_tilt_eye", "bare"),
        ("head_forward_angle", "loose"),
        ("a_measure_of_later", "loose"),
    ):
        assert clothing_over(code, None, bodies["loose"]) == worn, code
    assert clothing_over("shoulder_tilt", None, bodies["bare"]) == "bare"
    assert clothing_over("pelvis_tilt", None, bodies["bare"]) == "tight"


def test_tables_are_of_everybody_by_age_and_by_clothing(pack: Path) -> None:
    found = examine([DotReader("perfect")], read_bodies([pack]), quiet=True)
    console = Console(width=200)
    with console.capture() as captured:
        for table in tables(found):
            console.print(table)
    for word in ("everybody", "by age", "by clothing", "child", "loose", "pelvis_tilt"):
        assert word in captured.get()


def test_a_folder_of_packs_is_read_as_one_and_a_limit_is_of_each(tmp_path: Path) -> None:
    data, arrays = pack_arrays([0.0, 1.0, 2.0], ["front"] * 3)
    write_pack(tmp_path, data, arrays, "a")
    write_pack(tmp_path, data, arrays, "b")
    bodies = read_bodies([tmp_path], limit=2)
    assert [body.name for body in bodies] == ["a 0", "a 1", "b 0", "b 1"]
    lower_left = np.degrees(np.arctan(1 / 90))  # the person's right side is higher
    assert bodies[1].truth["shoulder_tilt"] == pytest.approx(lower_left, abs=0.01)


def test_what_the_station_knows_of_the_camera_is_taken_out(tmp_path: Path) -> None:
    """A camera rolled by 2 deg: reading and truth are both of a level one."""
    data, arrays = pack_arrays(TILTS_PX, VIEWS)
    roll = {"roll_deg": np.full(18, 2.0), "pitch_deg": np.zeros(18), "focal_px": np.full(18, 900.0)}
    rolled = read_bodies([write_pack(tmp_path, data, arrays | roll, "rolled")])
    plain = read_bodies([write_pack(tmp_path, data, arrays, "plain")])
    moved = []
    for bodies in zip(rolled[:2], plain[:2], strict=True):
        values = [
            {m.code: m.value for m in measure(DotReader("perfect"), body.read(), body)}
            for body in bodies
        ]
        moved.append(values[0]["shoulder_tilt"] - values[1]["shoulder_tilt"])
    assert abs(moved[0]) == pytest.approx(2, abs=0.1)
    assert moved[1] == pytest.approx(-moved[0], abs=0.2)
    for row in examine([DotReader("perfect")], rolled, quiet=True):
        if row.error.code == "shoulder_tilt":
            assert row.error.bias == pytest.approx(0, abs=0.1)


def test_a_damaged_picture_is_named(pack: Path) -> None:
    data = bytearray(pack.with_suffix(".bin").read_bytes())
    data[:400] = bytes(400)
    pack.with_suffix(".bin").write_bytes(data)
    with pytest.raises(ImageUnreadable, match="bodies 0"):
        read_bodies([pack])[0].read()


Fault = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (lambda a: a.pop("box"), "lacks box"),
        (lambda a: a.update(names=a["names"][:-1]), "names lacks right_ankle"),
        (lambda a: a.update(kp=a["kp"][:, :5]), "kp has the shape"),
        (lambda a: a.update(off=a["off"] + 1), "off does not find 18 pictures"),
        (lambda a: a.update(off=a["off"][::-1]), "off does not find"),
        (lambda a: a.update(view=np.array(["side"] * 18)), "view holds 'side'"),
        (lambda a: a.update(clothing_upper=np.array(["kilt"] * 18)), "clothing_upper holds 'kilt'"),
        (lambda a: a.update(age_years=np.full(18, -1.0)), "age_years is not"),
        (lambda a: a.update(age_years=np.array(["old"] * 18)), "not numbers"),
        (lambda a: a["box"].__setitem__((0, 2), 0.0), "a box has no size"),
        (lambda a: a["box"].__setitem__((0, 2), np.nan), "a box has no size"),
        (lambda a: a["kp"].__setitem__((0, 9, 0), np.nan), "kp has no place"),
        (lambda a: a.update({"measure/x": np.zeros(3)}), "measure/x has the shape"),
        (lambda a: a.update(view=np.array([None] * 18, object)), "cannot read the pack"),
    ],
)
def test_a_pack_that_contradicts_itself_is_refused_in_words(
    tmp_path: Path, fault: Fault, said: str
) -> None:
    data, arrays = pack_arrays(TILTS_PX, VIEWS)
    fault(arrays)
    with pytest.raises(LabelsInvalid, match=said):
        read_bodies([write_pack(tmp_path, data, arrays)])


def test_what_follows_the_pictures_is_left_to_others(tmp_path: Path) -> None:
    data, arrays = pack_arrays(TILTS_PX, VIEWS)
    pack = write_pack(tmp_path, data + b"masks", arrays | {"mask_off": np.array([len(data)])})
    assert read_bodies([pack])[-1].read().height_px > 0


def test_pictures_cut_off_are_refused(pack: Path) -> None:
    data = pack.with_suffix(".bin").read_bytes()
    pack.with_suffix(".bin").write_bytes(data[:-1])
    with pytest.raises(LabelsInvalid, match="off does not find"):
        read_bodies([pack])


def test_a_folder_without_packs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match="no test bodies"):
        read_bodies([tmp_path])
