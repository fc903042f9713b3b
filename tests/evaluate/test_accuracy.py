"""What is found of a network on bodies: slopes and deviations that were put in come out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from posture_tools.evaluate.accuracy import (
    BodyReading,
    deviation,
    every_measure,
    fit,
    name_of,
    on_photographs,
    read,
)
from posture_tools.evaluate.body_pack import read_bodies
from posture_tools.evaluate.body_truth import in_picture, in_space
from posture_tools.evaluate.card import into_card
from simulators.body_files import pack_arrays, write_pack
from simulators.dotted_person import DotReader, flattened

from edge.accuracy import Accuracy
from edge.errors import LabelsInvalid, SettingsInvalid
from edge.posture.calibration import LEVEL

KEY = ("shoulder_tilt", "1", "front")


def readings(n, *, slope=1.0, bias=0.0, own=1.0, visit=0.0, foretold=None, clothing="loose"):
    """People seen twice: what is wrong with a person stays, what is wrong with a visit does not."""
    rng = np.random.default_rng(11)
    found = []
    for person in range(n // 2):
        true, shared = rng.uniform(-8, 8), rng.normal(0, own)
        for _ in range(2):
            scale = 1.0 if foretold is None else float(rng.choice(foretold))
            error = (slope - 1.0) * true + bias + shared + scale * rng.normal(0, visit)
            by = {"maps": scale, "looks": 1.0}
            found.append(BodyReading(KEY, clothing, ("val", person), true, error, by))
    return found


def test_a_reading_of_most_of_a_tilt_is_set_right_and_its_errors_grow_with_it() -> None:
    (row,) = fit(readings(2000, slope=0.8, bias=0.3, own=0.5, visit=0.4))
    assert (row.code, row.definition, row.view, row.clothing) == (*KEY, "loose")
    assert (row.n, row.predictor) == (2000, "")
    assert row.gain == pytest.approx(1 / 0.8, abs=0.02)
    assert row.shift == pytest.approx(-0.3 / 0.8, abs=0.1)
    assert row.slope == pytest.approx(1.0, abs=0.001)
    assert row.bias == pytest.approx(0.0, abs=0.001)
    assert row.sd == pytest.approx(np.hypot(0.5, 0.4) / 0.8, rel=0.1)
    assert row.sd_change == pytest.approx(0.4 / 0.8, rel=0.06)


def test_a_reading_of_half_a_tilt_stays_and_its_slope_and_bias_come_out() -> None:
    (row,) = fit(readings(2000, slope=0.5, bias=0.3, own=0.5, visit=0.4))
    assert (row.gain, row.shift) == (1.0, 0.0)
    assert row.slope == pytest.approx(0.5, abs=0.02)
    assert row.bias == pytest.approx(0.3, abs=0.2)
    # 0.5 x uniform within 8 deg, the bias and both scatters: their 95 % quantile is about 4 deg.
    assert 1.8 < row.sd < 2.4
    assert row.sd_change == pytest.approx(0.4, rel=0.06)


def test_a_reading_that_exaggerates_is_set_right_too_but_a_wild_one_is_not() -> None:
    (row,) = fit(readings(2000, slope=1.25))
    assert row.gain == pytest.approx(0.8, abs=0.02)
    (row,) = fit(readings(2000, slope=2.5))
    assert (row.gain, row.shift) == (1.0, 0.0)


def test_1_96_deviations_hold_95_percent_of_errors_with_heavy_tails() -> None:
    errors = np.random.default_rng(2).standard_t(3, 4000)
    assert np.mean(np.abs(errors) <= 1.96 * deviation(errors)) == pytest.approx(0.95, abs=0.002)
    assert deviation(np.array([3.0, -4.0])) == pytest.approx(12.5**0.5)


def test_what_foretells_errors_is_used_and_what_does_not_goes() -> None:
    (row,) = fit(readings(2000, own=0.01, visit=0.5, foretold=(0.2, 4.0)))
    assert row.predictor == "maps"
    assert row.sd == pytest.approx(0.5, rel=0.1)
    (constant,) = fit(readings(2000, own=1.0, visit=0.01, foretold=(0.2, 4.0)))
    assert constant.predictor == ""


def test_clothing_that_few_wear_has_everybodys_row_and_few_readings_have_none() -> None:
    rows = fit([*readings(100, own=1.0), *readings(10, own=0.01, clothing="bare")])
    n = {row.clothing: row.n for row in rows}
    assert n == {"bare": 110, "loose": 100}
    assert fit(readings(6)) == ()


def test_the_two_sides_are_one_view_and_front_and_back_are_two() -> None:
    def seen_from(view: str, sd: float) -> list[BodyReading]:
        return [
            replace(r, key=("trunk_inclination", "1", view), person=(view, r.person[1]))
            for r in readings(400, own=sd)
        ]

    left, right = fit([*seen_from("right", 2.0), *seen_from("left", 1.0)])
    assert (left.view, right.view) == ("left", "right")
    assert (left.n, left.sd, left.gain) == (right.n, right.sd, right.gain)
    assert left.n == 800
    assert 1.2 < left.sd < 1.9
    back, front = fit([*seen_from("front", 2.0), *seen_from("back", 1.0)])
    assert (back.n, front.n) == (400, 400)
    assert front.sd == pytest.approx(2.0 * back.sd, rel=0.1)


def test_left_and_right_limbs_are_told_together_and_are_not_visits_of_one_another() -> None:
    def knee(side: str, seed: float) -> list[BodyReading]:
        return [
            replace(r, key=(f"knee_frontal_{side}", "1", "front"), error=r.error + seed)
            for r in readings(400, own=1.0, visit=0.1)
        ]

    left, right = fit([*knee("right", -3.0), *knee("left", 3.0)])
    assert (left.code, right.code) == ("knee_frontal_left", "knee_frontal_right")
    assert (left.n, left.sd, left.sd_change) == (right.n, right.sd, right.sd_change)
    assert left.sd > 1.5, "what tells them apart is an error of both"
    assert left.sd_change < 0.15, "one visit's left knee is no change of its right one"


def test_photographs_widen_loose_clothes_and_tell_a_slope() -> None:
    kinds = ("bare", "tight", "loose")
    everybody = [r for worn in kinds for r in readings(100, own=0.5, clothing=worn)]
    bare, tight, loose = fit(everybody, photos={KEY: 2.5}, sheared={KEY: 0.61})
    assert (bare.clothing, tight.clothing, loose.clothing) == kinds
    assert bare.sd < 1.0
    assert tight.sd < 1.0
    assert loose.sd == pytest.approx(2.5 * loose.gain)
    assert bare.slope_photos == pytest.approx(0.61 * bare.gain, abs=0.001)


def test_a_third_network_takes_the_labels_noise_out() -> None:
    rng = np.random.default_rng(4)
    at = [(KEY, f"picture {i}") for i in range(4000)]
    true = rng.normal(0, 5, 4000)

    def seen(sd):
        return dict(zip(at, true + rng.normal(0, sd, 4000), strict=True))

    found = on_photographs(seen(0.8), seen(2.0), seen(1.2))
    assert found[KEY] == pytest.approx(0.8, rel=0.15)


def test_a_station_that_reads_half_is_told_from_its_pictures(tmp_path: Path) -> None:
    pack = write_pack(tmp_path, *pack_arrays(np.linspace(-10, 10, 20), ["front", "back"] * 10))
    found, stature_px = read(DotReader("half", flattened), read_bodies([pack]), quiet=True)
    rows = {(row.code, row.view): row for row in fit(found)}
    assert rows["shoulder_tilt", "back"].slope == pytest.approx(0.5, abs=0.02)
    assert stature_px > 100
    assert name_of([pack]) == name_of([pack])
    assert name_of([pack]).startswith("bodies ")


def test_truth_in_space_is_level_and_square_whatever_the_picture_shows(tmp_path: Path) -> None:
    """A person of 1.7 m whose right shoulder is 20 mm higher over a breadth of 340."""
    data, arrays = pack_arrays([10.0, 10.0], ["front", "back"])
    names = arrays["names"].tolist()
    space = np.zeros((2, len(names), 3))
    space[:, names.index("left_shoulder")] = (0.17, 0.0, 1.38)
    space[:, names.index("right_shoulder")] = (-0.17, 0.0, 1.40)
    space[:, names.index("left_hip")] = (0.10, 0.0, 0.90)
    space[:, names.index("right_hip")] = (-0.10, 0.0, 0.90)
    pack = write_pack(tmp_path, data, arrays | {"xyz": space})
    for body in read_bodies([pack]):
        true = in_space(body)
        assert true["shoulder_tilt", "1"] == pytest.approx(np.degrees(np.arctan2(20, 340)))
        assert true["pelvis_tilt", "1"] == pytest.approx(0.0)
        assert in_picture(body, LEVEL)["shoulder_tilt", "1"] != true["shoulder_tilt", "1"]
    flat = write_pack(tmp_path, data, arrays, name="flat")
    with pytest.raises(LabelsInvalid, match="no xyz"):
        in_space(read_bodies([flat])[0])


def test_a_card_takes_it_and_keeps_the_rest(tmp_path: Path) -> None:
    card = tmp_path / "close.json"
    card.write_text(json.dumps({"name": "close", "training": {"images": 5}}))
    found = Accuracy("val 12", 640.0, fit(readings(100)))
    into_card(card, found)
    written = json.loads(card.read_text())
    assert (written["name"], written["training"]) == ("close", {"images": 5})
    assert written["accuracy"]["bodies"] == "val 12"
    assert written["accuracy"]["measures"][0]["code"] == "shoulder_tilt"
    with pytest.raises(SettingsInvalid, match="is no card"):
        into_card(tmp_path / "none.json", found)


def test_a_picture_that_tells_all_has_a_row_for_every_measure() -> None:
    rows = every_measure("looks")
    assert rows.of("pelvis_tilt", "1-asis", "front", "bare").predictor == "looks"
    assert rows.of("pelvis_tilt", "1-asis", "back", "bare") is None
